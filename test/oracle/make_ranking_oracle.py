"""Scores of outputs by transformers and Python's zlib, and the AUC of each score by counting pairs.

Writes test/fixtures/memorization/ranking/{first,second}/ (two tiny models that share a tokenizer), expected.json and
zlib.json. All formulas are spelled out here in float64 from the logits of one text at a time.
"""

import json
import math
import re
import zlib
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from common import logits_of, random_model, save_checkpoint, tiny_config, weights, write_json

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "fixtures" / "memorization" / "ranking"
CONTEXT = 160
WINDOW = 6
SHARE = 0.2

LICENCE = """# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
"""
PLAIN = """import os

def main(argv):
    for name in argv:
        print(name)


if __name__ == "__main__":
    main([])
"""
TABLE = "".join(f"    {i}: 'VALUE_{i}',\n" for i in range(12))

# The model has seen the first six many times over; the rest it has not.
MEMORIZED = [
    LICENCE,
    PLAIN,
    "class Stack(object):\n    def __init__(self):\n        self.items = []\n",
    "VALUES = {\n" + TABLE[:120],
    "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n",
    "SECRET_KEY = 'AKIAIOSFODNN7EXAMPLE'\n",
]
OTHERS = [
    "",
    "x",
    "\n\n\n",
    "def Add(A, B):\n    return A + B\n",
    "windows\r\nline\r\n\r\nends\rhere\n",
    "no newline at the end\n\n\n\nat all",
    "İSTANBUL ΟΔΥΣΣΕΥΣ Straße \U0001F600\n",
    "x = 1\ny = 2\nz = 3\nu = 4\nv = 5\nw = 6",
    "x = 1\ny = 2\nz = 3\nu = 4\nv = 5\nw = 6\nq = 7\n",
    TABLE * 3,
    "\t\tif a:\n\t\t\tb = c\n" * 4,
    "all lower case, so that nothing changes\n",
    "SELECT * FROM T WHERE ID = 7;\n",
    "日本語のコメント\nprint('x')\n",
    PLAIN.replace("name", "Nome"),
    LICENCE.upper(),
]
TEXTS = MEMORIZED + OTHERS


def train_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(MEMORIZED, trainer)
    return tokenizer


def train(model, sequences, steps):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(steps):
        optimizer.zero_grad()
        tokens = sequences[step % len(sequences)].unsqueeze(0)
        model(input_ids=tokens, labels=tokens).loss.backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def likelihood(model, ids):
    """(mean -ln p, Min-K, Min-K++) of the tokens from the second on, or None."""
    if len(ids) < 2:
        return None
    logprobs = torch.log_softmax(logits_of(model, torch.tensor(ids))[:-1].double(), 1)
    own = logprobs.gather(1, torch.tensor(ids[1:]).unsqueeze(1)).squeeze(1)
    mean = (logprobs.exp() * logprobs).sum(1)
    variance = (logprobs.exp() * (logprobs - mean.unsqueeze(1)) ** 2).sum(1)
    z = (own - mean) / variance.clamp(min=1e-6).sqrt()
    count = max(1, int(SHARE * len(own)))
    return -own.mean().item(), own.sort().values[:count].mean().item(), z.sort().values[:count].mean().item()


def scores(first, second, lower, size):
    if first is None:
        return {name: None for name in ["perplexity", "smallFirst", "largeFirst", "lowercase", "zlib", "minK", "minKPlusPlus"]}
    return {
        "perplexity": -first[0],
        "smallFirst": first[0] / second[0],
        "largeFirst": second[0] / first[0],
        "lowercase": None if lower is None else lower[0] / first[0],
        "zlib": size / first[0],
        "minK": first[1],
        "minKPlusPlus": first[2],
    }


def average(items):
    """Means of each entry over the windows that have something to predict."""
    known = [item for item in items if item is not None]
    return tuple(sum(item[i] for item in known) / len(known) for i in range(3)) if known else None


def windows_of(text):
    lines = text.removesuffix("\n").split("\n")
    return ["\n".join(lines[i : i + WINDOW]) for i in range(max(1, len(lines) - WINDOW + 1))]


def score_text(text, tokenizer, first, second):
    # Python reads files with universal newlines, then the published script collapses them.
    text = re.sub("\n+", "\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    encoding = tokenizer.encode(text)
    ids, cut = encoding.ids, len(encoding.ids) > CONTEXT
    if cut:
        ids, text = ids[:CONTEXT], text[: encoding.offsets[CONTEXT - 1][1]]
    encode = lambda part: tokenizer.encode(part).ids[:CONTEXT]
    size = lambda part: len(zlib.compress(part.encode()))
    whole = [likelihood(first, ids), likelihood(second, ids), likelihood(first, encode(text.lower()))]
    parts = windows_of(text)
    of_windows = scores(
        average([likelihood(first, encode(part)) for part in parts]),
        average([likelihood(second, encode(part)) for part in parts]),
        average([likelihood(first, encode(part.lower())) for part in parts]),
        sum(map(size, parts)) / len(parts),
    )
    perplexity = lambda found: None if found is None else math.exp(found[0])
    return {
        "tokens": len(ids),
        "cut": cut,
        "zlibBytes": size(text),
        "perplexity": perplexity(whole[0]),
        "perplexity2": perplexity(whole[1]),
        "perplexityLower": perplexity(whole[2]),
        "windows": len(parts),
        "scores": scores(*whole, size(text))
        | {f"window{name[0].upper()}{name[1:]}": value for name, value in of_windows.items()},
    }


def auc(values, labels):
    """The definition: pairs of a memorized and another output in the right order; outputs without a score come last."""
    height = lambda value: -math.inf if value is None else value
    pairs = [(height(a), height(b)) for a, m in zip(values, labels) if m for b, n in zip(values, labels) if not n]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def made_bytes(seed, count, alphabet, copies):
    """Random bytes of an alphabet, with copies of earlier stretches; test/memorization/ranking makes the same ones."""
    state = seed
    out = bytearray()

    def draw(limit):
        nonlocal state
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        return (state >> 12) % limit

    while len(out) < count:
        if len(out) > 0 and draw(100) < copies:
            distance = 1 + draw(min(len(out), 40000))
            for _ in range(3 + draw(60)):
                out.append(out[-distance])
        else:
            out.append(draw(alphabet))
    return bytes(out[:count])


def zlib_cases():
    cases = []
    for seed, count in enumerate([0, 1, 2, 3, 4, 5, 10, 64, 200, 200, 500, 1000, 2000, 2000, 5000, 9000, 20000, 40000, 66000, 70000, 99000, 140000]):
        for alphabet in (2, 20, 256):
            for copies in (0, 4, 30):
                made = made_bytes(seed + 1, count, alphabet, copies)
                cases.append([seed + 1, count, alphabet, copies, len(zlib.compress(made))])
    return cases


def main():
    tokenizer = train_tokenizer()
    config = tiny_config(vocab_size=320, n_positions=CONTEXT)
    encoded = [torch.tensor(tokenizer.encode(text).ids) for text in MEMORIZED]
    first = train(random_model(config, 1, 0.1), encoded, 900)
    second = train(random_model(config, 2, 0.1), encoded, 300)
    for name, model in (("first", first), ("second", second)):
        save_checkpoint(OUT / name, config, weights(model))
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>").save_pretrained(OUT / name)
        (OUT / name / "tokenizer_config.json").unlink()
    expected = [{"text": text, "memorized": i < len(MEMORIZED)} | score_text(text, tokenizer, first, second) for i, text in enumerate(TEXTS)]
    labels = [item["memorized"] for item in expected]
    names = expected[0]["scores"]
    areas = {name: auc([item["scores"][name] for item in expected], labels) for name in names}
    write_json(OUT / "expected.json", {"share": SHARE, "window": WINDOW, "outputs": expected, "auc": areas})
    write_json(OUT / "zlib.json", zlib_cases())
    print(json.dumps(areas, indent=1))
    for item in expected:
        print(item["tokens"], item["cut"], item["windows"], item["perplexity"], item["perplexity2"], item["zlibBytes"])


if __name__ == "__main__":
    main()
