"""Compares models that Lethe gave a token more with what transformers makes of the same models.

By hand: `npx tsx test/oracle/save-padded.ts DIRECTORY`, then `python check_pad.py DIRECTORY`. Exits with 1 when weights,
logits of old tokens, the new token's logit or ids differ. The new rows of transformers are drawn around the mean with a
variance of 1e-9 of that of the old rows, which the last tolerance leaves room for.
"""

import logging
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from check_save import original_of

NOISE = 5e-3


def load(directory):
    return AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()


def same(name, ours, theirs):
    ids = 2 + torch.arange(40).unsqueeze(0) % 80
    old = theirs.config.vocab_size - 1
    with torch.no_grad():
        a, b = ours(ids)[0], theirs(ids)[0]
        new = torch.full((1, 4), old)
        apart_after_new = float((ours(new)[0] - theirs(new)[0]).abs().max())
    apart = float((a[..., :old] - b[..., :old]).abs().max())
    apart_new = float((a[..., old] - b[..., old]).abs().max())
    print(f"{name}: shape {tuple(a.shape)}, old logits {apart}, new logit {apart_new:.1e}, after it {apart_after_new:.1e}")
    return a.shape == b.shape and apart == 0 and apart_new < NOISE and apart_after_new < NOISE


def main():
    logging.disable(logging.WARNING)
    root = Path(sys.argv[1])
    fine = []
    for grown in sorted((root / "grown").iterdir()):
        theirs = load(original_of(grown.name))
        theirs.resize_token_embeddings(theirs.config.vocab_size + 1)
        fine.append(same(grown.name, load(grown), theirs))

    tokenizer = AutoTokenizer.from_pretrained(root / "tokenized" / "original")
    theirs = load(root / "tokenized" / "original")
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    theirs.resize_token_embeddings(len(tokenizer))
    padded = root / "tokenized" / "padded"
    ours, own = load(padded), AutoTokenizer.from_pretrained(padded)
    fine.append(same("tokenized", ours, theirs))
    texts = ["def f(x):\n    return x", "a[PAD] [PAD]b", "[PAD"]
    ids = [t(texts, padding=True)["input_ids"] for t in (own, tokenizer)]
    print("pad", own.pad_token, own.pad_token_id, ours.config.pad_token_id, "ids equal", ids[0] == ids[1])
    fine.append(ids[0] == ids[1] and own.pad_token == "[PAD]" and own.pad_token_id == tokenizer.pad_token_id)
    fine.append(ours.config.pad_token_id == tokenizer.pad_token_id and len(own) == len(tokenizer))
    raise SystemExit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
