"""Fixture and expected files of `lethe analyze`, in test/fixtures/memorization/analysis.

Run from the repository root, after `npx tsc -p tsconfig.build.json`, with Python 3.11, numpy and scipy:

    python test/oracle/make_analysis_oracle.py

Makes outputs and corpus shards (the latter as the published cache_data does, by hashlib), merges and compares them with
the real `lethe merge` and `lethe clones`, and writes what the published analysis makes of the logs, by a program of its own:
json, csv, hashlib and re, dictionaries of everything, no columns. Where lethe differs on purpose (docs/formats.md), so does
this: texts come from the outputs, all distinct ones; the last block of a log counts; unless `published`, places count once,
and only those whose lines, without blank ones and trailing white space, stand on the other side.
"""
import csv
import hashlib
import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import numpy
import scipy.stats

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "test/fixtures/memorization/analysis"
SHARDS = 3
OUTPUTS = 24
CORPUS = "codeparrot-clean-train"

PIECES = [
    # A licence.
    '# Licensed under the Apache License, Version 2.0 (the "License");\n'
    "# you may not use this file except in compliance with the License.\n"
    "# You may obtain a copy of the License at\n"
    "#     http://www.apache.org/licenses/LICENSE-2.0\n"
    "# Unless required by applicable law or agreed to in writing, software\n"
    '# distributed under the License is distributed on an "AS IS" BASIS,\n'
    "# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.\n",
    # The list of the seeds: equal to the next one but for what separates words.
    "    'sphinx.ext.todo',\n    'sphinx.ext.coverage',\n]\n"
    "# Add any paths that contain templates here, relative to this directory.\n"
    "templates_path = ['_templates']\n# The suffix(es) of source filenames.\n"
    "# You can specify multiple suffix as a list of string:\n",
    "   'sphinx.ext.todo',\n   'sphinx.ext.coverage'\n]\n"
    "# Add any paths that contain templates here, relative to this directory.\n"
    "templates_path = ['_templates']\n# The suffix(es) of source filenames.\n"
    "# You can specify multiple suffix as a list of string:\n",
    # Imports.
    "import os\nimport sys\nimport json\nfrom typing import Any, Dict\nimport numpy as np\nfrom setuptools import setup\n"
    "import unittest\n",
    # One line again and again: its hash is 0 at any length.
    "    0, 0, 0, 0, 0, 0, 0, 0,\n" * 30,
    # Another such run, unlike the former.
    "        self.assertTrue(True)\n" * 27,
    # Letters beyond ASCII, quotes, white space that Python strips and JavaScript does not, and the reverse.
    'name = "caf\u00e9, na\u00efve"\t\nvalue = "\u4e2d\u6587 \U0001f600"\n\u00a0indented = 1\u0085\nmarker = "\x1c" \x1d\n'
    "bom = 2\ufeff\nlast = 'a \"quoted\" b'\x0b\n    tail = \"\\\\ \\t \x7f\"\n",
    # Code.
    "def main(argv):\n    parser = build_parser()\n    args = parser.parse_args(argv)\n    if args.verbose:\n"
    "        logging.basicConfig(level=logging.DEBUG)\n    result = run(args)\n    print(result)\n    return 0 if result else 1\n",
    # Data.
    "    [1.0, 2.5, -3],\n    [4, 5e-3, 6],\n    ['a', 'b', 'c'],\n    [7, 8, 9],\n    [10, 11, 12],\n    [0x1f, 13, None],\n    [14, 15, 16],\n",
    # Documentation.
    '"""Reads a table.\n\nThe first row names the columns.\nBlank rows are skipped.\nA quoted field may span lines.\n'
    "Every row has as many fields as the first.\nErrors name the line.\n\"\"\"\n",
]


def filler(rng):
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    return "".join(f"{rng.choice(words)}_{rng.randrange(10**6)} = {rng.randrange(10**6)}\n" for _ in range(rng.randrange(1, 5)))


def compose(rng, pieces):
    parts = []
    for piece in pieces:
        parts.append(filler(rng))
        lines = piece.splitlines(keepends=True) if "\x1c" not in piece and "\x0b" not in piece else [piece]
        # Sometimes only a part: blocks of several lengths.
        if len(lines) > 7 and rng.random() < 0.5:
            lines = lines[: rng.randrange(len(lines) - 2, len(lines) + 1)]
        parts.append("".join(lines))
        if rng.random() < 0.3:
            parts.append("\n\n")
    parts.append(filler(rng))
    return "".join(parts)


def make_inputs():
    rng = random.Random(42)
    shutil.rmtree(FIXTURE, ignore_errors=True)
    (FIXTURE / "separate").mkdir(parents=True)
    for i in range(OUTPUTS):
        pieces = rng.sample(PIECES, rng.randrange(0, 4))
        text = compose(rng, pieces)
        (FIXTURE / "separate" / str(i)).write_text(text if i % 3 else text.rstrip("\n"), encoding="utf-8", newline="")
    (FIXTURE / "corpus").mkdir()
    for shard in range(SHARDS):
        with open(FIXTURE / "corpus" / str(shard), "w", encoding="utf-8", newline="") as file:
            line = 1
            entries = []
            for i in range(8):
                text = compose(rng, rng.sample(PIECES, rng.randrange(1, 4)))
                kept = "".join(f"{part}\n" for part in text.split("\n") if part)
                md5 = hashlib.md5(kept.encode()).hexdigest()
                file.write(f"{kept}\n{md5}\n")
                lines = kept.count("\n") + 2
                entry = {"id": f"{shard}-{i}", "md5": md5, "start": line, "end": line + lines - 1, "path": f"src/{shard}/{i}.py"}
                entries.append(entry if i % 2 else {**entry, "licence": "mit"})
                line += lines
        with open(FIXTURE / "corpus" / f"{shard}.documents.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in entries)
    subprocess.run(["node", ROOT / "bin/lethe.js", "merge", "."], cwd=FIXTURE, check=True)
    shutil.rmtree(FIXTURE / "separate")
    (FIXTURE / "logs").mkdir()
    for shard in range(SHARDS):
        command = ["node", ROOT / "bin/lethe.js", "clones", f"all_0-{OUTPUTS - 1}", f"corpus/{shard}", "--log", f"logs/{shard}.log"]
        subprocess.run(command, cwd=FIXTURE, check=True)


def read_groups(path):
    """[(fingerprint, length, [(file, start, end)])] of the blocks on both sides."""
    groups = []
    for line in path.read_text(encoding="utf-8").splitlines():
        head = re.fullmatch(r"Found (\d+) duplicate lines with fingerprint (\w+) in the following files:", line)
        entry = re.fullmatch(r" Between lines (\d+) and (\d+) in (.+)", line)
        if head:
            groups.append((head[2], int(head[1]), []))
        elif entry:
            groups[-1][2].append((entry[3], int(entry[1]), int(entry[2])))
    return [group for group in groups if len({is_output(file) for file, _, _ in group[2]}) == 2]


def is_output(file):
    return Path(file).name.startswith("all_")


def agreeing(groups):
    kept = []
    for name, length, occurrences in groups:
        texts = {place: text_of(*place) for place in occurrences}
        sides = [{texts[place] for place in occurrences if is_output(place[0]) == side} for side in (False, True)]
        common = sides[0] & sides[1]
        if common:
            kept.append((name, length, [place for place in occurrences if texts[place] in common]))
    return kept


def text_of(file, start, end):
    lines = (FIXTURE / file).read_bytes().split(b"\n")[start - 1 : end]
    return b"\n".join(line.rstrip(bytes(range(33))) for line in lines if line.strip(bytes(range(33))))


def write_texts(path, texts):
    with open(path, "w", encoding="utf-8", newline="") as file:
        for name, found in texts.items():
            file.write(f">>>>>>>>>>fingerprints {name} >>>>>>>>>>>>>\n")
            for text in found:
                file.write(text)
                if len(found) > 1:
                    file.write(f"++++fingerprints {name} ++++\n")
            file.write(f"<<<<<<<<<<fingerprints {name} <<<<<<<<<<\n")
            file.write("\n\n")


def write_expected(counting):
    directory = FIXTURE / "expected" / counting
    (directory / "analyze").mkdir(parents=True)
    with open(FIXTURE / f"all_0-{OUTPUTS - 1}", encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    logs = [read_groups(FIXTURE / "logs" / f"{shard}.log") for shard in range(SHARDS)]

    if counting == "distinct":
        logs = [agreeing(groups) for groups in logs]

    lengths, places, listed = {}, {}, {}
    begin_end = []
    for groups in logs:
        for name, length, occurrences in groups:
            lengths.setdefault(name, length)
            for occurrence in occurrences:
                listed.setdefault(name, []).append(occurrence)
                places.setdefault(name, {}).setdefault(occurrence[:2], occurrence)
                if is_output(occurrence[0]):
                    begin_end.append(occurrence[1:])
    counted = listed if counting == "published" else {name: list(found) for name, found in places.items()}
    memorization = {
        name: {
            "train": sum(not is_output(place[0]) for place in counted[name]),
            "extract": sum(is_output(place[0]) for place in counted[name]),
            "len": lengths[name],
        }
        for name in lengths
    }
    with open(directory / "memorization.json", "w") as file:
        json.dump(memorization, file, indent=4)

    if counting == "distinct":
        begin_end = sorted(set(begin_end))
    (directory / "begin_end_list.txt").write_text("".join(f"{start} {end}\n" for start, end in begin_end))

    texts = {}
    for name in lengths:
        found = sorted({place[1:] for place in listed[name] if is_output(place[0])})
        texts[name] = list(dict.fromkeys("".join(f"{line}\n" for line in lines[start - 1 : end]) for start, end in found))
    write_texts(directory / "analyze/all.txt", texts)
    for shard, groups in enumerate(logs):
        names = dict.fromkeys(name for name, _, _ in groups)
        write_texts(directory / f"analyze/{shard}.txt", {name: texts[name] for name in names})

    prompts = {}
    for name, found in texts.items():
        for text in found:
            prompt = "\n".join(line.strip() for line in text[:-1].split("\n"))
            digest = hashlib.sha1(prompt.encode("utf-8")).hexdigest()
            entry = prompts.setdefault(digest, {"prompt": prompt, "occurrence": 0, "fingerprints": name})
            entry["occurrence"] += 1
    prompts = dict(sorted(prompts.items(), key=lambda item: item[1]["occurrence"], reverse=True))
    with open(directory / "extract_prompt.json", "w") as file:
        json.dump(prompts, file, indent=4)

    # As the published save.py does it: from all.txt, by a pattern, the text from the end of the mark on.
    with open(directory / "analyze/all.txt", encoding="utf-8", newline="") as file:
        pattern = r">>>>>>>>>>fingerprints (\w+) >>>>>>>>>>>>>(.*?)<<<<<<<<<<fingerprints \1 <<<<<<<<<<"
        memorized = re.findall(pattern, file.read(), re.DOTALL)
    with open(directory / "fixture_all_memorization.csv", "w", encoding="utf-8", newline="\n") as file:
        writer = csv.writer(file)
        writer.writerow(["doc_id", "MD5", "corpus", "text"])
        for i, (name, text) in enumerate(memorized):
            writer.writerow([i, name, CORPUS, text.split("++++fingerprints")[0]])

    train = numpy.array([entry["train"] for entry in memorization.values()])
    extract = numpy.array([entry["extract"] for entry in memorization.values()])
    slope, intercept = numpy.polyfit(train, extract, 1)
    figures = {
        "pearson": scipy.stats.pearsonr(train, extract).statistic,
        "spearman": scipy.stats.spearmanr(train, extract).statistic,
        "slope": slope,
        "intercept": intercept,
    }
    (directory / "correlation.json").write_text(json.dumps({key: float(value) for key, value in figures.items()}, indent=2) + "\n")


def write_statistics():
    """Correlations of seeded columns with many ties, and Heaps' law by numpy."""
    rng = random.Random(7)
    cases = []
    for count, limit in [(2, 3), (3, 2), (10, 4), (50, 6), (200, 1000), (500, 12)]:
        x = [rng.randrange(1, limit + 1) for _ in range(count)]
        y = [rng.randrange(1, limit + 1) + value for value in x]
        if len(set(x)) == 1 or len(set(y)) == 1:
            x[0] += 1
            y[0] += 2
        slope, intercept = numpy.polyfit(x, y, 1)
        cases.append({
            "x": x, "y": y,
            "pearson": float(scipy.stats.pearsonr(x, y).statistic),
            "spearman": float(scipy.stats.spearmanr(x, y).statistic),
            "ranks": scipy.stats.rankdata(x).tolist(),
            "slope": float(slope), "intercept": float(intercept),
        })
    growth = [(n, int(5 * n**0.6) + rng.randrange(3)) for n in range(10, 1001, 10)]
    logs = numpy.log(numpy.array(growth, dtype=float))
    beta, intercept = numpy.polyfit(logs[:, 0], logs[:, 1], 1)
    r2 = numpy.corrcoef(logs[:, 0], logs[:, 1])[0, 1] ** 2
    heaps = {"points": growth, "k": float(numpy.exp(intercept)), "beta": float(beta), "r2": float(r2)}
    (FIXTURE / "statistics.json").write_text(json.dumps({"correlations": cases, "heaps": heaps}) + "\n")


if __name__ == "__main__":
    make_inputs()
    for counting in ("distinct", "published"):
        write_expected(counting)
    write_statistics()
