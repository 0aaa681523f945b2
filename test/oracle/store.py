"""Writes weights in each of the layouts that checkpoints come in, old and new."""

import json

import torch
from safetensors.torch import save_file


def store(directory, model, given):
    dtype = getattr(torch, given["dtype"])
    state = {name: tensor.detach().to(dtype).clone().contiguous() for name, tensor in model.state_dict().items()}
    if getattr(model.config, "tie_word_embeddings", False):
        for name in ("lm_head.weight", "lm_head.decoder.weight", "lm_head.decoder.bias"):
            state.pop(name, None)
    state.update(extras(given["extra"], model.config, dtype))
    pickled = given["layout"] == "bin"
    stem, suffix = ("pytorch_model", "bin") if pickled else ("model", "safetensors")

    def write(path, tensors):
        if pickled:
            torch.save(tensors, path)
        else:
            save_file(tensors, path, metadata={"format": "pt"})
        path.chmod(0o644)

    shards = split(state, given["shard_bytes"])
    if len(shards) == 1:
        write(directory / f"{stem}.{suffix}", state)
        return
    names = {}
    for number, tensors in enumerate(shards, 1):
        file = f"{stem}-{number:05d}-of-{len(shards):05d}.{suffix}"
        write(directory / file, tensors)
        names.update({name: file for name in tensors})
    total = sum(t.numel() * t.element_size() for t in state.values())
    index = {"metadata": {"total_size": total}, "weight_map": names}
    (directory / f"{stem}.{suffix}.index.json").write_text(json.dumps(index, indent=2) + "\n")


def split(state, limit):
    """Tensors in order, a new shard when the next would pass the limit, as save_pretrained does."""
    if limit is None:
        return [state]
    shards, size = [{}], 0
    for name, tensor in state.items():
        own = tensor.numel() * tensor.element_size()
        if shards[-1] and size + own > limit:
            shards.append({})
            size = 0
        shards[-1][name] = tensor
        size += own
    return shards


def extras(kind, config, dtype):
    """Buffers that older releases saved among the weights."""
    layers = range(config.num_hidden_layers)
    if kind == "causal masks":
        mask = torch.tril(torch.ones(96, 96, dtype=torch.uint8)).view(1, 1, 96, 96)
        return {f"transformer.h.{i}.attn.causal_mask": mask.bool() for i in layers}
    if kind == "inverse frequencies":
        half = config.hidden_size // config.num_attention_heads // 2
        return {f"model.layers.{i}.self_attn.rotary_emb.inv_freq": torch.ones(half, dtype=dtype) for i in layers}
    if kind == "position ids":
        return {"bert.embeddings.position_ids": torch.arange(96).unsqueeze(0)}
    return {}
