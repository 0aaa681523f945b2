"""Prints lib/secrets/detectors/bigrams.ts: how often one letter follows another in English technical prose.

Run:  python3 test/oracle/make_bigram_table.py > lib/secrets/detectors/bigrams.ts      (CPython 3.11, nothing to install)

The text is CPython's own documentation as every installation carries it: the language reference in
`pydoc_data.topics` and the docstrings of the standard library. Per line, everything but letters is dropped, case
folded, and each pair of letters that then stand together counted, which is how the gibberish-detector package
counts. Every pair starts at 10, the prior of that package. The table stores counts, so that anybody can check it.
"""
import ast
import pathlib
import platform
import string
import sysconfig

LETTERS = string.ascii_lowercase
PRIOR = 10


def texts():
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    from pydoc_data import topics
    yield from (topics.topics[name] for name in sorted(topics.topics))
    for path in sorted(library.rglob("*.py")):
        relative = path.relative_to(library).parts
        if {"site-packages", "test", "tests", "idlelib", "lib2to3", "pydoc_data"} & set(relative):
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                yield ast.get_docstring(node) or ""


counts = [[PRIOR] * 26 for _ in LETTERS]
for text in texts():
    for line in text.splitlines():
        kept = [ord(c) - 97 for c in line.lower() if c in LETTERS]
        for first, second in zip(kept, kept[1:]):
            counts[first][second] += 1

print(f"""/**
 * How often one letter follows another in English technical prose: the counts behind the gibberish filter.
 * Made by test/oracle/make_bigram_table.py from the documentation that CPython {platform.python_version()} carries; row a..z is the
 * first letter, column a..z the second; a prior of {PRIOR} is in every cell.
 */
export const BIGRAM_COUNTS: readonly (readonly number[])[] = [""")
for row in counts:
    print("  [" + ", ".join(map(str, row)) + "],")
print("];")
