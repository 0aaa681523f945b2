"""A tokenizer of a family's kind with a vocabulary of published size, for bench/tokenize.ts.

python bench/peers/make_tokenizer.py FAMILY OUTPUT.json   # families: see test/oracle/make_tokenizer_families.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'test' / 'oracle'))
import make_tokenizer_families as families  # noqa: E402

families.VOCABULARY = 32_000
families.CORPUS_BYTES, families.LARGEST_FILE = 8_000_000, 1_000_000
family, output = sys.argv[1:]
families.FAMILIES[family]().save(output)
