"""Tiny random models of every family (families_cases.py) and what transformers makes of them.

Writes test/fixtures/families/<variant>/: config.json, config.<spelling>.json, the weights, and expected.json. Expected
values are computed in float32 from the weights as stored.
"""

import copy
import json
import shutil
import sys

import torch
import transformers
from transformers import AutoModel, AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from common import FIXTURES, floats, logits_of, margin, random_sequences, write_json
from families_cases import DECODERS, ENCODERS
from gpt2 import gap, left_padded, scores
from memorizing import overlap
from store import store

FAMILIES = FIXTURES.parent / "families"
MARGIN = 1e-3  # Ten times the difference that two right float32 implementations may have.
NEAR = 1e-4  # The same for hits, ranks and the many decodes of EL_n.
NEW_TOKENS = 64
PROMPT_LENGTHS = [1, 3, 9, 17, 30]
ENCODER_LENGTHS = [1, 4, 13, 29, 90]
N_GRAMS = [3, 5, 10]


def interpret(raw):
    """The config that transformers reads from a config.json of this text."""
    config = CONFIG_MAPPING[raw["model_type"]].from_dict(dict(raw))
    # The variants of attention differ in floating point; "eager" is the one that spells out the definition.
    config._attn_implementation = "eager"
    return config


def randomize(model, seed, std, dtype):
    """Every parameter random, biases and norms too, and representable in the dtype in which it is stored."""
    torch.manual_seed(seed)
    unit_offset = model.config.model_type == "gemma"
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            norm = any(part in name for part in ("norm", ".ln_", "LayerNorm", "layer_norm"))
            centre = 1.0 if norm and name.endswith("weight") and not unit_offset else 0.0
            spread = std / 2 if name.endswith("bias") or norm else std
            value = centre + spread * torch.randn(parameter.shape)
            parameter.copy_(value.to(getattr(torch, dtype)).float())
    return model.eval()


@torch.no_grad()
def greedy(model, prompt, count, least):
    """Greedy decoding by its definition: one full pass a token. None if two logits came nearer than `least`."""
    tokens = prompt.clone()
    for _ in range(count):
        last = logits_of(model, tokens)[-1]
        if margin(last) < least:
            return None
        tokens = torch.cat([tokens, last.argmax().unsqueeze(0)])
    return tokens[len(prompt):]


@torch.no_grad()
def moments(model, tokens):
    """Mean and variance of log p under p at each position that predicts a token (Min-K%++)."""
    logp = torch.log_softmax(logits_of(model, tokens)[:-1].double(), 1)
    p = logp.exp()
    mean = (p * logp).sum(1)
    return {"means": floats(mean), "variances": floats((p * (logp - mean.unsqueeze(1)) ** 2).sum(1))}


@torch.no_grad()
def half_errors(model, sequences):
    """Root mean square by which log-probabilities move when transformers computes in half precision, by dtype."""
    out = {}
    for dtype in ("bfloat16", "float16"):
        half = copy.deepcopy(model).to(getattr(torch, dtype))
        moved = []
        for tokens in sequences:
            wide, narrow = (torch.log_softmax(logits_of(m, tokens)[:-1].float(), 1) for m in (model, half))
            moved.append((narrow - wide).gather(1, tokens[1:].unsqueeze(1)))
        out[dtype] = float(torch.cat(moved).pow(2).mean().sqrt())
    return out


@torch.no_grad()
def hidden_states(model, tokens):
    """[T * C] after each layer; index 0 is the embedding, the last has passed the final norm."""
    return [floats(state[0]) for state in model(input_ids=tokens.unsqueeze(0), output_hidden_states=True).hidden_states]


def memorization(model, vocabulary, seed):
    """MA and EL_n by their definitions of a sequence that the model predicts in part: its own text, broken by others."""
    for attempt in range(60):
        tokens = random_sequences([4], vocabulary, seed=10_000 * seed + attempt)[0]
        for stray, own in zip(random_sequences([1, 2, 1, 3], vocabulary, seed=20_000 * seed + attempt), [16, 4, 13, 3]):
            tokens = torch.cat([tokens, stray])
            made = greedy(model, tokens, own, NEAR)
            if made is None:
                break
            tokens = torch.cat([tokens, made])
        else:
            length = len(tokens)
            decoded = []
            for i in range(1, length):
                decoded.append(greedy(model, tokens[:i], length - i, NEAR))
                if decoded[-1] is None:
                    break
            else:
                right = [int(made[0]) == int(tokens[i]) for i, made in enumerate(decoded, 1)]
                el = {}
                for n in N_GRAMS:
                    shares = [overlap(decoded[i - 1].tolist(), tokens[i:].tolist(), n) for i in range(1, length - n + 1)]
                    el[n] = sum(shares) / len(shares)
                return {"tokens": tokens.tolist(), "ma": sum(right) / len(right), "el": el}
    return None


def decided(model, config, seed):
    """Prompts, continuations and sequences on which no comparison hangs on rounding, or None."""
    prompts = random_sequences(PROMPT_LENGTHS, config.vocab_size, seed=1000 + seed)
    runs = []
    for prompt in prompts:
        made = greedy(model, prompt, NEW_TOKENS, MARGIN)
        if made is None:
            return None
        runs.append(made)
    if sum(len(set(made.tolist())) >= 8 for made in runs) < 4:
        return None
    # Half of what is scored is the model's own continuation, so that hits and low ranks occur.
    sequences = [torch.cat([p, made[: len(p) + 1]]) for p, made in zip(prompts, runs)]
    sequences.append(random_sequences([1], config.vocab_size, seed=2000 + seed)[0])
    sequences.append(random_sequences([96], config.vocab_size, seed=3000 + seed)[0])
    if min(gap(model, tokens) for tokens in sequences if len(tokens) > 1) < NEAR / 10:
        return None
    measured = memorization(model, config.vocab_size, seed)
    return None if measured is None else (prompts, runs, sequences, measured)


def build_decoder(name, given):
    config = interpret(given["config"])
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager")
    for seed in range(400):
        randomize(model, seed, given["std"], given["dtype"])
        found = decided(model, config, seed)
        if found is not None:
            break
    else:
        raise SystemExit(f"no seed gives decided predictions for {name}")
    prompts, runs, sequences, measured = found
    continuations = [made.tolist() for made in runs]
    assert left_padded(model, prompts, NEW_TOKENS) == continuations, "transformers disagrees with itself"
    directory = write(name, given, model, config, AutoModelForCausalLM)
    positions = [(1, 0), (3, 20), (6, 5), (6, 94)]
    write_json(directory / "expected.json", {
        "seed": seed,
        "parameterCount": sum(p.numel() for p in model.parameters()),
        "scores": [{**scores(model, t), **(moments(model, t) if len(t) > 1 else {"means": [], "variances": []})}
                   for t in sequences],
        "logits": [{"sequence": s, "position": t, "values": floats(logits_of(model, sequences[s])[t])} for s, t in positions],
        "greedy": [{"prompt": p.tolist(), "tokens": c} for p, c in zip(prompts, continuations)],
        "memorization": measured,
        "halfErrors": half_errors(model, [t for t in sequences if len(t) > 1]),
        "hidden": [{"tokens": sequences[1].tolist(), "layers": hidden_states(model, sequences[1])}],
    })
    print(name, "seed", seed, "distinct", [len(set(c)) for c in continuations], measured["ma"], measured["el"], flush=True)


@torch.no_grad()
def build_encoder(name, given):
    config = interpret(given["config"])
    model = AutoModel.from_config(config, dtype=torch.float32, attn_implementation="eager")
    saved = model
    if given["head"] is not None:
        saved = getattr(transformers, given["head"])(config)
        model = saved.base_model
    randomize(saved, 1, given["std"], given["dtype"])
    first = config.pad_token_id + 1  # A padding id in the text would move RoBERTa's positions.
    sequences = [t.clamp(min=first) for t in random_sequences(ENCODER_LENGTHS, config.vocab_size, seed=7)]
    # A ragged batch with its mask, as BERTScore computes it; each row must equal the row alone.
    width = max(len(t) for t in sequences)
    ids = torch.full((len(sequences), width), config.pad_token_id)
    for row, tokens in zip(ids, sequences):
        row[: len(tokens)] = tokens
    mask = torch.stack([(torch.arange(width) < len(t)).long() for t in sequences])
    states = model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
    hidden = []
    for i, tokens in enumerate(sequences):
        alone = model(input_ids=tokens.unsqueeze(0), output_hidden_states=True).hidden_states
        assert all(float((a[0] - b[i, : len(tokens)]).abs().max()) < 1e-4 for a, b in zip(alone, states))
        # The whole longest sequence would fill the file; its last token depends on all others.
        rows = slice(0, None) if len(tokens) < 40 else slice(len(tokens) - 2, None)
        layers = [floats(state[i, : len(tokens)][rows]) for state in states]
        hidden.append({"tokens": tokens.tolist(), "from": rows.start, "layers": layers})
    directory = write(name, given, saved, config, AutoModel)
    encoder_parameters = sum(p.numel() for n, p in model.named_parameters() if not n.startswith("pooler."))
    write_json(directory / "expected.json", {"parameterCount": encoder_parameters, "hidden": hidden})
    print(name, flush=True)


def write(name, given, model, config, auto):
    """The checkpoint in every spelling, each proven to be the same model to transformers."""
    directory = FAMILIES / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    store(directory, model, given)
    spellings = {name: {**given["config"], **changes} for name, changes in given["spellings"].items()}
    spellings["transformers-5"] = modern(config, given)
    for spelling, raw in [*spellings.items(), (None, given["config"])]:
        # Last comes the one that stays config.json.
        write_json(directory / "config.json", raw, indent=2)
        if spelling is not None:
            write_json(directory / f"config.{spelling}.json", raw, indent=2)
        loaded = auto.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager")
        ids = random_sequences([60], config.vocab_size - 2, seed=5)[0].unsqueeze(0) + 1
        with torch.no_grad():
            a, b = (m(input_ids=ids)[0] for m in (loaded, model if auto is AutoModelForCausalLM else model.base_model))
        assert torch.equal(a, b), f"transformers reads {name} otherwise when spelled as {spelling}"
    return directory


def modern(config, given):
    """config.json as transformers 5 saves it, without the version that did."""
    raw = json.loads(config.to_json_string(use_diff=True))
    raw.pop("transformers_version", None)
    raw.pop("_attn_implementation", None)
    raw.pop("torch_dtype", None)
    return {**raw, "dtype": given["dtype"]}


if __name__ == "__main__":
    chosen = sys.argv[1:] or [*DECODERS, *ENCODERS]
    for variant in chosen:
        if variant in DECODERS:
            build_decoder(variant, DECODERS[variant])
        else:
            build_encoder(variant, ENCODERS[variant])
