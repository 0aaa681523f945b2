"""What AutoTokenizer makes of tokenizer.json with small files beside it, and of vocab.json with merges.txt.

Writes test/fixtures/tokenizer/settings.json: a small tokenizer, and for each case the files beside it and the ids and
offsets of some texts, and the ids of bos, eos and pad.
"""

import json
import tempfile
from pathlib import Path

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "tokenizer" / "settings.json"
CORPUS = ["def f(x):\n    return x + 1\n" * 3, "hello world the quick brown fox 123 4567 née 😀", "import os\n  # c"] * 20
TEXTS = ["x = 1234 <|fim|> y", "hello <pad> word", " a\n<|fim|>  <pad>b", "", "<|endoftext|>née 😀", "def hello"]
FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
FLAGS = dict(lstrip=False, rstrip=False, normalized=False, single_word=False, special=False)
OBJECT = {"content": "<pad>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}


def llama(settings=None, **files):
    return {"config": {"model_type": "llama"}, **({} if settings is None else {"tokenizer_config": settings}), **files}


def family(kind, settings=None, **files):
    return {**llama(settings, **files), "config": {"model_type": kind}}


CASES = {
    "nothing beside it": llama(),
    "tokens listed, by their ids there": llama({**FAST, "added_tokens_decoder": {
        "305": {**FLAGS, "content": "<|fim|>"}, "303": {**FLAGS, "content": "<pad>", "special": True}}}),
    "a token listed that takes spaces": llama({**FAST, "added_tokens_decoder": {"300": {**FLAGS, "content": "hello", "rstrip": True}}}),
    "special tokens in a list": llama({**FAST, "additional_special_tokens": ["<|fim|>", "<pad>"], "pad_token": "<pad>"}),
    "extra tokens and a role of its own": llama({**FAST, "extra_special_tokens": ["<|fim|>"], "image_token": "<pad>"}),
    "extra tokens by role": llama({**FAST, "extra_special_tokens": {"fim_token": "<|fim|>"}, "unk_token": {"__type": "AddedToken", **OBJECT}}),
    "a map that is not looked at": llama({**FAST, "added_tokens_decoder": {}}, special_tokens_map={"pad_token": "<pad>"}),
    "a map": llama(FAST, special_tokens_map={"pad_token": OBJECT, "additional_special_tokens": ["<|fim|>"]}),
    "a map before the settings": llama({**FAST, "pad_token": "x", "eos_token": "y"}, special_tokens_map={"pad_token": "<pad>"}),
    "a map and tokens alone": llama(None, special_tokens_map={"pad_token": "<pad>"}, added_tokens={"<|fim|>": 310}),
    "tokens in the order of their ids": llama({**FAST, "pad_token": "<pad>"}, added_tokens={"<|fim|>": 310, "hello": 305, "<pad>": 301}),
    "a padding token of the vocabulary": llama({**FAST, "pad_token": "a"}),
    "a prefix that this class ignores": llama({**FAST, "add_prefix_space": True}),
    "a prefix of no class": llama({"add_prefix_space": True}),
    "a prefix of GPT-2": llama({"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True}),
    "a prefix of GPT-2, fast": family("gpt2", {"tokenizer_class": "GPT2TokenizerFast", "add_prefix_space": True}),
    "a prefix of CodeGen": family("codegen", {"tokenizer_class": "CodeGenTokenizer", "add_prefix_space": True}),
    "no prefix of GPT-2 where the file has one": {**family("gpt2", {"tokenizer_class": "GPT2Tokenizer"}), "prefix": True},
    "the file's prefix": {**llama(FAST), "prefix": True},
    "vocab.json of GPT-2": {**family("gpt2", {"tokenizer_class": "GPT2Tokenizer"}), "vocabulary": True},
    "vocab.json of a family": {**family("gpt2"), "vocabulary": True},
    "vocab.json with a prefix": {**family("gpt2", {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True, "pad_token": "<pad>"}), "vocabulary": True},
    "vocab.json of CodeGen": {**family("codegen", {"tokenizer_class": "CodeGenTokenizer"}, added_tokens={"<|fim|>": 300}), "vocabulary": True},
    "vocab.json of Qwen2": {**family("qwen2", {"tokenizer_class": "Qwen2Tokenizer"}), "vocabulary": True},
}


def small():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return json.loads(tokenizer.to_str())


def utf16(text, offsets):
    places = [0]
    for letter in text:
        places.append(places[-1] + (2 if ord(letter) > 0xFFFF else 1))
    return [places[each] for pair in offsets for each in pair]


def expected(tokenizer, case, directory):
    if case.get("vocabulary"):
        (directory / "vocab.json").write_text(json.dumps(tokenizer["model"]["vocab"]))
        merges = [" ".join(merge) for merge in tokenizer["model"]["merges"]]
        (directory / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    else:
        changed = json.loads(json.dumps(tokenizer))
        changed["pre_tokenizer"]["add_prefix_space"] = bool(case.get("prefix"))
        (directory / "tokenizer.json").write_text(json.dumps(changed))
    for name in ("config", "tokenizer_config", "special_tokens_map", "added_tokens"):
        if name in case:
            (directory / f"{name}.json").write_text(json.dumps(case[name]))
    loaded = AutoTokenizer.from_pretrained(directory)
    texts = []
    for text in TEXTS:
        found = loaded(text, return_offsets_mapping=True, add_special_tokens=False)
        texts.append({"text": text, "ids": found["input_ids"], "offsets": utf16(text, found["offset_mapping"])})
    return {"special": [loaded.bos_token_id, loaded.eos_token_id, loaded.pad_token_id], "texts": texts}


def main():
    transformers.logging.set_verbosity_error()
    tokenizer = small()
    cases = []
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as directory:
            cases.append({"name": name, **case, **expected(tokenizer, case, Path(directory))})
    data = {"tokenizer": tokenizer, "cases": cases}
    OUT.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(OUT, OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
