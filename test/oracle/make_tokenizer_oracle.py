"""Expected ids and offsets of test/model/tokenizer.test.ts, by the Rust tokenizers library.

    pip install tokenizers==0.23.3
    npm ci
    python test/oracle/make_tokenizer_oracle.py                    # writes test/fixtures/tokenizer/
    python test/oracle/make_tokenizer_oracle.py --big OUTPUT.json  # 5 MB of files, not committed; see the test

Offsets are turned from characters, as Python counts, into UTF-16 code units, as JavaScript does.
"""

import array
import hashlib
import json
import sys
import sysconfig
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, pre_tokenizers, processors

repository = Path(__file__).resolve().parent.parent.parent
fixtures = repository / 'test' / 'fixtures' / 'tokenizer'
shipped = repository / 'assets' / 'tokenizer' / 'tokenizer.json'

SUFFIXES = {'.js', '.ts', '.mjs', '.md', '.py', '.json'}
PACKAGES = ['@types/node', 'chai', 'commander', 'markdown-it', 'typescript', 'vitest', 'yaml', 'yauzl', 'zod']

HARD = [
    '', ' ', '\n', 'a', ' a', '  a', 'hello world', "it's we'll they'd I'm you've we're don't 's'T",
    'def f(x):\n    return x + 1\n', 'def f(x):\r\n\treturn x\r\n', '\t\t\tif (a) {\n\t\t}\n',
    '😀', 'a😀b', '👩‍👩‍👧‍👦 family', '🇩🇪🇫🇷', '👍🏽 ok', '中文字符', '日本語テキスト と English', '한국어',
    'e\u0301 combining a\u0308\u0323', 'नमस्ते', 'العربية', 'עברית', 'Ω≈ç√∫˜µ≤', '𝒳𝒴𝒵 𝟘𝟙𝟚', '½ ² ₃ Ⅷ ١٢٣ 一二三',
    'nul\x00in\x00side', '\x01\x02\x1b[0m\x7f', 'nbsp\u00a0here\u00a0\u00a0x', 'nel\u0085x', 'ls\u2028ps\u2029x',
    '\ufeffimport x', 'a\ufeff b', ' \ufeff', 'zwsp\u200bx\u200d\u2060', '\u3000ideographic', '\u1680\u180e\u202f\u205f',
    '\u001c\u001d\u001e\u001fx', ' ' * 200 + 'x', '\n' * 100, '\t' * 77 + ' ' * 3 + '\n' * 2, ' \n \n  \n   x', 'x' + ' ' * 33,
    'a' * 500, 'ab' * 400, '=' * 300, '0' * 100, '3.14159e-10 0xDEADBEEF 1_000', '\ufffd\ufffd', '\U0010ffff\ue000',
    '<|endoftext|>', 'a<|endoftext|>b', '<|endoftext|><|endoftext|>', ' <|endoftext|> ', '<|endoftext|', '<|endoftext|>>',
    '\n<|endoftext|>\n', '__proto__ constructor toString hasOwnProperty', 'user@host.example 10.0.0.1', 'Ġ Ċ ĠĊ é Ã©',
    'ﬁ ﬂ Å Å ẛ̣', '\u0378\U000e0001\U0001f9ff\U0001fae8',
]

ADDED = [  # (token, text that shows it)
    AddedToken('<|left|>', lstrip=True, special=True, normalized=False),
    AddedToken('<|right|>', rstrip=True, special=True, normalized=False),
    AddedToken('<|both|>', lstrip=True, rstrip=True, special=True, normalized=False),
    AddedToken('word', single_word=True, special=False, normalized=True),
    AddedToken('<x>', special=False, normalized=True),
    AddedToken('<x><y>', special=False, normalized=True),
    AddedToken('x><y', special=True, normalized=False),
    AddedToken('    ', special=False, normalized=True),
    AddedToken('日本', special=False, normalized=False),
    AddedToken('né', special=False, normalized=True),
]
ADDED_TEXTS = [
    'a  <|left|>  b', 'a \n<|right|> \t b', 'a  <|both|>  b<|both|>', '  <|left|> <|left|>', '<|right|>  <|left|>',
    '<|both|> <|both|>  <|both|>', 'word words sword word_ word-word éword word', 'a<x>b<x><y>c<x><x><y>', '<x><y',
    'if:\n        x\n            y', '日本語 日日本本', 'né née né', 'a\u0085<|both|>\u00a0\ufeffb', 'word😀word', '😀word😀', '<|left|>', ' word ',
]


def utf16(text):
    """Code units before each character, and in all."""
    before = [0]
    for character in text:
        before.append(before[-1] + (2 if ord(character) > 0xFFFF else 1))
    return before


def encode(tokenizer, text, special=False):
    encoding = tokenizer.encode(text, add_special_tokens=special)
    before = utf16(text)
    return {'ids': encoding.ids, 'offsets': [before[place] for pair in encoding.offsets for place in pair]}


def cases(tokenizer, texts, special=False):
    return [{'text': text, **encode(tokenizer, text, special)} for text in texts]


def variant(change):
    tokenizer = Tokenizer.from_file(str(shipped))
    change(tokenizer)
    return tokenizer


def prefix_space(tokenizer):
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)


def no_regex(tokenizer):
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def trimmed(tokenizer):
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)


def roberta(tokenizer):
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.RobertaProcessing(('b', 66), ('a', 65), trim_offsets=True, add_prefix_space=True)


def template(tokenizer):
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single='<|endoftext|> $A a', pair='$A $B', special_tokens=[('<|endoftext|>', 0), ('a', 65)]),
    ])


def added(tokenizer):
    tokenizer.add_tokens(ADDED)


def added_prefix(tokenizer):
    tokenizer.add_tokens(ADDED)
    prefix_space(tokenizer)
    trimmed(tokenizer)


def fields(tokenizer):
    """What makes the variant, for the test to put into the shipped tokenizer.json."""
    data = json.loads(tokenizer.to_str())
    return {key: data[key] for key in ('pre_tokenizer', 'post_processor', 'added_tokens')}


def source_files(roots, limit_bytes, largest):
    """Real files of every kind, evenly spread: markdown, declarations, scripts, Python."""
    for root in roots:
        paths = [path for path in sorted(root.rglob('*')) if path.suffix in SUFFIXES and '.vite' not in path.parts
                 and path.is_file() and 256 < path.stat().st_size <= largest]
        spent, step = 0, max(1, len(paths) // 400)
        for path in paths[::step]:
            try:
                text = path.read_bytes().decode('utf-8')
            except UnicodeDecodeError:
                continue
            if spent + len(text) > limit_bytes // len(roots):
                continue
            spent += len(text)
            yield path, text


def int32_digest(values):
    return hashlib.sha256(array.array('i', values).tobytes()).hexdigest()


def file_digests(tokenizer):
    """The expected ids and offsets of installed files by digest: no third party's text enters the repository."""
    modules = repository / 'node_modules'
    for path, text in source_files([modules / package for package in PACKAGES], 1_000_000, 400_000):
        encoding = encode(tokenizer, text)
        yield {
            'path': path.relative_to(modules).as_posix(),
            'sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
            'tokens': len(encoding['ids']),
            'ids': int32_digest(encoding['ids']),
            'offsets': int32_digest(encoding['offsets']),
        }


def big(output):
    tokenizer = Tokenizer.from_file(str(shipped))
    roots = [repository / 'node_modules', Path(sysconfig.get_paths()['stdlib'])]
    files = [{'path': str(path), **encode(tokenizer, text)} for path, text in source_files(roots, 5_000_000, 1_000_000)]
    Path(output).write_text(json.dumps(files))


def unicode_classes():
    """The split pattern's class of every character, as runs, from where `a`, `1` and `!` stick to it."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def class_of(character):
        for name, neighbour in (('L', 'a'), ('N', '1'), ('other', '!')):
            if len(splitter.pre_tokenize_str(neighbour + character)) == 1:
                return name
        return 'space'

    runs, last = [], None
    for point in range(0x110000):
        if 0xD800 <= point <= 0xDFFF:
            continue
        found = class_of(chr(point))
        if found != last:
            runs.append([point, found])
            last = found
    return runs


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--big':
        return big(sys.argv[2])
    if len(sys.argv) > 2 and sys.argv[1] == '--classes':
        return Path(sys.argv[2]).write_text(json.dumps(unicode_classes()))
    fixtures.mkdir(parents=True, exist_ok=True)
    plain = Tokenizer.from_file(str(shipped))
    variants = {'prefix_space': prefix_space, 'no_regex': no_regex, 'trimmed': trimmed, 'roberta': roberta, 'template': template,
                'added': added, 'added_prefix': added_prefix}
    result = {
        'tokenizerSha256': hashlib.sha256(shipped.read_bytes()).hexdigest(),
        'plain': cases(plain, HARD),
        'files': list(file_digests(plain)),
        'decoded': [{'ids': ids, 'text': plain.decode(ids, skip_special_tokens=False)} for ids in partial_utf8(plain)],
        'variants': {name: make_variant(change, name) for name, change in variants.items()},
    }
    path = fixtures / 'oracle.json'
    path.write_text(json.dumps(result, ensure_ascii=False, separators=(',', ':')) + '\n')
    print(path.stat().st_size, 'bytes')


def make_variant(change, name):
    tokenizer = variant(change)
    texts = ADDED_TEXTS if name.startswith('added') else HARD[::2] + ['  two spaces <|endoftext|> x', 'a  b \n  ']
    special = name in ('roberta', 'template')
    return {'fields': fields(tokenizer), 'special': special, 'cases': cases(tokenizer, texts, special)}


def partial_utf8(tokenizer):
    """Ids that cut characters: every slice of some multi-byte texts, and lone bytes."""
    for text in ['é', '中', '😀', 'a😀b', '<|endoftext|>😀<|endoftext|>']:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        for start in range(len(ids)):
            for end in range(start + 1, len(ids) + 1):
                yield ids[start:end]
    symbols = sorted(pre_tokenizers.ByteLevel.alphabet(), key=ord)
    vocabulary = tokenizer.get_vocab()
    for i in range(0, 256, 3):
        yield [vocabulary[symbols[i]], vocabulary[symbols[(i * 7 + 5) % 256]], 65]


if __name__ == '__main__':
    main()
