"""Loads a checkpoint that Lethe saved with transformers and compares its logits with a checkpoint that it should equal.

By hand: python check_save.py SAVED ORIGINAL, e.g. after `Model.load(original)` and `save(saved)`.
Exits with 1 when a weight is missing, unexpected or different.
"""

import sys

import torch
from transformers import GPT2LMHeadModel


def load(directory):
    model, report = GPT2LMHeadModel.from_pretrained(
        directory, output_loading_info=True, dtype=torch.float32, attn_implementation="eager"
    )
    # A tied head has no tensor of its own, and the causal masks of old files are no weights.
    missing = [key for key in report["missing_keys"] if key != "lm_head.weight"]
    unexpected = [key for key in report["unexpected_keys"] if not key.endswith((".attn.bias", ".attn.masked_bias"))]
    return model.eval(), missing, unexpected


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    saved, missing, unexpected = load(sys.argv[1])
    original, _, _ = load(sys.argv[2])
    ids = torch.arange(min(90, saved.config.n_positions)).unsqueeze(0) % saved.config.vocab_size
    with torch.no_grad():
        apart = float((saved(ids).logits - original(ids).logits).abs().max())
    print(f"missing {list(missing)}, unexpected {list(unexpected)}, largest difference of a logit {apart}")
    raise SystemExit(0 if not missing and not unexpected and apart == 0 else 1)


if __name__ == "__main__":
    main()
