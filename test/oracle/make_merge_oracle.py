"""Hostile outputs as the published merge script writes them: make_merge_oracle.py > test/fixtures/sampling/merge.json

The outputs' bytes, the merged file's bytes, and the map as json.dump lays it out. Python reads text with universal line
ends; bytes that are no UTF-8, at which the script stops, are replaced here.
"""

import base64
import hashlib
import json
import random
import sys
import tempfile
from pathlib import Path

TEXTS = [
    b"", b"\n", b"\n\n\n", b"a", b"a\n", b"a\n\n\nb", b"a\r\n\r\nb\r\n", b"a\rb\r\rc", b"\r\n", b"\r", b"a\n\r\nb\n\r",
    b" \n\t\n  \n", b"a\n \n\nb\n", "a\u2028b\u2029\u0085c\n\u2028\n".encode(), b"nul\x00\n\x00\n\n", b"\x0b\n\x0c\n\x1c\n\n",
    b"\xef\xbb\xbfmark\n", "é中😀\n\n日本".encode(), b"\xff\xfe\n\n\x80", b"cut \xe4\xb8", b"\xed\xa0\x80 surrogate\n",
    b"\xf0\x9f\x98\n\xf0\x9f", b"Submission>>>>>>d41d8cd98f00b204e9800998ecf8427e>>>>>>Submission\n",
    b"def f():\n    return 1\n\n\ndef g():\n    pass\n", b"x" * 5000 + b"\n" * 300 + b"y",
]
PIECES = [b"a", b"\n", b"\r", b"\r\n", b" ", b"\x00", "\u2028".encode(), b"\xff", b"def f():", b"\n\n", "é".encode()]


def merge(outputs):
    merged, places, line = "", {}, 0
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(outputs):
            path = Path(folder, str(number))
            path.write_bytes(data)
            with open(path, encoding="utf-8", errors="replace") as file:
                content = "".join(text for text in file.readlines() if text != "\n")
            md5 = hashlib.md5(content.encode("utf-8")).hexdigest()
            text = content + "\nSubmission>>>>>>" + md5 + ">>>>>>Submission\n"
            lines = len(text.split("\n")) - 1
            places[str(number)] = {"md5": md5, "start": line + 1, "end": line + lines}
            line += lines
            merged += text
    return merged.encode("utf-8"), json.dumps(places)


if __name__ == "__main__":
    draw = random.Random(0)
    outputs = TEXTS + [b"".join(draw.choices(PIECES, k=draw.randrange(12))) for _ in range(100)]
    merged, places = merge(outputs)
    encode = lambda data: base64.b64encode(data).decode()
    json.dump({"outputs": [encode(data) for data in outputs], "merged": encode(merged), "map": places}, sys.stdout)
    print()
