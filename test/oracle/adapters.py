"""LoRA adapters as PEFT writes them, on the tiny models of families.py and gpt2.py, and what transformers makes of them.

Writes test/fixtures/adapters/<case>/: adapter_config.json, adapter_model.safetensors (or .bin), and expected.json: the
directory of the base, and log-probabilities (of an encoder the last hidden states) of the model with the adapter beside
it, by transformers (by PEFT's own loader where the adapter is a pickle, which transformers does not look for).
"""

import json
import shutil
import tempfile
from pathlib import Path

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification

from common import FIXTURES, floats, logits_of, random_sequences, write_json

ROOT = FIXTURES.parent
OUT = ROOT / "adapters"
SEQUENCES = [2, 9, 24]
CAUSAL = dict(task_type="CAUSAL_LM", r=4, lora_alpha=6)

CASES = {
    # name: (base, options of LoraConfig, everything else)
    "gpt2": ("oracle/gpt2-plain", dict(target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True), {}),
    "gpt2-patterns": ("oracle/gpt2-plain", dict(
        target_modules=["c_attn", "mlp.c_proj"], rank_pattern={"h.1.attn.c_attn": 3, r"h\.\d+\.mlp\.c_proj": 5},
        alpha_pattern={"c_proj": 11}, fan_in_fan_out=True), {}),
    "gpt2-wte": ("oracle/gpt2-plain", dict(target_modules=["wte", "wpe"]), {}),
    "gpt2-head": ("oracle/gpt2-plain", dict(target_modules=["c_attn"], modules_to_save=["lm_head"], fan_in_fan_out=True), {}),
    "gpt2-bare": ("oracle/gpt2-bare", dict(target_modules=["c_attn"], fan_in_fan_out=True), {"bin": True}),
    "codegen": ("families/codegen", dict(target_modules=["qkv_proj", "out_proj"]), {}),
    "codegen-regex": ("families/codegen", dict(target_modules=r".*\.h\.\d+\.(attn\.qkv_proj|mlp\.fc_(?P<way>in|out))", use_rslora=True), {}),
    "codegen-bias": ("families/codegen", dict(target_modules=["fc_in", "fc_out"], bias="all"), {}),
    "codegen-bin": ("families/codegen-bin", dict(target_modules=["qkv_proj", "lm_head"]), {}),
    "llama": ("families/llama", dict(target_modules=["q_proj", "v_proj", "up_proj"], use_rslora=True, exclude_modules=["layers.0.self_attn.v_proj"]), {}),
    "llama-layer": ("families/llama", dict(target_modules=["k_proj", "gate_proj"], layers_to_transform=[1], layers_pattern="layers"), {}),
    "llama-layer-only": ("families/llama", dict(target_modules=["o_proj", "down_proj"], layers_to_transform=0), {}),
    "llama-linear": ("families/llama-sharded", dict(target_modules="all-linear"), {"bin": True}),
    "llama-biased": ("families/llama-biased", dict(target_modules=["q_proj", "down_proj"], bias="lora_only"), {}),
    "llama-saved": ("families/llama3", dict(target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head", "norm"]), {}),
    "llama-bfloat16": ("families/llama-bfloat16", dict(target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]), {"half": True}),
    "llama-tied-embedding": ("families/llama-tied", dict(target_modules=["embed_tokens", "q_proj"]), {}),
    "llama-tied-head": ("families/llama-tied", dict(target_modules=["lm_head", "q_proj"]), {}),
    "llama-tied-saved": ("families/llama-tied", dict(target_modules=["q_proj"], modules_to_save=["embed_tokens"]), {}),
    "qwen2": ("families/qwen2-tied", dict(target_modules=["q_proj", "k_proj", "v_proj", "gate_proj", "up_proj", "down_proj"]), {}),
    "gemma": ("families/gemma", dict(target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj"]), {}),
    "bert": ("families/bert-tagger", dict(task_type="TOKEN_CLS", target_modules=["query", "value", "output.dense"]), {}),
    "roberta": ("families/roberta", dict(task_type="TOKEN_CLS", target_modules=["key", "intermediate.dense"]), {}),
}


def load(kind, path):
    return kind.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()


def randomize(model, seed):
    """Adapters begin as no change; these are large enough to be seen."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.15 * torch.randn(parameter.shape, generator=generator))


@torch.no_grad()
def results(model, sequences, encoder):
    if encoder:
        return [floats(model(input_ids=t.unsqueeze(0), output_hidden_states=True).hidden_states[-1][0]) for t in sequences]
    rows = [torch.log_softmax(logits_of(model, t)[:-1], 1).gather(1, t[1:].unsqueeze(1)) for t in sequences]
    return [floats(row) for row in rows]


def distance(a, b):
    return max(abs(x - y) for p, q in zip(a, b) for x, y in zip(p, q))


def build(name, seed, base, options, extra, scratch):
    kind = AutoModelForTokenClassification if options.get("task_type") == "TOKEN_CLS" else AutoModelForCausalLM
    encoder = kind is AutoModelForTokenClassification
    model = get_peft_model(load(kind, ROOT / base), LoraConfig(**{**CAUSAL, **options}))
    randomize(model, seed)
    if extra.get("half"):
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.bfloat16().float()
    directory = OUT / name
    shutil.rmtree(directory, ignore_errors=True)
    model.eval().save_pretrained(scratch / "adapter", safe_serialization=not extra.get("bin"))
    directory.mkdir(parents=True)
    if extra.get("half"):
        from safetensors.torch import load_file, save_file
        path = scratch / "adapter" / "adapter_model.safetensors"
        save_file({key: value.bfloat16() for key, value in load_file(path).items()}, path, metadata={"format": "pt"})
    config = json.loads((scratch / "adapter" / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "base"
    for key in ("target_modules", "modules_to_save", "exclude_modules"):  # sets, in any order
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    write_json(directory / "adapter_config.json", config, indent=2)
    weights = "adapter_model.bin" if extra.get("bin") else "adapter_model.safetensors"
    shutil.copyfile(scratch / "adapter" / weights, directory / weights)

    first = 2 if encoder else 1
    vocabulary = model.config.vocab_size
    sequences = [t.clamp(min=first) for t in random_sequences(SEQUENCES, vocabulary, seed=seed)]
    both = scratch / "both"
    shutil.copytree(ROOT / base, both)
    for file in directory.iterdir():
        shutil.copyfile(file, both / file.name)
    by_peft = results(PeftModel.from_pretrained(load(kind, ROOT / base), directory).eval(), sequences, encoder)
    # transformers looks for safetensors only
    expected = by_peft if extra.get("bin") else results(load(kind, both), sequences, encoder)
    in_memory = results(model, sequences, encoder)
    plain = results(load(kind, ROOT / base), sequences, encoder)
    print(f"{name}: moved by {distance(expected, plain):.3g}; peft's loader differs by {distance(expected, by_peft):.2g}, "
          f"the model as made by {distance(expected, in_memory):.2g}", flush=True)
    key = "hidden" if encoder else "logprobs"
    write_json(directory / "expected.json", {
        "base": base, "cases": [{"tokens": t.tolist(), key: values} for t, values in zip(sequences, expected)]})


def main():
    import sys
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for seed, (name, (base, options, extra)) in enumerate(CASES.items(), 1):
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            build(name, seed, base, options, extra, Path(scratch))


if __name__ == "__main__":
    main()
