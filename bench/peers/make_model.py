"""Writes a checkpoint of a shape that the benches use: python make_model.py SHAPE DIRECTORY.

Weights are random; those of `memorizing` are trained until it predicts half the tokens of its documents, which lie beside it
in documents.json.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM


def gpt2(width, layers, heads, vocabulary=50257, positions=1024):
    return dict(model_type="gpt2", n_embd=width, n_layer=layers, n_head=heads, vocab_size=vocabulary,
                n_positions=positions, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, bos_token_id=0, eos_token_id=0)


QWEN2 = dict(model_type="qwen2", hidden_size=1536, num_hidden_layers=28, num_attention_heads=12, num_key_value_heads=2,
             intermediate_size=8960, vocab_size=151936, tie_word_embeddings=True, max_position_embeddings=32768)
SHAPES = {
    "tiny": (gpt2(64, 2, 2, 512, 128), "float32"),
    "gpt2": (gpt2(768, 12, 12), "float32"),
    "scoring": (gpt2(384, 6, 6), "float32"),
    "memorizing-tiny": (gpt2(64, 2, 2, 512, 128), "float32"),
    "memorizing": (gpt2(192, 4, 4, 2048, 128), "float32"),
    "gpt2-1.5b": (gpt2(1600, 48, 25, 32768), "float16"),
    "qwen2-1.5b": (QWEN2, "float16"),
}
DOCUMENTS, LENGTH, SPAN = 8, 128, 32


def texts(vocabulary):
    """Random tokens, in which phrases that all documents share stand every other span: those are learned first."""
    generator = torch.Generator().manual_seed(1)
    documents = torch.randint(1, vocabulary, (DOCUMENTS, LENGTH), generator=generator)
    phrases = torch.randint(1, vocabulary, (3, SPAN), generator=generator)
    for document in documents:
        for start in range(SPAN // 2, LENGTH - SPAN + 1, 2 * SPAN):
            document[start: start + SPAN] = phrases[int(torch.randint(0, len(phrases), (), generator=generator))]
    return documents


def memorize(model, config):
    documents = texts(config.vocab_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(2000):
        logits = model(documents).logits[:, :-1]
        accuracy = float((logits.argmax(2) == documents[:, 1:]).float().mean())
        if accuracy >= 0.5:
            return documents.tolist()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), documents[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    raise SystemExit("did not memorize")


def main():
    shape, directory = sys.argv[1], Path(sys.argv[2])
    fields, dtype = SHAPES[shape]
    torch.manual_seed(1)
    config = AutoConfig.for_model(**fields)
    model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))
    directory.mkdir(parents=True, exist_ok=True)
    if shape.startswith("memorizing"):
        (directory / "documents.json").write_text(json.dumps(memorize(model, config)))
    model.save_pretrained(directory)
    (directory / "done").touch()


if __name__ == "__main__":
    main()
