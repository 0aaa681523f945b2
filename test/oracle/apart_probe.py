"""The published probe of secrets, by transformers: value and prefix tokenized apart, one greedy token at each position.

As tokenize_secrets_and_prefixes.py and probe.py: the value alone, first 32 tokens, padded on the right; the text before it
alone, last 128 tokens, padded on the left; both put together; `generate` writes one token after every true beginning, and
MA is the share of the value's tokens among them. The model is made here: trained on the documents until it knows them in part.
Writes test/fixtures/memorization/apart/{config.json, model.safetensors, tokenizer.json, tokenizer_config.json, records.json}.
"""

import random
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from common import random_model, save_checkpoint, tiny_config, weights, write_json

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "memorization" / "apart"
SECRET_TOKENS, PREFIX_TOKENS, CONTEXT = 32, 128, 320
LINES = ["import os", "def main(argv):", "    for name in argv:", "        print(name)", "x = 1  # \U0001f600 caf\u00e9", "return os.environ"]
FORMS = [
    ("KEY", "token = '{}'\n"), ("EMAIL", "# by {}, all rights\n"), ("IP_ADDRESS", "host={}:8080\n"), ("KEY", "url = \"x:{}@h\"\n"),
    ("LICENCE", "/* {} */\n"), ("KEY", "key\t{}\n"),
]
LICENCE = "Permission is granted to use, copy and modify this software, as long as nobody asks what it is for, or why it was made at all"


def made_up(draw, tag):
    letters = lambda n, of="abcdefghkmnpqrstuvwxyzABCDEF0123456789": "".join(draw.choice(of) for _ in range(n))
    if tag == "EMAIL":
        return f"{letters(5)}@{letters(6)}.invalid"
    if tag == "IP_ADDRESS":
        return ".".join(str(draw.randrange(1, 250)) for _ in range(4))
    return LICENCE[: draw.randrange(30, len(LICENCE))] if tag == "LICENCE" else letters(draw.choice([8, 20, 44]))


def make_records():
    draw = random.Random(9)
    records = []
    for number in range(12):
        text, secrets = "", []
        for place in range(2):
            text += "".join(draw.choice(LINES) + "\n" for _ in range(draw.choice([1, 3, 12])))
            tag, form = FORMS[(2 * number + place) % len(FORMS)]
            before, after = form.split("{}")
            value = made_up(draw, tag)
            text += before
            # UTF-16 code units, as in JavaScript.
            start = len(text.encode("utf-16-le")) // 2
            text += value + after
            secrets.append({"tag": tag, "type": "made up", "value": value, "start": start, "end": start + len(value), "characters": len(text) - len(value + after)})
        records.append({"id": f"r{number}", "text": text, "secrets": secrets})
    return records


def make_tokenizer(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=["<|endoftext|>", "[PAD]"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>", pad_token="[PAD]")


def train(tokenizer, texts):
    model = random_model(tiny_config(vocab_size=len(tokenizer), n_positions=CONTEXT, n_embd=32, n_head=4), 5, std=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    sequences = [torch.tensor(tokenizer(text)["input_ids"][:CONTEXT]) for text in texts]
    for step in range(400):
        optimizer.zero_grad()
        loss = sum(model(input_ids=s[None], labels=s[None]).loss for s in sequences) / len(sequences)
        if loss < 0.45:
            break
        loss.backward()
        optimizer.step()
    print("steps", step, "loss", float(loss))
    return model.eval()


@torch.no_grad()
def probe(model, tokenizer, text, secret):
    tokenizer.padding_side, tokenizer.truncation_side = "right", "right"
    value = tokenizer(secret["value"], max_length=SECRET_TOKENS, padding="max_length", truncation=True, return_tensors="pt")
    tokenizer.padding_side, tokenizer.truncation_side = "left", "left"
    prefix = tokenizer(text[: secret["characters"]], max_length=PREFIX_TOKENS, padding="max_length", truncation=True, return_tensors="pt")
    ids = torch.cat([prefix["input_ids"], value["input_ids"]], 1)
    mask = torch.cat([prefix["attention_mask"], value["attention_mask"]], 1)
    right = []
    for at in range(PREFIX_TOKENS, PREFIX_TOKENS + int(value["attention_mask"].sum())):
        made = model.generate(
            ids[:, :at], attention_mask=mask[:, :at], max_new_tokens=1, do_sample=False, pad_token_id=tokenizer.pad_token_id, eos_token_id=None,
        )
        right.append(int(made[0, -1]) == int(ids[0, at]))
    return sum(right) / len(right), len(right)


def main():
    records = make_records()
    texts = [record["text"] for record in records]
    tokenizer = make_tokenizer(texts)
    model = train(tokenizer, texts)
    for record in records:
        for secret in record["secrets"]:
            secret["ma"], secret["tokens"] = probe(model, tokenizer, record["text"], secret)
            del secret["characters"]
    OUT.mkdir(parents=True, exist_ok=True)
    save_checkpoint(OUT, model.config, weights(model))
    tokenizer.backend_tokenizer.save(str(OUT / "tokenizer.json"))
    write_json(OUT / "tokenizer_config.json", {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "pad_token": "[PAD]"})
    write_json(OUT / "records.json", records)
    print([(round(s["ma"], 3), s["tokens"]) for r in records for s in r["secrets"]])


if __name__ == "__main__":
    main()
