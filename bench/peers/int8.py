"""libtorch's int8 weight-only product as a contestant: what rounding the weights would save, and what it would change.

Answers the int8 requests of bench/protocol.ts on stdin, one JSON object a line.
"""

import json
import os
import sys
import time

import torch
import transformers
from transformers import AutoModelForCausalLM

THREADS = int(os.environ["OMP_NUM_THREADS"])
torch.set_num_threads(THREADS)
answers, sys.stdout = sys.stdout, sys.stderr
transformers.utils.logging.disable_progress_bar()


def ready(_):
    return {"about": f"int8 products of torch {torch.__version__}, {THREADS} threads"}


def rounded(weight):
    """int8 weights [out, in] and one factor a row."""
    factors = weight.abs().amax(1).clamp(min=1e-12) / 127
    return (weight / factors[:, None]).round().to(torch.int8), factors


def products(request):
    """Only the matrix products of decoding steps, in bfloat16, the dtype for which the operator is fast on a CPU."""
    model = AutoModelForCausalLM.from_pretrained(request["directory"])
    weights = [value.T if name.split(".")[-2] in ("c_attn", "c_fc", "c_proj") else value
               for name, value in model.named_parameters() if value.ndim == 2 and ".wpe" not in name]
    packed = []
    for weight in weights:
        values, factors = rounded(weight.contiguous())
        packed.append((values, factors.bfloat16(), torch.randn(request["batch"], weight.shape[1]).bfloat16()))
    del model, weights
    start = time.perf_counter()
    for _ in range(request["steps"]):
        for values, factors, x in packed:
            torch._weight_int8pack_mm(x, values, factors)
    return {"seconds": time.perf_counter() - start}


def agreement(request):
    """Share of the documents' tokens that the model predicts: with its weights, with rounded ones; and argmaxes that differ."""
    model = AutoModelForCausalLM.from_pretrained(request["directory"]).eval()
    ids = torch.tensor(request["documents"])
    before = model(ids).logits[:, :-1].argmax(-1)
    for name, value in model.named_parameters():
        if value.ndim == 2 and ".wpe" not in name:
            conv = name.split(".")[-2] in ("c_attn", "c_fc", "c_proj")
            values, factors = rounded(value.T if conv else value)
            restored = values.float() * factors[:, None]
            value.copy_(restored.T if conv else restored)
    after = model(ids).logits[:, :-1].argmax(-1)
    wanted = ids[:, 1:]
    share = [(guess == wanted).float().mean().item() for guess in (before, after)]
    return {"values": [share, [(before != after).float().mean().item()]]}


WORK = {"ready": ready, "products": products, "agreement": agreement}

with torch.inference_mode():
    for line in sys.stdin:
        asked = json.loads(line)
        start = time.perf_counter()
        given = WORK[asked["do"]](asked)
        answers.write(json.dumps({"seconds": time.perf_counter() - start, **given}) + "\n")
        answers.flush()
