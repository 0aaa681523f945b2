"""Distributions of the next token under temperature, top-k and top-p, by transformers' own processors.

Reads test/fixtures/oracle/gpt2-plain (run gpt2.py first); writes test/fixtures/oracle/sampling.json.
"""

import json

import torch
from safetensors.torch import load_file
from transformers import GPT2LMHeadModel, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from common import FIXTURES, floats, logits_of, tiny_config, write_json

RULES = [
    dict(temperature=1.0, topK=0, topP=1.0),
    dict(temperature=0.7, topK=0, topP=1.0),
    dict(temperature=2.5, topK=0, topP=1.0),
    dict(temperature=1.0, topK=1, topP=1.0),
    dict(temperature=1.0, topK=7, topP=1.0),
    dict(temperature=1.0, topK=200, topP=1.0),
    dict(temperature=1.0, topK=0, topP=0.9),
    dict(temperature=1.0, topK=0, topP=0.01),
    dict(temperature=2.0, topK=0, topP=0.5),
    dict(temperature=1.5, topK=12, topP=0.8),
    dict(temperature=0.5, topK=5, topP=0.95),
]


def main():
    plain = FIXTURES / "gpt2-plain"
    model = GPT2LMHeadModel(tiny_config()).eval()
    model.load_state_dict(load_file(plain / "model.safetensors"), strict=False)
    expected = json.loads((plain / "expected.json").read_text())
    # The flattest of the prompts, so that rules have something to cut.
    prompts = [torch.tensor(row["prompt"]) for row in expected["greedy"]]
    entropy = [torch.distributions.Categorical(logits=logits_of(model, p)[-1]).entropy() for p in prompts]
    prompt = prompts[int(torch.stack(entropy).argmax())]
    logits = logits_of(model, prompt)[-1:]
    ids = prompt.unsqueeze(0)
    cases = []
    for rule in RULES:
        scores = TemperatureLogitsWarper(rule["temperature"])(ids, logits)
        if rule["topK"] > 0:
            scores = TopKLogitsWarper(rule["topK"])(ids, scores)
        if rule["topP"] < 1:
            # How near the cut is to a token's own share: a rule at whose edge rounding decides would prove nothing.
            cumulative = torch.softmax(scores.sort(descending=True).values, 1).cumsum(1)
            assert float((cumulative - rule["topP"]).abs().min()) > 1e-4, rule
            scores = TopPLogitsWarper(rule["topP"])(ids, scores)
        probabilities = torch.softmax(scores[0], 0)
        kept = torch.isfinite(scores[0]).nonzero().flatten()
        cases.append({**rule, "ids": kept.tolist(), "probabilities": floats(probabilities[kept])})
        print(rule, len(kept))
    write_json(FIXTURES / "sampling.json", {"model": "gpt2-plain", "prompt": prompt.tolist(), "cases": cases})


if __name__ == "__main__":
    main()
