"""Scores, logits, losses and greedy continuations of tiny random GPT-2 models, by transformers.

Writes test/fixtures/oracle/gpt2-<variant>/{config.json, model.safetensors, expected.json}.
"""

import torch

from common import (
    FIXTURES, floats, greedy, logits_of, random_model, random_sequences, save_checkpoint,
    tiny_config, weights, write_json,
)

MARGIN = 2e-3  # Above any difference between two right float32 implementations.
NEW_TOKENS = 64
PROMPT_LENGTHS = [1, 2, 3, 9, 17, 30]


def prefixed(tensors):
    return tensors


def bare(tensors):
    """As openai-community/gpt2 stores them: no `transformer.` prefix, causal masks among the weights."""
    out = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    for layer in range(2):
        out[f"h.{layer}.attn.bias"] = torch.tril(torch.ones(96, 96)).view(1, 1, 96, 96)
    return out


def code_parrot(tensors):
    """As CodeParrot's checkpoints are: masks as bytes, `masked_bias` scalars, and the tied head under its own name."""
    out = dict(tensors)
    for layer in range(2):
        out[f"transformer.h.{layer}.attn.bias"] = torch.tril(torch.ones(96, 96, dtype=torch.uint8)).view(1, 1, 96, 96)
        out[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-10000.0)
    out["lm_head.weight"] = out["transformer.wte.weight"].clone()
    return out


def bfloat16(tensors):
    return {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()}


VARIANTS = {
    "plain": (dict(), prefixed),
    "untied": (dict(tie_word_embeddings=False, vocab_size=73, n_head=4), prefixed),
    "codeparrot": (dict(scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True), code_parrot),
    "bare": (dict(activation_function="relu", n_inner=40, vocab_size=97), bare),
    "unscaled": (dict(activation_function="gelu", scale_attn_weights=False, layer_norm_epsilon=1e-3, n_head=1), prefixed),
    "bfloat16": (dict(activation_function="silu", n_embd=24, n_head=3), bfloat16),
}


@torch.no_grad()
def scores(model, tokens):
    logits = logits_of(model, tokens)[:-1]
    targets = tokens[1:]
    own = logits.gather(1, targets.unsqueeze(1))
    ids = torch.arange(logits.shape[1])
    ahead = (logits > own) | ((logits == own) & (ids < targets.unsqueeze(1)))
    ranks = ahead.sum(1)
    logprobs = torch.log_softmax(logits, 1).gather(1, targets.unsqueeze(1))
    return {
        "tokens": tokens.tolist(),
        "logprobs": floats(logprobs),
        "hits": (ranks == 0).int().tolist(),
        "ranks": ranks.tolist(),
        # None where there is nothing to predict.
        "loss": float(model(input_ids=tokens.unsqueeze(0), labels=tokens.unsqueeze(0)).loss) if len(tokens) > 1 else None,
    }


def left_padded(model, prompts, count):
    """transformers' own generate on a left-padded batch: what a user would compare with."""
    width = max(len(prompt) for prompt in prompts)
    ids = torch.stack([torch.cat([torch.zeros(width - len(p), dtype=torch.long), p]) for p in prompts])
    mask = torch.stack([torch.cat([torch.zeros(width - len(p)), torch.ones(len(p))]) for p in prompts]).long()
    # Random models may emit the end token; it must not end the row here.
    out = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=count, min_new_tokens=None,
                         eos_token_id=None, pad_token_id=0)
    return [row[width:].tolist() for row in out]


def build(name, changes, store):
    config = tiny_config(**changes)
    for seed in range(200):
        model = random_model(config, seed, std=0.45)
        if store is bfloat16:
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.copy_(parameter.to(torch.bfloat16).float())
        prompts = random_sequences(PROMPT_LENGTHS, config.vocab_size, seed=1000 + seed)
        runs = [greedy(model, prompt, NEW_TOKENS) for prompt in prompts]
        varied = [len(set(tokens.tolist())) for tokens, _ in runs]
        if min(smallest for _, smallest in runs) < MARGIN or sum(v >= 6 for v in varied) < 4:
            continue
        # Half of what is scored is the model's own continuation, so that hits and low ranks occur.
        sequences = [torch.cat([p, r[0][: len(p) + 1] if len(p) > 1 else r[0][:0]]) for p, r in zip(prompts, runs)]
        sequences.append(random_sequences([96], config.vocab_size, seed=2000 + seed)[0])
        # A hit or a rank is only comparable where no other logit is within rounding of the token's own.
        closest = min(gap(model, tokens) for tokens in sequences if len(tokens) > 1)
        if closest < 1e-5:
            continue
        break
    else:
        raise SystemExit(f"no seed gives decided predictions for {name}")

    continuations = [tokens.tolist() for tokens, _ in runs]
    assert left_padded(model, prompts, NEW_TOKENS) == continuations, "transformers disagrees with itself"
    directory = FIXTURES / f"gpt2-{name}"
    save_checkpoint(directory, config, store(weights(model)), **({"torch_dtype": "bfloat16"} if store is bfloat16 else {}))
    positions = [(3, 0), (4, 8), (6, 94)]
    write_json(directory / "expected.json", {
        "seed": seed,
        "parameterCount": sum(p.numel() for p in model.parameters()),
        "scores": [scores(model, tokens) for tokens in sequences],
        "logits": [
            {"sequence": s, "position": t, "values": floats(logits_of(model, sequences[s])[t])} for s, t in positions
        ],
        "greedy": [
            {"prompt": p.tolist(), "tokens": c} for p, c in zip(prompts, continuations)
        ],
    })
    print(name, "seed", seed, "margin", min(s for _, s in runs), "distinct", varied, "closest", closest)


def gap(model, tokens):
    logits = logits_of(model, tokens)[:-1]
    own = logits.gather(1, tokens[1:].unsqueeze(1))
    apart = (logits - own).abs()
    apart.scatter_(1, tokens[1:].unsqueeze(1), float("inf"))
    return float(apart.min())


if __name__ == "__main__":
    for variant, (changes, store) in VARIANTS.items():
        build(variant, changes, store)
