"""Loads checkpoints that Lethe saved with transformers and compares weights and outputs with those they should equal.

By hand: `npx tsx test/oracle/save.ts DIRECTORY`, then `python check_save.py DIRECTORY`; or `python check_save.py SAVED
ORIGINAL` for one. Exits with 1 when a weight is missing, unexpected or different.
"""

import logging
import sys
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig

from common import FIXTURES

BUFFERS = (".attn.bias", ".attn.masked_bias", ".attn.causal_mask", ".rotary_emb.inv_freq", ".position_ids")
ENCODERS = ("bert", "roberta")


def load(directory):
    config = AutoConfig.from_pretrained(directory)
    encoder = config.model_type in ENCODERS
    # The class that the checkpoint says it is of: an encoder's head is kept.
    model, report = getattr(transformers, config.architectures[0]).from_pretrained(
        directory, output_loading_info=True, dtype=torch.float32, attn_implementation="eager"
    )
    tied = not encoder and model.config.tie_word_embeddings
    # A tied head has no tensor of its own, and buffers of old files are no weights.
    allowed = ("lm_head.weight",) if tied else ()
    missing = [key for key in report["missing_keys"] if key not in allowed]
    unexpected = [key for key in report["unexpected_keys"] if not key.endswith(BUFFERS)]
    return model.eval(), missing, unexpected


def same(saved_at, original_at):
    saved, missing, unexpected = load(saved_at)
    original, _, _ = load(original_at)
    # Above the padding ids; RoBERTa counts positions from its own.
    ids = 2 + torch.arange(90).unsqueeze(0) % (saved.config.vocab_size - 2)
    with torch.no_grad():
        a, b = saved(ids)[0], original(ids)[0]
    apart = float((a - b).abs().max())
    files = len(list(Path(saved_at).glob("*.safetensors")))
    print(f"{saved_at}: files {files}, missing {missing}, unexpected {unexpected}, largest difference {apart}")
    return not missing and not unexpected and apart == 0


def main():
    logging.disable(logging.WARNING)
    if len(sys.argv) == 3:
        pairs = [(sys.argv[1], sys.argv[2])]
    elif len(sys.argv) == 2:
        pairs = [(saved, original_of(saved.parent.name)) for saved in sorted(Path(sys.argv[1]).glob("*/*"))]
    else:
        raise SystemExit(__doc__)
    raise SystemExit(0 if pairs and all([same(*pair) for pair in pairs]) else 1)


def original_of(variant):
    families = FIXTURES.parent / "families" / variant
    return families if families.exists() else FIXTURES / variant


if __name__ == "__main__":
    main()
