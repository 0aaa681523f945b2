"""What the oracle scripts share: tiny GPT-2 models, greedy decoding by its definition, files that do not change between runs."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "oracle"

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)


def tiny_config(**changes):
    settings = dict(
        vocab_size=61, n_positions=96, n_embd=16, n_layer=2, n_head=2,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        bos_token_id=0, eos_token_id=0,
    )
    settings.update(changes)
    config = GPT2Config(**settings)
    # The variants of attention differ in floating point; "eager" is the one that spells out the definition.
    config._attn_implementation = "eager"
    return config


def random_model(config, seed, std):
    """A model whose every parameter is random, biases and norms too, wide enough that its predictions are decided."""
    torch.manual_seed(seed)
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = 1.0 if ".ln_" in name and name.endswith("weight") else 0.0
            spread = std / 2 if name.endswith("bias") or ".ln_" in name else std
            parameter.copy_(centre + spread * torch.randn(parameter.shape))
    return model


def random_sequences(lengths, vocabulary, seed):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(1, vocabulary, (length,), generator=generator) for length in lengths]


@torch.no_grad()
def logits_of(model, tokens):
    """[T, V] of one sequence alone: no padding, no cache."""
    return model(input_ids=tokens.unsqueeze(0)).logits[0]


def margin(logits):
    top = logits.topk(2, dim=-1).values
    return float((top[..., 0] - top[..., 1]).min())


@torch.no_grad()
def greedy(model, prompt, count):
    """Greedy decoding by its definition: one full pass a token. Returns the new tokens and the smallest margin."""
    tokens = prompt.clone()
    smallest = float("inf")
    for _ in range(count):
        last = logits_of(model, tokens)[-1]
        smallest = min(smallest, margin(last))
        tokens = torch.cat([tokens, last.argmax().unsqueeze(0)])
    return tokens[len(prompt):], smallest


def config_json(config, **changes):
    """The fields of config.json that matter, in a fixed order, without the versions of the tools that wrote it."""
    names = [
        "vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner", "activation_function",
        "layer_norm_epsilon", "scale_attn_weights", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn",
        "tie_word_embeddings", "resid_pdrop", "embd_pdrop", "attn_pdrop", "initializer_range",
        "bos_token_id", "eos_token_id",
    ]
    out = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}
    out.update({name: getattr(config, name) for name in names})
    out.update(changes)
    return out


def weights(model):
    """Name -> tensor, without the second name of a tied head."""
    state = model.state_dict()
    if model.config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    return {name: tensor.detach().clone().contiguous() for name, tensor in state.items()}


def save_checkpoint(directory, config, tensors, **changes):
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / "config.json", config_json(config, **changes), indent=2)
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})


def write_json(path, value, indent=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    separators = None if indent else (",", ":")
    path.write_text(json.dumps(value, indent=indent, separators=separators) + "\n")


def floats(tensor):
    """float32 values with the nine digits that determine them."""
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]
