"""What the processors and warpers of transformers keep of given logits, and greedy decoding under a repetition penalty.

Reads test/fixtures/families/llama (run families.py first); writes test/fixtures/families/decoding.json.
"""

import json

import torch
from transformers import (
    AutoModelForCausalLM, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
    TopPLogitsWarper,
)

from common import FIXTURES, floats, logits_of, margin, random_sequences, write_json

FAMILIES = FIXTURES.parent / "families"
MARGIN = 1e-3
RULES = [
    dict(temperature=1.0),
    dict(temperature=1.0, minP=0.1),
    dict(temperature=1.0, minP=0.5),
    dict(temperature=1.0, minP=1.0),
    dict(temperature=2.0, minP=0.1),
    dict(temperature=2.5, topK=9),
    dict(temperature=1.0, topP=0.9),
    dict(temperature=2.0, topP=0.72),
    dict(temperature=2.0, topK=20, topP=0.9, minP=0.05),
    dict(temperature=1.0, repetitionPenalty=1.8),
    dict(temperature=1.3, repetitionPenalty=0.6),
    dict(temperature=2.0, repetitionPenalty=1.5, topK=30, topP=0.95, minP=0.02),
]
DEFAULTS = dict(topK=0, topP=1.0, minP=0.0, repetitionPenalty=1.0)


def processed(ids, logits, rule):
    """In the order of transformers' generate: penalty, temperature, top-k, top-p, min-p."""
    scores = logits.clone()
    if rule["repetitionPenalty"] != 1:
        scores = RepetitionPenaltyLogitsProcessor(rule["repetitionPenalty"])(ids, scores)
    scores = TemperatureLogitsWarper(rule["temperature"])(ids, scores)
    if rule["topK"] > 0:
        scores = TopKLogitsWarper(rule["topK"])(ids, scores)
    if rule["topP"] < 1:
        # A rule at whose edge rounding decides would prove nothing.
        cumulative = torch.softmax(scores.sort(descending=True).values, 1).cumsum(1)
        assert float((cumulative - rule["topP"]).abs().min()) > 1e-4, rule
        scores = TopPLogitsWarper(rule["topP"])(ids, scores)
    if rule["minP"] > 0:
        shares = torch.softmax(scores, 1)
        near = (shares / shares.max() - rule["minP"]).abs()
        assert float(near[shares < shares.max()].min()) > 1e-4, rule
        scores = MinPLogitsWarper(rule["minP"])(ids, scores)
    return scores


@torch.no_grad()
def penalized(model, prompt, count, penalty):
    """Greedy decoding where what the row already holds is penalized; None if it came near to a tie."""
    processor = RepetitionPenaltyLogitsProcessor(penalty)
    tokens = prompt.clone()
    for _ in range(count):
        scores = processor(tokens.unsqueeze(0), logits_of(model, tokens)[-1:])
        if margin(scores) < MARGIN:
            return None
        tokens = torch.cat([tokens, scores[0].argmax().unsqueeze(0)])
    made = tokens[len(prompt):].tolist()
    again = model.generate(prompt.unsqueeze(0), attention_mask=torch.ones(1, len(prompt)), do_sample=False,
                           max_new_tokens=count, repetition_penalty=penalty, eos_token_id=None, pad_token_id=0)
    assert again[0, len(prompt):].tolist() == made, "transformers disagrees with itself"
    return made


@torch.no_grad()
def main():
    model = AutoModelForCausalLM.from_pretrained(FAMILIES / "llama", dtype=torch.float32, attn_implementation="eager").eval()
    expected = json.loads((FAMILIES / "llama" / "expected.json").read_text())
    # The flattest of some prompts, so that rules have something to cut; it repeats tokens, so that a penalty has too.
    prompts = [torch.cat([p, p[:4]]) for p in random_sequences([12] * 30, model.config.vocab_size, seed=11)]
    entropy = [torch.distributions.Categorical(logits=logits_of(model, p)[-1]).entropy() for p in prompts]
    prompt = prompts[int(torch.stack(entropy).argmax())]
    logits = logits_of(model, prompt)[-1:]
    cases = []
    for given in RULES:
        rule = {**DEFAULTS, **given}
        scores = processed(prompt.unsqueeze(0), logits, rule)
        kept = torch.isfinite(scores[0]).nonzero().flatten()
        shares = torch.softmax(scores[0], 0)
        cases.append({**rule, "ids": kept.tolist(), "probabilities": floats(shares[kept])})
        print(rule, len(kept), float(shares.max()))
    greedy = []
    for penalty in [1.2, 2.0, 0.8]:
        for row in expected["greedy"]:
            made = penalized(model, torch.tensor(row["prompt"]), 64, penalty)
            if made is not None:
                greedy.append({"repetitionPenalty": penalty, "prompt": row["prompt"], "tokens": made})
    assert {case["repetitionPenalty"] for case in greedy} == {1.2, 2.0, 0.8} and len(greedy) >= 8
    write_json(FAMILIES / "decoding.json", {
        "model": "llama", "prompt": prompt.tolist(), "logits": floats(logits), "cases": cases, "greedy": greedy,
    })
    print(len(greedy), "penalized continuations")


if __name__ == "__main__":
    main()
