"""The four named methods as published, by torch autograd and torch's Adam.

Writes test/fixtures/oracle/published/: start/ (a model), expected.json (documents, and the losses and norms of every
step), and of each method the gradients of its last step and the weights after it, under the names of the model's tensors.

Reference: REFERENCE.md section 8 and REFERENCE-2.md "Unlearning". Micro-batches of 2 documents; what each method
minimizes is computed for one micro-batch and averaged over them (gradient accumulation). Next-token losses are means over
the tokens asked for. KL has 1e-10 added to the probabilities on both sides and the reduction `batchmean`: the sum over all
positions divided by the documents, but on secrets, which are gathered to [N, V] first, the mean over N tokens. An epoch is
a step on the forget set and, where the method has a loss on it, one on the retained set, by one Adam. The documents of a
set have one length, so that nothing is padding.
"""

import copy

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from common import FIXTURES, random_model, random_sequences, save_checkpoint, tiny_config, weights, write_json

DIRECTORY = FIXTURES / "published"
VOCABULARY, FORGET_TOKENS, RETAIN_TOKENS = 31, 24, 13
MICRO_BATCH, EPOCHS = 2, 4
GAMMA, LAMBDA, ALPHA = 0.1, 0.1, 1.0
# As in objective.py: with 1e-8 a gradient that is only rounding error moves its weight by a full step.
ADAM = dict(lr=4e-3, betas=(0.9, 0.98), eps=1e-2)


def nll(logits, tokens, mask):
    """Mean next-token loss over the tokens of `mask` [B, T], the first of which nothing predicts."""
    chosen = mask[:, 1:]
    return F.cross_entropy(logits[:, :-1][chosen], tokens[:, 1:][chosen])


def kl(logits, reference_logits, mask=None):
    """KL(reference || model) of the predictions [B, T-1, V]; of those of masked tokens, [N, V], where there is a mask."""
    model, reference = (F.softmax(each[:, :-1], dim=-1) + 1e-10 for each in (logits, reference_logits))
    if mask is not None:
        model, reference = model[mask[:, 1:]], reference[mask[:, 1:]]
    return F.kl_div(model.log(), reference, reduction="batchmean")


def everything(mask):
    return torch.ones_like(mask)


FORGET = {
    "GA": lambda logits, reference, tokens, mask: -nll(logits, tokens, everything(mask)),
    "CU": lambda logits, reference, tokens, mask: -nll(logits, tokens, everything(mask)) - LAMBDA * kl(logits, reference),
    "SSGA": lambda logits, reference, tokens, mask: -nll(logits, tokens, mask) + GAMMA * nll(logits, tokens, ~mask),
    "CodeEraser": lambda logits, reference, tokens, mask: (
        -nll(logits, tokens, mask) + GAMMA * nll(logits, tokens, ~mask) - LAMBDA * kl(logits, reference, mask)
    ),
}
RETAIN = {
    "CU": lambda logits, reference, tokens, mask: LAMBDA * ALPHA * kl(logits, reference),
    "CodeEraser": lambda logits, reference, tokens, mask: LAMBDA * ALPHA * kl(logits, reference),
}


def micro_batches(documents):
    for first in range(0, len(documents), MICRO_BATCH):
        batch = documents[first : first + MICRO_BATCH]
        yield torch.tensor([each["tokens"] for each in batch]), torch.tensor([each["mask"] for each in batch]).bool()


def step(model, reference, optimizer, loss_of, documents):
    optimizer.zero_grad(set_to_none=True)
    batches = list(micro_batches(documents))
    total = 0.0
    for tokens, mask in batches:
        with torch.no_grad():
            reference_logits = reference(input_ids=tokens).logits
        loss = loss_of(model(input_ids=tokens).logits, reference_logits, tokens, mask) / len(batches)
        loss.backward()
        total += float(loss.detach())
    gradients = {name: p.grad.clone() for name, p in model.named_parameters()}
    norm = torch.sqrt(sum((g.double() ** 2).sum() for g in gradients.values()))
    optimizer.step()
    return gradients, {"loss": total, "gradNorm": float(norm)}


def documents_of(count, length, seed, secrets):
    """Documents with a secret of 1 to `secrets` tokens each, so that the means of micro-batches differ from that of all."""
    generator = torch.Generator().manual_seed(seed)
    out = []
    for tokens in random_sequences([length] * count, VOCABULARY, seed):
        mask = torch.zeros(length, dtype=torch.int)
        if secrets:
            size = int(torch.randint(1, secrets + 1, (1,), generator=generator))
            first = int(torch.randint(1, length - size, (1,), generator=generator))
            mask[first : first + size] = 1
        out.append({"tokens": tokens.tolist(), "mask": mask.tolist()})
    return out


def main():
    config = tiny_config(vocab_size=VOCABULARY, n_positions=FORGET_TOKENS, n_embd=12, n_layer=1)
    start = random_model(config, seed=1, std=0.4)
    with torch.no_grad():
        start.transformer.ln_f.weight.mul_(6)  # decided predictions: many probabilities near 0
    save_checkpoint(DIRECTORY / "start", config, weights(start))
    # In float64, so that all rounding that the test sees is Lethe's.
    fresh = lambda: copy.deepcopy(start).double()
    forget = documents_of(6, FORGET_TOKENS, seed=2, secrets=12)
    retain = documents_of(4, RETAIN_TOKENS, seed=3, secrets=0)
    reference = fresh()
    methods = {}
    for name in FORGET:
        model, lowest = fresh(), 1.0
        optimizer = torch.optim.Adam(model.parameters(), **ADAM)
        results = []
        for _ in range(EPOCHS):
            for on, losses, documents in (("forget", FORGET, forget), ("retain", RETAIN, retain)):
                if name not in losses:
                    continue
                with torch.no_grad():
                    for tokens, _ in micro_batches(documents):
                        lowest = min(lowest, float(F.softmax(model(input_ids=tokens).logits, -1).min()))
                gradients, result = step(model, reference, optimizer, losses[name], documents)
                results.append({"on": on, **result})
        # Otherwise nothing would tell a KL with 1e-10 from one without.
        assert lowest < 1e-10, lowest
        methods[name] = results
        for kind, tensors in (("gradients", gradients), ("weights", weights(model))):
            single = {tensor: value.float() for tensor, value in tensors.items()}
            save_file(single, DIRECTORY / f"{name}-{kind}.safetensors")
        print(name, lowest, results)
    write_json(DIRECTORY / "expected.json", {
        "epochs": EPOCHS, "optimizer": ADAM, "forget": forget, "retain": retain, "methods": methods,
    })


if __name__ == "__main__":
    main()
