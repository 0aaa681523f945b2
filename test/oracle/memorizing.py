"""MA and EL_n by the published definition, taken literally, on a tiny GPT-2 that has half memorized six sequences.

Every prefix is decoded from scratch, one full pass a token, without a cache and without any shortcut.
Writes test/fixtures/oracle/memorizing/{config.json, model.safetensors, expected.json}.
Reference: REFERENCE.md section 7.
"""

import torch

from common import (
    FIXTURES, greedy, logits_of, margin, random_model, random_sequences, save_checkpoint, tiny_config, weights, write_json,
)

LENGTHS = [60, 48, 52, 40, 11, 4]
SPANS = [[(5, 17), (20, 58)], [(1, 9), (30, 48)], [(10, 12), (12, 15), (40, 52)], [(2, 40)], [(4, 11)], [(1, 3)]]
N_GRAMS = [3, 5, 10]
SECRET_LIMIT = 32  # tokens of a secret that count
PREFIX_LIMIT = 128  # tokens before it that are given
MARGIN = 2e-4


class Decider:
    """Greedy decoding that remembers how near to a tie it came."""

    def __init__(self, model):
        self.model = model
        self.smallest = float("inf")

    def decode(self, prompt, count):
        tokens, smallest = greedy(self.model, prompt, count)
        self.smallest = min(self.smallest, smallest)
        return tokens.tolist()

    def predictions(self, tokens):
        logits = logits_of(self.model, tokens)[:-1]
        self.smallest = min(self.smallest, margin(logits))
        return logits.argmax(1).tolist()


def n_grams(tokens, n):
    return [tuple(tokens[i: i + n]) for i in range(len(tokens) - n + 1)]


def overlap(made, true, n):
    wanted = set(n_grams(true, n))
    own = n_grams(made, n)
    return sum(gram in wanted for gram in own) / len(own)


def accuracy(decider, tokens, first, last):
    """Share of the tokens [first, last) that greedy decoding gets right, each fed the true prefix."""
    predictions = decider.predictions(tokens)
    right = [predictions[t - 1] == int(tokens[t]) for t in range(first, last)]
    return sum(right) / len(right)


def likelihood(decider, tokens, n):
    """EL_n of a whole sequence; None where it is too short to have an n-gram to extract."""
    length = len(tokens)
    shares = []
    for i in range(1, length - n + 1):
        made = decider.decode(tokens[:i], length - i)
        shares.append(overlap(made, tokens[i:].tolist(), n))
    return sum(shares) / len(shares) if shares else None


def secret_likelihood(decider, tokens, first, last, n):
    start = max(0, first - PREFIX_LIMIT)
    length = last - first
    if length < n:
        return float(decider.decode(tokens[start:first], length) == tokens[first:last].tolist())
    shares = []
    for i in range(length - n + 1):
        made = decider.decode(tokens[start: first + i], length - i)
        shares.append(overlap(made, tokens[first + i: last].tolist(), n))
    return sum(shares) / len(shares)


def train(seed):
    """Trains until a mean of 0.86 of the tokens is predicted right."""
    config = tiny_config(n_positions=64, n_embd=24)
    model = random_model(config, seed, std=0.1)
    sequences = random_sequences(LENGTHS, config.vocab_size, seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(1000):
        optimizer.zero_grad()
        losses, shares = [], []
        for tokens in sequences:
            logits = model(input_ids=tokens.unsqueeze(0)).logits[0, :-1]
            losses.append(torch.nn.functional.cross_entropy(logits, tokens[1:], reduction="sum"))
            shares.append((logits.argmax(1) == tokens[1:]).float().mean())
        if torch.stack(shares[:4]).mean() >= 0.86:
            return config, model, sequences
        (torch.stack(losses).sum() / sum(LENGTHS)).backward()
        optimizer.step()
    raise SystemExit("did not memorize")


def main():
    for seed in range(1, 50):
        config, model, sequences = train(seed)
        decider = Decider(model)
        expected = []
        for tokens, spans in zip(sequences, SPANS):
            secrets = []
            for first, end in spans:
                last = min(end, first + SECRET_LIMIT)
                secrets.append({
                    "first": first,
                    "end": end,
                    "ma": accuracy(decider, tokens, first, last),
                    "el": {n: secret_likelihood(decider, tokens, first, last, n) for n in N_GRAMS},
                })
            expected.append({
                "tokens": tokens.tolist(),
                "ma": accuracy(decider, tokens, 1, len(tokens)),
                "el": {n: likelihood(decider, tokens, n) for n in N_GRAMS},
                "secrets": secrets,
            })
        print("seed", seed, "margin", decider.smallest)
        for e in expected:
            print(e["ma"], e["el"], [(s["ma"], s["el"]) for s in e["secrets"]])
        if decider.smallest >= MARGIN:
            break
    else:
        raise SystemExit("every model came too near to a tie")
    directory = FIXTURES / "memorizing"
    save_checkpoint(directory, config, weights(model))
    write_json(directory / "expected.json", {"seed": seed, "sequences": expected})


if __name__ == "__main__":
    main()
