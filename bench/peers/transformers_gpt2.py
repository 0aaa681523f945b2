"""The work of bench/throughput.ts by transformers, as a user would write it; the same output lines.

python bench/peers/transformers_gpt2.py [--config tiny|small] [--repeat N] [BENCH...]
"""

import argparse
import json
import os
import re
import resource
import time
from pathlib import Path

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel

# The shapes are those of cases.ts, read from there so that they cannot drift apart.
CASES = (Path(__file__).resolve().parent.parent / "cases.ts").read_text()
PROMPT_TOKENS = int(re.search(r"PROMPT_TOKENS = (\d+)", CASES)[1])


def table(name):
    body = re.search(rf"export const {name} = \{{(.*?)\n\}}", CASES, re.S)[1]
    rows = re.findall(r"'?([\w-]+)'?: \{(.*?)\}", body)
    return {key: {k: int(v) for k, v in re.findall(r"(\w+): (\d+)", fields)} for key, fields in rows}


CONFIGS, SIZES = table("CONFIGS"), table("SIZES")
parser = argparse.ArgumentParser()
parser.add_argument("--config", default="tiny", choices=CONFIGS)
parser.add_argument("--repeat", type=int, default=3)
parser.add_argument("bench", nargs="*", default=list(SIZES))
options = parser.parse_args()

torch.manual_seed(1)
config = GPT2Config(**CONFIGS[options.config], resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
model = GPT2LMHeadModel(config).eval()
reference = GPT2LMHeadModel(config).eval()
reference.load_state_dict(model.state_dict())
optimizer = torch.optim.Adam(model.parameters(), lr=3e-6, betas=(0.9, 0.98))


def ids(rows, tokens):
    return torch.randint(0, config.vocab_size, (rows, tokens))


@torch.no_grad()
def generate(rows, tokens):
    prompts = ids(rows, PROMPT_TOKENS)
    new = tokens - PROMPT_TOKENS
    out = model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=True, top_k=40,
                         max_new_tokens=new, eos_token_id=None, pad_token_id=0)
    return out.shape[0] * (out.shape[1] - PROMPT_TOKENS)


@torch.no_grad()
def score(rows, tokens):
    batch = ids(rows, tokens)
    for part in batch.split(32):
        logits = model(part).logits[:, :-1]
        targets = part[:, 1:].unsqueeze(2)
        own = logits.gather(2, targets)
        torch.log_softmax(logits, 2).gather(2, targets)
        (logits > own).sum(2)
    return rows * tokens


def train_step(rows, tokens):
    batch = ids(rows, tokens)
    secret = (torch.arange(1, tokens) % 4 == 0).float().expand(rows, -1)
    logp = torch.log_softmax(model(batch).logits[:, :-1], 2)
    with torch.no_grad():
        target = torch.log_softmax(reference(batch).logits[:, :-1], 2)
    nll = -logp.gather(2, batch[:, 1:].unsqueeze(2)).squeeze(2)
    kl = (target.exp() * (target - logp)).sum(2)
    rest = 1 - secret
    loss = (-(nll * secret).sum() / secret.sum() + 0.1 * (nll * rest).sum() / rest.sum()
            - 0.1 * (kl * secret).sum() / secret.sum())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return rows * tokens


@torch.no_grad()
def el(rows, tokens):
    """As published: one decode from every prefix, one pass for MA; the n-grams themselves cost nothing beside it."""
    for sequence in ids(rows, tokens):
        model(sequence.unsqueeze(0))
        for i in range(1, tokens - 3 + 1):
            prefix = sequence[:i].unsqueeze(0)
            model.generate(prefix, attention_mask=torch.ones_like(prefix), do_sample=False, max_new_tokens=tokens - i,
                           eos_token_id=None, pad_token_id=0)
    return rows * tokens


WORK = {"generate": generate, "score": score, "train-step": train_step, "el": el}
for name in options.bench:
    size = SIZES[name]
    seconds = []
    for round_ in range(options.repeat + 1):
        start = time.perf_counter()
        done = WORK[name](size["rows"], size["tokens"])
        if round_ > 0:
            seconds.append(time.perf_counter() - start)
    seconds.sort()
    median = seconds[len(seconds) // 2]
    print(json.dumps({
        "system": "transformers", "bench": name, "config": options.config, "seconds": round(median, 4),
        "tokensPerSecond": round(done / median),
        "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cpus": os.cpu_count(), "torch": torch.__version__, "transformers": transformers.__version__,
    }))
