"""transformers as a contestant: answers the requests of bench/protocol.ts on stdin, one JSON object a line."""

import json
import os
import sys
import time

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

THREADS = int(os.environ["OMP_NUM_THREADS"])
torch.set_num_threads(THREADS)
# Answers alone may go to stdout.
answers, sys.stdout = sys.stdout, sys.stderr
transformers.utils.logging.disable_progress_bar()
model = None


def ready(_):
    # A user's process has loaded the code of its model before the weights.
    for kind in ("gpt2", "qwen2"):
        AutoModelForCausalLM._model_mapping[type(AutoConfig.for_model(kind))]
    return {"about": f"transformers {transformers.__version__} on torch {torch.__version__}, {THREADS} threads"}


def load(request):
    global model
    model = AutoModelForCausalLM.from_pretrained(request["directory"], dtype=getattr(torch, request["dtype"])).eval()
    return {}


def generate(request):
    """Left-padded batches in the given order, each decoded to its longest row."""
    tokens = []
    for first in range(0, len(request["rows"]), request["slots"]):
        rows = request["rows"][first: first + request["slots"]]
        width = max(len(row["prompt"]) for row in rows)
        ids = torch.tensor([[0] * (width - len(row["prompt"])) + row["prompt"] for row in rows])
        mask = torch.tensor([[0] * (width - len(row["prompt"])) + [1] * len(row["prompt"]) for row in rows])
        out = model.generate(ids, attention_mask=mask, do_sample=False, eos_token_id=None, pad_token_id=0,
                             max_new_tokens=max(row["maxTokens"] for row in rows))
        tokens.extend(made[width: width + row["maxTokens"]].tolist() for made, row in zip(out, rows))
    return {"tokens": tokens}


def elicit(request):
    """As published (REFERENCE section 7): one pass a token for MA, one decoding from every prefix for EL_n, no cache."""
    n, values = request["n"], []
    for document in request["documents"]:
        tokens = torch.tensor(document)
        length = len(document)
        right = sum(int(model(tokens[:i].unsqueeze(0), use_cache=False).logits[0, -1].argmax()) == document[i]
                    for i in range(1, length))
        shares = []
        for i in range(1, length - n + 1):
            prefix = tokens[:i].unsqueeze(0)
            out = model.generate(prefix, attention_mask=torch.ones_like(prefix), do_sample=False, use_cache=False,
                                 max_new_tokens=length - i, eos_token_id=None, pad_token_id=0)
            made, true = out[0, i:].tolist(), document[i:]
            grams = {tuple(true[k: k + n]) for k in range(len(true) - n + 1)}
            own = [tuple(made[k: k + n]) for k in range(len(made) - n + 1)]
            shares.append(sum(gram in grams for gram in own) / len(own))
        values.append([right / (length - 1), sum(shares) / len(shares)])
    return {"values": values}


def score(request):
    values = []
    for first in range(0, len(request["documents"]), request["batch"]):
        ids = torch.tensor(request["documents"][first: first + request["batch"]])
        logits = model(ids, use_cache=False).logits[:, :-1]
        losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        values.extend([loss] for loss in losses.view(len(ids), -1).mean(1).tolist())
    return {"values": values}


WORK = {"ready": ready, "load": load, "generate": generate, "elicit": elicit, "score": score}

with torch.inference_mode():
    for line in sys.stdin:
        asked = json.loads(line)
        start = time.perf_counter()
        given = WORK[asked["do"]](asked)
        seconds = time.perf_counter() - start
        answers.write(json.dumps({**given, "seconds": seconds}) + "\n")
        answers.flush()
