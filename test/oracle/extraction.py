"""Log-probabilities of secrets under named samplers, by transformers: its log-softmax after its own logits processors.

Reads test/fixtures/memorization/apart (run apart_probe.py first); writes extraction.json beside it: for each sampler and
each secret, in the order of the records, the log-probability of its tokens in the document after up to 128 tokens, and
after each length of PREFIXES that the document has. null: the sampler leaves one of the tokens out.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import GPT2Config, GPT2LMHeadModel, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from common import write_json

HERE = Path(__file__).resolve().parent.parent / "fixtures" / "memorization" / "apart"
PREFIXES = [8, 16, 32, 64, 128, 256]
SAMPLERS = [
    dict(temperature=1.0, topK=0, topP=1.0),
    dict(temperature=0.7, topK=0, topP=1.0),
    dict(temperature=2.0, topK=0, topP=1.0),
    dict(temperature=1.0, topK=10, topP=1.0),
    dict(temperature=1.0, topK=0, topP=0.95),
    dict(temperature=1.3, topK=40, topP=0.99),
    dict(temperature=0.8, topK=40, topP=0.95),
]


def ruled(logits, sampler):
    ids = torch.zeros(len(logits), 1, dtype=torch.long)
    scores = TemperatureLogitsWarper(sampler["temperature"])(ids, logits)
    if sampler["topK"] > 0:
        scores = TopKLogitsWarper(sampler["topK"])(ids, scores)
    if sampler["topP"] < 1:
        scores = TopPLogitsWarper(sampler["topP"])(ids, scores)
    return torch.log_softmax(scores, -1)


@torch.no_grad()
def logp(model, tokens, first, last, prefix, sampler):
    window = torch.tensor(tokens[max(0, first - prefix) : last + 1])
    count = last - first + 1
    logits = model(input_ids=window[None]).logits[0, -count - 1 : -1].double()
    total = float(ruled(logits, sampler).gather(1, window[-count:, None]).sum())
    return None if math.isinf(total) else total


def main():
    config = GPT2Config(**json.loads((HERE / "config.json").read_text()))
    model = GPT2LMHeadModel(config).eval()
    model.load_state_dict(load_file(HERE / "model.safetensors"), strict=False)
    model.tie_weights()
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    cases = [{"sampler": sampler, "secrets": []} for sampler in SAMPLERS]
    for record in json.loads((HERE / "records.json").read_text()):
        encoding = tokenizer.encode(record["text"], add_special_tokens=False)
        # Offsets of the records are UTF-16 code units, those of the library characters.
        wide = record["text"].encode("utf-16-le")
        place = lambda units: len(wide[: 2 * units].decode("utf-16-le"))
        for secret in record["secrets"]:
            start, end = place(secret["start"]), place(secret["end"])
            own = [i for i, (a, b) in enumerate(encoding.offsets) if a < end and b > start]
            first, last = own[0], own[-1]
            for case in cases:
                measure = lambda prefix: logp(model, encoding.ids, first, last, prefix, case["sampler"])
                curve = [{"prefix": p, "logp": measure(p)} for p in PREFIXES if p <= first]
                case["secrets"].append({"logp": measure(128), "curve": curve})
    write_json(HERE / "extraction.json", {"cases": cases})
    for case in cases:
        print(case["sampler"], [s["logp"] and round(s["logp"], 2) for s in case["secrets"]])


if __name__ == "__main__":
    main()
