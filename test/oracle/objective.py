"""CodeEraser's objective by torch autograd and the steps of torch's optimizers.

Writes test/fixtures/oracle/objective/: start/ and reference/ (models), gradients and weights after steps as safetensors
under the names of the model's own tensors, and expected.json, which holds the requests.
Reference: REFERENCE.md section 8, means over real tokens (not over padding).
"""

import torch
from safetensors.torch import save_file

from common import FIXTURES, logits_of, random_model, random_sequences, save_checkpoint, tiny_config, weights, write_json

DIRECTORY = FIXTURES / "objective"
GAMMA, LAMBDA, ALPHA = 0.1, 0.1, 1.0
SECRET, REST, ALL = 0, 1, 2  # bits of a token's sets

FORGET = [
    {"loss": "nll", "set": SECRET, "weight": -1.0},
    {"loss": "nll", "set": REST, "weight": GAMMA},
    {"loss": "kl", "set": SECRET, "weight": -LAMBDA},
]
RETAIN = [{"loss": "kl", "set": ALL, "weight": LAMBDA * ALPHA}]
FINE_TUNE = [{"loss": "nll", "set": ALL, "weight": 1.0}]


def labelled(lengths, seed):
    """Ragged sequences; a run in the middle of each is secret, so is the first token of the second: it never counts."""
    generator = torch.Generator().manual_seed(seed)
    out = []
    for number, tokens in enumerate(random_sequences(lengths, 61, seed)):
        length = len(tokens)
        first = int(torch.randint(1, max(2, length // 2), (1,), generator=generator))
        last = min(length, first + 1 + length // 3)
        secret = torch.zeros(length, dtype=torch.bool)
        secret[first:last] = True
        if number == 1:
            secret[0] = True
        sets = secret.int() * (1 << SECRET) + (~secret).int() * (1 << REST) + (1 << ALL)
        out.append({"tokens": tokens.tolist(), "sets": sets.tolist()})
    return out


def term_sums(model, reference, term, sequences):
    """Sum of the term's loss over the tokens of its set, and how many there are."""
    total, count = torch.zeros(()), 0
    for sequence in sequences:
        tokens = torch.tensor(sequence["tokens"])
        member = (torch.tensor(sequence["sets"])[1:] >> term["set"]) & 1
        logprobs = torch.log_softmax(model(input_ids=tokens.unsqueeze(0)).logits[0, :-1], 1)
        if term["loss"] == "nll":
            losses = -logprobs.gather(1, tokens[1:].unsqueeze(1)).squeeze(1)
        else:
            target = torch.log_softmax(logits_of(reference, tokens)[:-1], 1)
            losses = (target.exp() * (target - logprobs)).sum(1)
        total = total + (losses * member).sum()
        count += int(member.sum())
    return total, count


def objective(model, reference, terms, micro_batches):
    sequences = [sequence for batch in micro_batches for sequence in batch]
    loss, means = torch.zeros(()), []
    for term in terms:
        total, count = term_sums(model, reference, term, sequences)
        mean = total / count
        means.append(float(mean.detach()))
        loss = loss + term["weight"] * mean
    return loss, means


def optimizer_of(model, settings):
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings["kind"]]
    return kind(model.parameters(), lr=settings["learningRate"], betas=(settings["beta1"], settings["beta2"]),
                eps=settings["epsilon"], weight_decay=settings["weightDecay"])


def step(model, reference, optimizer, settings, request):
    optimizer.zero_grad(set_to_none=True)
    loss, means = objective(model, reference, request["terms"], request["microBatches"])
    loss.backward()
    gradients = {name: p.grad.clone() for name, p in model.named_parameters()}
    norm = torch.sqrt(sum((g.double() ** 2).sum() for g in gradients.values()))
    if settings["maxGradNorm"] > 0:
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings["maxGradNorm"])
    optimizer.step()
    return gradients, {"loss": float(loss.detach()), "terms": means, "gradNorm": float(norm)}


def settings(kind, **changes):
    # An epsilon far above the rounding of a gradient: where the true gradient is 0 (the bias of the keys), Adam with
    # 1e-8 takes a full step in the direction of the rounding error, and no two implementations agree.
    out = dict(kind=kind, learningRate=1e-2, beta1=0.9, beta2=0.98, epsilon=1e-3, weightDecay=0.0, maxGradNorm=0.0)
    out.update(changes)
    return out


def fresh(config, seed):
    return random_model(config, seed, std=0.25)


def main():
    config = tiny_config(n_positions=32, n_embd=12)
    model, reference = fresh(config, 1), fresh(config, 1)
    with torch.no_grad():
        torch.manual_seed(2)
        for parameter in reference.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    save_checkpoint(DIRECTORY / "start", config, weights(model))
    save_checkpoint(DIRECTORY / "reference", config, weights(reference))

    forget = labelled([21, 8, 13, 32, 5], seed=3)
    retain = labelled([17, 30, 2, 9], seed=4)
    other = labelled([11, 26, 3], seed=5)
    # One large batch and its ragged halves are one objective: means are taken over all micro-batches together.
    cases = [
        ("adamw", settings("adamw", weightDecay=0.1), [{"terms": FORGET, "microBatches": [forget]}]),
        ("adam", settings("adam", weightDecay=0.1, maxGradNorm=0.02), [{"terms": RETAIN, "microBatches": [retain]}]),
        ("accumulated", settings("adamw", weightDecay=0.05, maxGradNorm=1.0), [
            {"terms": FORGET, "microBatches": [forget[:2], forget[2:]]},
            {"terms": RETAIN, "microBatches": [retain[:1], retain[1:]]},
            {"terms": FINE_TUNE, "microBatches": [other, forget[1:3]]},
        ]),
        # The defaults of torch; compared only where the gradient is far from 0.
        ("default-epsilon", settings("adamw", learningRate=1e-3, beta2=0.999, epsilon=1e-8, weightDecay=0.01), [
            {"terms": FINE_TUNE, "microBatches": [other]},
        ]),
    ]
    expected = []
    for name, chosen, requests in cases:
        model = fresh(config, 1)
        optimizer = optimizer_of(model, chosen)
        results = []
        for number, request in enumerate(requests):
            gradients, result = step(model, reference, optimizer, chosen, request)
            results.append(result)
            if number == 0 and name != "accumulated":
                save_file(gradients, DIRECTORY / f"{name}-gradients.safetensors")
        save_file(weights(model), DIRECTORY / f"{name}-weights.safetensors")
        expected.append({"name": name, "optimizer": chosen, "requests": requests, "results": results})
        print(name, results)
    write_json(DIRECTORY / "expected.json", expected)


if __name__ == "__main__":
    main()
