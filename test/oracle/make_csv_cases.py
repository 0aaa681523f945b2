"""Writes ../fixtures/data/csv-cases.json: random texts and their rows by Python's csv module; null for an open quote."""
import csv
import io
import json
import random
from pathlib import Path

PIECES = ['"', '"', '""', ',', ',', '\n', '\r\n', '\r', ' ', 'a', 'b', 'é']
r = random.Random(16)


def rows_of(text):
    return [row for row in csv.reader(io.StringIO(text, newline='')) if row]


def is_open(text):
    """Whether what follows would still belong to a quoted cell."""
    rows = rows_of(text + ',\x01,\x02')
    return not rows or rows[-1][-1] != '\x02' or '\x01' not in rows[-1]


cases = []
for _ in range(3000):
    text = ''.join(r.choice(PIECES) for _ in range(r.randrange(1, 14)))
    cases.append([text, None if is_open(text) else rows_of(text)])
path = Path(__file__).parent.parent / 'fixtures' / 'data' / 'csv-cases.json'
path.write_text('[\n' + ',\n'.join(json.dumps(case, ensure_ascii=False) for case in cases) + '\n]\n')
print(len(cases), sum(rows is None for _, rows in cases), path.stat().st_size)
