"""Trains the byte-level BPE that Lethe ships in assets/tokenizer.

    pip install tokenizers==0.23.3
    python scripts/make-tokenizer.py [OUTPUT_DIRECTORY]

Input: the Python standard library of the interpreter that runs this, and JavaScript and TypeScript files of
permissively licensed packages under node_modules (run `npm ci` first). Prints what it read; assets/tokenizer/README.md
holds that print-out. Lines with an e-mail address, a URL or a copyright are left out, so that no name of a person gets
a token of its own, and no token of the result may hold an `@` beside a letter.
"""

import hashlib
import json
import platform
import re
import sys
import sysconfig
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

VOCABULARY = 4096
END_OF_TEXT = '<|endoftext|>'
LARGEST_FILE = 200_000  # bytes; larger ones are generated tables, and one of them would weigh like a whole package
PACKAGES = [  # all MIT, ISC or Apache-2.0
    '@types/node', '@vitest/expect', '@vitest/runner', '@vitest/utils', 'chai', 'cmake-js', 'commander', 'expect-type',
    'magic-string', 'markdown-it', 'picomatch', 'postcss', 'semver', 'typedoc', 'yaml', 'yargs', 'yargs-parser',
    'yauzl', 'zod',
]
SCRIPT_SUFFIXES = {'.js', '.mjs', '.ts', '.mts'}  # .cjs and .cts mostly repeat their twins
LEFT_OUT = re.compile(r'[\w.+-]@[\w-]|https?://|copyright|\(c\)|©|authors?\b|written by|contributed by', re.IGNORECASE)

repository = Path(__file__).resolve().parent.parent


def python_files():
    library = Path(sysconfig.get_paths()['stdlib'])
    skipped = {'test', 'tests', 'idle_test', 'site-packages', 'dist-packages', '__pycache__', 'lib2to3', 'encodings'}
    for path in sorted(library.rglob('*.py')):
        parts = path.relative_to(library).parts
        if not skipped.intersection(parts) and not parts[0].startswith('config-') and not parts[-1].startswith('_sysconfig'):
            yield 'python/' + '/'.join(parts), path


def script_files():
    for package in PACKAGES:
        root = repository / 'node_modules' / package
        version = json.loads((root / 'package.json').read_text())['version']
        for path in sorted(root.rglob('*')):
            relative = path.relative_to(root).as_posix()
            if path.suffix in SCRIPT_SUFFIXES and 'node_modules' not in relative and '.min.' not in relative \
                    and 'locales' not in relative:
                yield f'{package}@{version}/{relative}', path


def read(files):
    digest, count, texts = hashlib.sha256(), 0, []
    seen = set()
    for name, path in files:
        data = path.read_bytes()
        if not 0 < len(data) <= LARGEST_FILE or data in seen:
            continue
        seen.add(data)
        text = data.decode('utf-8', errors='replace')
        if max(map(len, text.splitlines() or [''])) > 1000:  # minified
            continue
        digest.update(f'{hashlib.sha256(data).hexdigest()}  {name}\n'.encode())
        count += 1
        # The line ends stay, so that indentation and line breaks weigh as they do in code.
        texts.append(''.join(line for line in text.splitlines(keepends=True) if not LEFT_OUT.search(line)))
    size = sum(len(text.encode()) for text in texts)
    return texts, f'{count} files, {size} bytes used, sha256 of their sha256sum lines {digest.hexdigest()}'


def main():
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else repository / 'assets' / 'tokenizer'
    python_texts, python_note = read(python_files())
    script_texts, script_note = read(script_files())
    print(f'tokenizers {tokenizers.__version__}')
    print(f'Python {platform.python_version()} standard library: {python_note}')
    print(f'node_modules: {script_note}')

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[AddedToken(END_OF_TEXT, special=True, normalized=False)],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(python_texts + script_texts, trainer)

    # Every text begins with the token that sampling without a prompt begins with, in training and in measuring.
    start = tokenizer.token_to_id(END_OF_TEXT)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=f'{END_OF_TEXT} $A', special_tokens=[(END_OF_TEXT, start)]),
    ])

    vocabulary = tokenizer.get_vocab()
    assert len(vocabulary) == VOCABULARY, len(vocabulary)
    suspicious = [token for token in vocabulary if re.search('[A-Za-z0-9]@|@[A-Za-z0-9]', token)]
    assert not suspicious, suspicious

    output.mkdir(parents=True, exist_ok=True)
    # Compact, one merge a line would be three times the size.
    data = json.loads(tokenizer.to_str())
    (output / 'tokenizer.json').write_text(json.dumps(data, ensure_ascii=False, separators=(',', ':')) + '\n')
    special = {'bos_token': END_OF_TEXT, 'eos_token': END_OF_TEXT, 'unk_token': END_OF_TEXT}
    (output / 'special_tokens_map.json').write_text(json.dumps(special, indent=2) + '\n')
    config = {
        'tokenizer_class': 'GPT2Tokenizer', 'add_prefix_space': False, 'clean_up_tokenization_spaces': False,
        'model_max_length': 1024, **special,
    }
    (output / 'tokenizer_config.json').write_text(json.dumps(config, indent=2) + '\n')
    digest = hashlib.sha256((output / 'tokenizer.json').read_bytes()).hexdigest()
    print(f'tokenizer.json: {VOCABULARY} tokens, sha256 {digest}')


main()
