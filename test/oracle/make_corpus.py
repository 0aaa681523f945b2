"""Documents as JSON lines, CSV and Parquet, and the corpus shards that the published scripts make of them.

    pip install pyarrow && python3 test/oracle/make_corpus.py

writes test/fixtures/data: documents.json (what readers must find), the same documents as tables by Python's csv
module and by pyarrow in every layout that writers use, and the shards by Python's own md5.
"""

import csv
import hashlib
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent.parent / "fixtures" / "data"
HARD = [
    "", "\n\n\n", "no line end", "a\n\n\nb\n", "crlf\r\n\r\nends\r\n", "lone\rcr\n", "tab\tcomma,quote\"'\n",
    "  \n \n\t\n", "\ufeffmark\n", "é ü 漢字 🙂 e\u0301\u2028next\u2029\n", "nul \0 byte\n", "\x0b\x0c\x1c\x85\n",
    "last line blank\n\n",
]


def make_documents(rng):
    words = ["def", "return", "import os", "x = 1", "", "    ", "class A:", "# café", "\"\"\"", "if a, b:"]
    texts = HARD + ["\n".join(rng.choice(words) for _ in range(rng.randrange(1, 30))) for _ in range(27)]
    return [
        {"id": f"doc-{i}", "text": text, **({} if i % 5 == 0 else {"path": f"src/{i}.py"}),
         **({} if i % 3 == 0 else {"licence": rng.choice(["mit", "gpl-3.0", "apache-2.0"])})}
        for i, text in enumerate(texts)
    ]


def shard(documents):
    """As cache_data has it: lines that are not empty, an empty line, the md5 of the former."""
    out = b""
    for document in documents:
        kept = "".join(line + "\n" for line in document["text"].split("\n") if line != "").encode()
        out += kept + b"\n" + hashlib.md5(kept).hexdigest().encode() + b"\n"
    return out


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    documents = make_documents(random.Random(4))
    (HERE / "documents.json").write_text(json.dumps(documents, ensure_ascii=False, indent=1) + "\n", "utf-8")
    with open(HERE / "documents.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # \r\n ends its records
        writer.writerow(["id", "content", "path", "license"])
        for d in documents:
            writer.writerow([d["id"], d["text"], d.get("path", ""), d.get("licence", "")])
    table = pa.table({
        "id": [d["id"] for d in documents],
        "tags": [["a", "b"], []] * (len(documents) // 2),
        "content": [d["text"] for d in documents],
        "path": [d.get("path") for d in documents],
        "size": [len(d["text"]) for d in documents],
        "license": [d.get("licence") for d in documents],
    })
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        pq.write_table(table, HERE / f"{codec}.parquet", compression=codec, row_group_size=16)
    plain = {"compression": "snappy", "use_dictionary": False}
    pq.write_table(table, HERE / "pages-1.parquet", **plain, data_page_size=64, write_batch_size=3)
    pq.write_table(table, HERE / "pages-2.parquet", data_page_size=64, write_batch_size=3, data_page_version="2.0")
    pq.write_table(table, HERE / "delta-length.parquet", **plain, column_encoding={"content": "DELTA_LENGTH_BYTE_ARRAY"})
    pq.write_table(table, HERE / "delta.parquet", **plain, column_encoding={"content": "DELTA_BYTE_ARRAY"})
    required = pa.schema([pa.field("id", pa.int64(), False), pa.field("text", pa.large_string(), False)])
    rows = {"id": list(range(len(documents))), "text": [d["text"] for d in documents]}
    pq.write_table(pa.table(rows, schema=required), HERE / "required.parquet", compression="zstd", row_group_size=7)
    for i in range(0, len(documents), 16):
        (HERE / f"shard-{i // 16}").write_bytes(shard(documents[i:i + 16]))
    print(sum(file.stat().st_size for file in HERE.iterdir()), "bytes")


main()
