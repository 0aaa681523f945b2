"""sentence_bleu of NLTK 3.8.1, smoothing method 4, of random pairs: 1000 of strings (so of characters) and 1000 of token lists.

Later releases compute method 4 otherwise. Writes test/fixtures/memorization/bleu.json.gz; needs nltk==3.8.1 and nothing else:
pip install nltk==3.8.1 in an environment of its own.
"""

import gzip
import json
import random
from pathlib import Path

import nltk
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "memorization" / "bleu.json.gz"
ALPHABETS = ["ab", "abcdef ", "def f(x):\n\t=1", "caf\u00e9\u4e2d\U0001f600\u0301\u200dx"]
SMOOTH = SmoothingFunction().method4


def pair(draw, alphabet):
    reference = [draw.choice(alphabet) for _ in range(draw.choice([0, 1, 2, 3, 4, 5, 9, 20, 40, 64]))]
    kind = draw.randrange(4)
    if kind == 0:  # another text altogether
        return reference, [draw.choice(alphabet) for _ in range(draw.randrange(0, 40))]
    hypothesis = list(reference)
    if kind == 1:  # cut or continued
        hypothesis = hypothesis[: draw.randrange(0, len(hypothesis) + 1)] + [draw.choice(alphabet) for _ in range(draw.randrange(0, 9))]
    elif kind == 2:  # a few changes
        for _ in range(draw.randrange(0, 5)):
            if hypothesis:
                hypothesis[draw.randrange(len(hypothesis))] = draw.choice(alphabet)
    else:  # in another order
        draw.shuffle(hypothesis)
    return reference, hypothesis


def main():
    assert nltk.__version__ == "3.8.1", nltk.__version__
    draw = random.Random(4)
    strings, tokens = [], []
    for _ in range(1000):
        reference, hypothesis = ("".join(side) for side in pair(draw, draw.choice(ALPHABETS)))
        strings.append([reference, hypothesis, sentence_bleu([reference], hypothesis, smoothing_function=SMOOTH)])
        reference, hypothesis = pair(draw, list(range(draw.choice([2, 5, 40, 50257]))))
        tokens.append([reference, hypothesis, sentence_bleu([reference], hypothesis, smoothing_function=SMOOTH)])
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with gzip.GzipFile(OUT, "wb", mtime=0) as file:
        file.write(json.dumps({"strings": strings, "tokens": tokens}).encode())
    print(OUT.stat().st_size, sum(0 < value < 1 for *_, value in strings), sum(0 < value < 1 for *_, value in tokens), max(v for *_, v in strings + tokens))


if __name__ == "__main__":
    main()
