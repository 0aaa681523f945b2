"""Checkpoints as torch and safetensors write them, with their bytes, and hostile ones that must be refused.

    python test/oracle/make_checkpoints.py      # writes test/fixtures/checkpoints, 100 kB
"""

import base64
import io
import json
import os
import pickle
import shutil
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent.parent / "fixtures" / "checkpoints"
DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}


def content(tensors):
    return [
        {
            "name": name,
            "dtype": DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data": base64.b64encode(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()).decode(),
        }
        for name, tensor in tensors.items()
    ]


def good():
    torch.manual_seed(0)
    expected = {}

    def begin(name, tensors):
        expected[name] = content(tensors)
        (ROOT / "good" / name).mkdir(parents=True)
        return ROOT / "good" / name

    class Small(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.wte = torch.nn.Embedding(5, 4)
            self.norm = torch.nn.LayerNorm(4)
            self.head = torch.nn.Linear(4, 5, bias=False)
            self.head.weight = self.wte.weight
            self.register_buffer("positions", torch.arange(6))
            self.register_buffer("mask", torch.ones(2, 3, dtype=torch.bool).tril())

    # A module's state dict carries _metadata, and here two names of one storage.
    state = Small().state_dict()
    assert hasattr(state, "_metadata")
    torch.save(state, begin("torch-module", state) / "pytorch_model.bin")

    parameters = OrderedDict((name, parameter) for name, parameter in Small().named_parameters())
    torch.save(parameters, begin("torch-parameters", parameters) / "pytorch_model.bin")

    types = {DTYPES[dtype]: torch.arange(-2, 4).reshape(2, 3).abs().to(dtype) for dtype in DTYPES}
    types |= {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4), "ünï.ɔ": torch.ones(1)}
    torch.save(types, begin("torch-types", types) / "pytorch_model.bin")

    whole = torch.randn(6, 4)
    views = {"whole": whole, "rows": whole[2:4], "flat": whole.view(-1)[5:9], "column": whole[:1, 1:2]}
    torch.save(views, begin("torch-views", views) / "pytorch_model.bin")

    tensors = {f"layer.{i}.weight": torch.randn(4, 3).to(dtype) for i, dtype in enumerate([torch.float32, torch.float16, torch.bfloat16] * 2)}
    save_file(tensors, begin("safetensors", tensors) / "model.safetensors", {"format": "pt"})
    torch.save(tensors, begin("torch", tensors) / "pytorch_model.bin")

    for kind, pattern in (("safetensors-shards", "model{suffix}.safetensors"), ("torch-shards", "pytorch_model{suffix}.bin")):
        directory = begin(kind, tensors)
        split = split_torch_state_dict_into_shards(tensors, filename_pattern=pattern, max_shard_size=80)
        for file, names in split.filename_to_tensors.items():
            part = {name: tensors[name] for name in names}
            save_file(part, directory / file, {"format": "pt"}) if kind.startswith("s") else torch.save(part, directory / file)
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        text = json.dumps(index, indent=2, sort_keys=True) + "\n"
        (directory / (pattern.format(suffix="") + ".index.json")).write_text(text)

    (ROOT / "good" / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


def shard_plans():
    """What huggingface_hub makes of sizes around the limit."""
    plans = []
    for limit, sizes in [
        (100, [40, 40, 40, 40]), (100, [100, 1, 99]), (100, [30, 200, 30, 30]), (100, [200, 300]), (100, [10, 20]),
        (100, [60, 150, 60, 20, 20, 1]), (1, [0, 1, 0, 2]),
    ]:
        tensors = {f"t{i}": torch.zeros(size, dtype=torch.uint8) for i, size in enumerate(sizes)}
        split = split_torch_state_dict_into_shards(tensors, max_shard_size=limit)
        files = [{"file": file, "names": names} for file, names in split.filename_to_tensors.items()]
        plans.append({"maxShardBytes": limit, "sizes": sizes, "shards": files})
    (ROOT / "shard-plans.json").write_text(json.dumps(plans) + "\n")


def archive(path, records, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as target:
        for name, data in records:
            target.writestr(zipfile.ZipInfo(name), data, method)


class Calls:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def tensor_pickle(name="a", key="0", length=4, shape=b"K\x04", strides=b"K\x01", offset=b"K\x00", storage="FloatStorage", metadata=b"", more=b""):
    """{"a": one tensor}, by hand; `more` are further items."""
    size = b"\x8a\x08" + struct.pack("<q", length)
    return (
        b"\x80\x02}(" + text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n("
        + b"(" + text("storage") + f"ctorch\n{storage}\n".encode() + text(key) + text("cpu") + size + b"tQ"
        + offset + b"(" + shape + b"t(" + strides + b"t\x89ccollections\nOrderedDict\n)R" + metadata + b"tR" + more + b"u."
    )


def bad():
    directory = ROOT / "bad"
    directory.mkdir()
    numbers = struct.pack("<4f", 1, 2, 3, 4)

    def pickled(name, data, *records):
        archive(directory / f"{name}.bin", [("x/data.pkl", data), ("x/data/0", numbers), *records])

    # Whoever runs these leaves a file behind: the tests look for it.
    torch.save({"a": Calls(os.system, "touch lethe-was-here")}, directory / "system.bin")
    torch.save({"a": Calls(eval, "open('lethe-was-here', 'w')")}, directory / "eval.bin")
    pickled("prototype", b"\x80\x02c__proto__\nconstructor\n)R.")
    pickled("inherited", b"\x80\x02ctorch\nconstructor\n)R.")
    pickled("instruction", b"\x80\x02(ios\nsystem\n.")  # INST
    pickled("opcode", b"\x80\x02\xff.")
    pickled("protocol-4", pickle.dumps({"a": 1}, 4))
    pickled("unfinished", tensor_pickle()[:-1])
    pickled("empty", b"")
    pickled("underflow", b"\x80\x02R.")
    pickled("no-mark", b"\x80\x02u.")
    pickled("memo", b"\x80\x02j\xff\xff\xff\xff.")
    pickled("string", b"\x80\x02X\xff\xff\xff\xffa.")
    pickled("encoding", b"\x80\x02X\x02\x00\x00\x00\xff\xfe.")
    pickled("list", b"\x80\x02].")
    pickled("number", b"\x80\x02}" + text("a") + b"K\x01s.")
    pickled("number-key", b"\x80\x02}K\x01K\x01s.")
    pickled("called-type", b"\x80\x02ctorch\nFloatStorage\n)R.")
    pickled("attributes", b"\x80\x02]}b.")
    pickled("claimed-10-gb", tensor_pickle(length=2_500_000_000))
    pickled("claimed-2-to-62", tensor_pickle(length=2**62))
    pickled("negative-length", tensor_pickle(length=-4))
    pickled("negative-offset", tensor_pickle(offset=b"J\xff\xff\xff\xff"))
    pickled("beyond", tensor_pickle(offset=b"K\x01"))
    pickled("large-shape", tensor_pickle(shape=b"J\xff\xff\xff\x7f" * 4, strides=b"K\x00" * 4))
    pickled("expanded", tensor_pickle(shape=b"J\xff\xff\xff\x7f", strides=b"K\x00"))
    pickled("ranks", tensor_pickle(strides=b"K\x01K\x01"))
    pickled("float-shape", tensor_pickle(shape=b"G\x40\x12\x00\x00\x00\x00\x00\x00"))
    pickled("key-path", tensor_pickle(key="../../../../etc/passwd"))
    pickled("key-missing", tensor_pickle(key="7"))
    pickled("negated", tensor_pickle(metadata=b"}" + text("neg") + b"\x88s"))
    pickled("quantized", tensor_pickle(storage="QInt8Storage"))

    whole = tensor_pickle()
    pickled("big-endian", whole, ("x/byteorder", b"big"))
    pickled("name-up", whole, ("x/../../evil", b""))
    pickled("name-absolute", whole, ("/etc/evil", b""))
    pickled("name-backslash", whole, ("x\\..\\evil", b""))
    pickled("two-pickles", whole, ("y/data.pkl", whole))
    archive(directory / "no-pickle.bin", [("x/data/0", numbers)])
    archive(directory / "not-a-model.bin", [("readme.txt", b"hello")])
    archive(directory / "compressed.bin", [("x/data.pkl", whole), ("x/data/0", numbers)], zipfile.ZIP_DEFLATED)

    def patched(name, change):
        buffer = io.BytesIO()
        archive(buffer, [("x/data.pkl", whole), ("x/data/0", numbers), ("x/data/1", numbers)])
        data = bytearray(buffer.getvalue())
        change(data, [i for i in range(len(data) - 3) if data[i:i + 4] == b"PK\x01\x02"])
        (directory / f"{name}.bin").write_bytes(bytes(data))

    def put(offset, value, form="<I"):
        return lambda data, entries: struct.pack_into(form, data, entries[1] + offset, value)

    patched("duplicate", lambda data, entries: data.__setitem__(slice(entries[2] + 46, entries[2] + 54), b"x/data/0"))
    patched("other-header", put(42, 0))
    patched("header-beyond", put(42, 0xFFFFFF00))
    patched("record-size", lambda data, entries: struct.pack_into("<II", data, entries[1] + 20, 0x7FFFFFFF, 0x7FFFFFFF))
    patched("zip64-missing", put(42, 0xFFFFFFFF))
    patched("name-size", put(28, 0xFFFF, "<H"))
    patched("entry-count", lambda data, _: struct.pack_into("<HH", data, len(data) - 14, 9, 9))
    patched("directory-beyond", lambda data, _: struct.pack_into("<I", data, len(data) - 6, 0x7FFFFFFF))
    patched("no-end", lambda data, _: data.__delitem__(slice(len(data) - 22, len(data))))

    # The header and data of record 1, once more within the data of record 0.
    inner = io.BytesIO()
    archive(inner, [("x/data/1", numbers)])
    inner = inner.getvalue()[:30 + 8 + 16] + b"\0\0"
    second = tensor_pickle(name="b", key="1")[3:-2].removeprefix(b"(")
    outer = io.BytesIO()
    archive(outer, [("x/data.pkl", tensor_pickle(length=14, shape=b"K\x0e", more=second)), ("x/data/0", inner), ("x/data/1", numbers)])
    data = bytearray(outer.getvalue())
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 42, data.index(b"x/data/0") + 8)
    (directory / "overlapping.bin").write_bytes(bytes(data))

    torch.save({"a": torch.zeros(3, 4).t()}, directory / "transposed.bin")
    torch.save({"a": torch.zeros(2)}, directory / "legacy.bin", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    good()
    shard_plans()
    bad()
