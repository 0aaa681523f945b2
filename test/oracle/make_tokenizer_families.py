"""Expected ids, offsets and decoded texts of test/model/tokenizer-families.test.ts, by the Rust tokenizers library.

    pip install tokenizers==0.23.3
    npm ci
    python test/oracle/make_tokenizer_families.py               # writes test/fixtures/tokenizer/families/
    python test/oracle/make_tokenizer_families.py --big BIG.json  # then: npx tsx test/oracle/check_tokenizers.ts BIG.json

For each family a small tokenizer is trained whose parts (normalizer, pre-tokenizer, post-processor, decoder, kind of
model, kinds of added tokens) are those of the published one. --big takes the tokenizers that are already there and
5 MB of JavaScript, TypeScript, Python, JSON and Markdown; its output is not committed.
"""

import array
import gzip
import hashlib
import json
import random
import sys
import sysconfig

from make_tokenizer_oracle import ADDED_TEXTS, HARD, PACKAGES, encode, fixtures, repository, source_files
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

folder = fixtures / 'families'
VOCABULARY = 1000
CORPUS_BYTES, LARGEST_FILE = 600_000, 60_000  # bench/peers/make_tokenizer.py wants larger ones
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
          r"\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r'\p{N}{1,3}', r'\p{N}')
NEVER_IN_UTF8 = 'õ÷ÁýÀÿøúþüùöû'  # as byte symbols: deepseek-coder has these as added tokens instead

MORE_HARD = [
    'é e\u0301 \u1e9b\u0323 \u0344 \u212b\u2126 q\u0307\u0323 q\u0323\u0307 a\u0315\u0300\u05ae\u0316b',
    '\u0301lone mark, \u1100\u1161\u11a8 \uac00\u11a8 각 각', 'if (ﬁ) { ǆ = "İI ıi ẞß ΑΣ"; } // ŉ',
    'e\u0301', 'ae\u0301\u0302x\u0301 = \uf900\ufa10', 'x\u0f71\u0f72\u0f80y \u0958 \u2adc \U0001d15e',
    "'S 'T 'RE don'T 'ſ 'Ll 'vE", '12345678 1234 123 12 1 ١٢٣٤٥ ½¾²', 'a\r\nb\r\r\n\n\n  c \r\n \t\r\n', 'x  \n\n   y   ',
    '▁ ▁▁ a▁b _▁_', '<0x0A> <0x41> <unk> <s> </s>', 'a.b?c !x , y \' z n\'t \'m do not \'s \'ve \'re',
    '[CLS] [MASK] [UNK] [SEP] Hello, Wörld! ÀÉÎÕÜ ñ 中文漢字 한국어', 'x' * 150, '## ##a a##b', 'üü ÿ þ ý', ' <mask> a <mask>b  <mask>',
    'naïve café ﬀ', '\u00a0\u00a0x\u2003y', '\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e0062\U000e007f',
]

PIECES = [*'aZ09_ \n\t\r.,;(){}"\'=<>|/\\é中文日😀\u0301\u00a0\u0085\ufeff\u2028ü▁', 'def ', 'return', '    ', '\r\n', "'ll", 'const ',
          ' = ', '👩‍👩‍👧', 'e\u0301', '한', '\u1112\u1161\u11ab', 'Å', 'function', '</s>', '<|left|>', 'word', ' word ', '  ', '123', 'ß']

LONG = [('a', 1_000_000), ('x = y1;', 150_000), (' ', 100_000), ('é', 50_000), ('😀', 50_000), ('日本', 50_000), ('e\u0301', 30_000),
        ('\t', 30_000), ('0', 30_000), ('\r\n', 20_000), ('=', 30_000)]

ADDED = [
    AddedToken('<|left|>', lstrip=True, special=True, normalized=False),
    AddedToken('<|right|>', rstrip=True, special=True, normalized=False),
    AddedToken('<|both|>', lstrip=True, rstrip=True, special=False, normalized=False),
    AddedToken('word', single_word=True, special=False, normalized=True),
    AddedToken('<x>', special=False, normalized=True),
]


def corpus():
    modules = repository / 'node_modules'
    yield from HARD + MORE_HARD
    for _, text in source_files([modules / package for package in PACKAGES], CORPUS_BYTES, LARGEST_FILE):
        yield text


def trained(tokenizer, trainer):
    tokenizer.train_from_iterator(corpus(), trainer)
    return json.loads(tokenizer.to_str())['model']


def byte_level(pre_tokenizer, normalizer=None, **model):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    found = trained(tokenizer, trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=alphabet, show_progress=False))
    return rebuilt(tokenizer, found['vocab'], found['merges'], decoders.ByteLevel(), **model)


def rebuilt(tokenizer, vocab, merges, decoder, **model):
    tokenizer.model = models.BPE(vocab=vocab, merges=[tuple(merge) for merge in merges], **model)
    tokenizer.decoder = decoder
    return tokenizer


def template(tokenizer, first, last=None):
    names = [first] + ([last] if last else [])
    return processors.TemplateProcessing(
        single=' '.join([first, '$A'] + ([last] if last else [])), pair='$A $B',
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in names])


def codegen():
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.add_special_tokens(['<|endoftext|>'])
    tokenizer.add_tokens([AddedToken(' ' * n, normalized=True) for n in range(31, 1, -1)])
    tokenizer.add_tokens([AddedToken('\t' * n, normalized=True) for n in range(9, 1, -1)])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def qwen2():
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), 'isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
        normalizers.NFC())
    tokenizer.add_special_tokens(['<|endoftext|>', '<|im_start|>', '<|im_end|>'])
    tokenizer.add_tokens(ADDED)
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    return tokenizer


def llama3():
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), 'isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    found = json.loads(tokenizer.to_str())['model']
    for token in ('Ġwhatnot', 'æĹ¥æľ¬', ' xyz', '():'):  # tokens that no merge makes
        found['vocab'].setdefault(token, len(found['vocab']))
    rebuilt(tokenizer, found['vocab'], found['merges'], decoders.ByteLevel(), ignore_merges=True)
    tokenizer.add_special_tokens(['<|begin_of_text|>', '<|end_of_text|>'])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(add_prefix_space=True, trim_offsets=False), template(tokenizer, '<|begin_of_text|>')])
    return tokenizer


def deepseek():
    def split(pattern):
        return pre_tokenizers.Split(Regex(pattern), 'isolated')
    tokenizer = byte_level(pre_tokenizers.Sequence([
        split('[\r\n]'), split(r'\s?\p{L}+'), split(r'\s?\p{P}+'), split('[一-龥ࠀ-一가-퟿]+'), pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    found = json.loads(tokenizer.to_str())['model']
    kept = [token for token in found['vocab'] if token not in NEVER_IN_UTF8]
    rebuilt(tokenizer, {token: i for i, token in enumerate(kept)}, found['merges'], decoders.ByteLevel())
    tokenizer.add_tokens([AddedToken(symbol, normalized=True) for symbol in NEVER_IN_UTF8])
    tokenizer.add_special_tokens(['<｜begin▁of▁sentence｜>', '<｜end▁of▁sentence｜>'])
    tokenizer.add_tokens([AddedToken('<｜fim▁hole｜>', normalized=True)])
    tokenizer.post_processor = template(tokenizer, '<｜begin▁of▁sentence｜>')
    return tokenizer


def starcoder():
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    tokenizer.add_special_tokens(['<|endoftext|>', '<fim_prefix>'])
    return tokenizer


def lacking(**model):
    """SmolLM2 lacks symbols of bytes that texts have; here the first bytes of é and 日, the last of 😀, \\t and \\r."""
    symbols = ['Ã', 'æ', 'Ģ', 'ĉ', 'č']
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    found = json.loads(tokenizer.to_str())['model']
    special = [model['unk_token']] if 'unk_token' in model else []
    kept = special + [token for token in found['vocab'] if not any(symbol in token for symbol in symbols)]
    merges = [merge for merge in found['merges'] if not any(symbol in ''.join(merge) for symbol in symbols)]
    rebuilt(tokenizer, {token: i for i, token in enumerate(kept)}, merges, decoders.ByteLevel(), **model)
    tokenizer.add_special_tokens(['<|endoftext|>'])
    tokenizer.add_tokens(ADDED)
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=True)
    return tokenizer


def roberta():
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True))
    tokenizer.add_special_tokens(['<s>', '<pad>', '</s>', '<unk>', AddedToken('<mask>', lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(
        ('</s>', tokenizer.token_to_id('</s>')), ('<s>', tokenizer.token_to_id('<s>')), trim_offsets=True, add_prefix_space=False)
    return tokenizer


def sentence_piece(normalizer, decoder, pre_tokenizer=None, fallback=True, fuse=True):
    """Merges learned on runs of marks with the text after them, then told bytes, as converted from SentencePiece."""
    learner = Tokenizer(models.BPE())
    learner.normalizer = normalizers.Replace(' ', '▁')
    learner.pre_tokenizer = pre_tokenizers.Split(Regex(r'▁*[^▁\n]*|\n+'), 'isolated')
    # A small alphabet, so that bytes or the unknown token are needed.
    found = trained(learner, trainers.BpeTrainer(vocab_size=VOCABULARY, limit_alphabet=150, show_progress=False))
    tokens = ['<unk>', '<s>', '</s>'] + ([f'<0x{byte:02X}>' for byte in range(256)] if fallback else [])
    vocab = {token: i for i, token in enumerate(tokens + list(found['vocab']))}
    tokenizer = Tokenizer(models.BPE())
    rebuilt(tokenizer, vocab, found['merges'], decoder, unk_token='<unk>', fuse_unk=fuse, byte_fallback=fallback)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.add_special_tokens(['<unk>', '<s>', '</s>'])
    tokenizer.add_tokens(ADDED)
    tokenizer.post_processor = template(tokenizer, '<s>')
    return tokenizer


def spaces_back(*more):
    return decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), *more])


def llama2():
    return sentence_piece(normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')]),
                          spaces_back(decoders.Strip(' ', 1, 0)))


def llama2_metaspace():
    return sentence_piece(None, spaces_back(decoders.Strip(' ', 1, 0)),
                          pre_tokenizers.Metaspace('▁', prepend_scheme='first', split=False))


def gemma():
    return sentence_piece(normalizers.Replace(' ', '▁'), spaces_back(), pre_tokenizers.Split(' ', 'merged_with_previous'))


def unknown(fuse):
    return sentence_piece(normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]), decoders.Metaspace('▁'),
                          pre_tokenizers.Metaspace('▁', prepend_scheme='always', split=True), fallback=False, fuse=fuse)


def bert(lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token='[UNK]'))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, limit_alphabet=150, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.post_processor = template(tokenizer, '[CLS]', '[SEP]')
    return tokenizer


FAMILIES = {
    'codegen': codegen, 'qwen2': qwen2, 'llama3': llama3, 'deepseek': deepseek, 'starcoder': starcoder, 'roberta': roberta,
    'llama2': llama2, 'llama2-metaspace': llama2_metaspace, 'gemma': gemma, 'unknown-fused': lambda: unknown(True),
    'lacking': lacking, 'lacking-unknown': lambda: lacking(unk_token='<unk>'),
    'lacking-fused': lambda: lacking(unk_token='<unk>', fuse_unk=True), 'unknown-single': lambda: unknown(False), 'bert-uncased': lambda: bert(True), 'bert-cased': lambda: bert(False),
}


def digest(encoding):
    return hashlib.sha256(array.array('i', encoding['ids'] + encoding['offsets']).tobytes()).hexdigest()[:16]


def case(tokenizer, text, special):
    encoding = encode(tokenizer, text, special)
    return {'text': text, 'special': special, **encoding, **decoded(tokenizer, encoding['ids'])}


def decoded(tokenizer, ids):
    """Absent where the library reads the letters of an added token as bytes."""
    added = tokenizer.get_added_tokens_decoder()
    if any(i in added and added[i].content in NEVER_IN_UTF8 for i in ids):
        return {}
    return {'decoded': [tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True)]}


def random_ids(tokenizer, coin):
    size = tokenizer.get_vocab_size()
    for _ in range(150):
        # Low ids are bytes, or their symbols, in every family: cut characters.
        ids = [coin.randrange(size + 3) if coin.random() < 0.4 else coin.randrange(min(size, 280)) for _ in range(coin.randrange(1, 9))]
        yield {'ids': ids, **decoded(tokenizer, ids)}


def fixture(tokenizer, name):
    coin = random.Random(name)
    texts = HARD + MORE_HARD + ADDED_TEXTS
    chance = [''.join(coin.choice(PIECES) for _ in range(coin.randrange(30))) for _ in range(60)]
    modules = repository / 'node_modules'
    files = source_files([modules / package for package in PACKAGES], 1_000_000, 400_000)
    return {
        'tokenizer': json.loads(tokenizer.to_str()),
        'cases': [case(tokenizer, text, i % 2 == 1) for i, text in enumerate(texts)] + [case(tokenizer, text, False) for text in chance],
        'ids': list(random_ids(tokenizer, coin)),
        'long': [{'unit': unit, 'times': times, 'digest': digest(encode(tokenizer, unit * times))} for unit, times in LONG],
        'files': [digest(encode(tokenizer, text)) for _, text in files],
    }


def parts():
    """Parts that no family above has, each put into starcoder's tokenizer."""
    split, last = pre_tokenizers.Split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    behaviors = ['isolated', 'removed', 'merged_with_previous', 'merged_with_next', 'contiguous']
    splits = [split(Regex('[a-e ]'), behavior, invert) for behavior in behaviors for invert in (False, True)]
    splits += [split('.', 'merged_with_next'), split(Regex(r'(?i:sk|<)\S{2,}?|.(?<=t)|[^-\d\s^]'), 'removed'), pre_tokenizers.Digits(),
               pre_tokenizers.Punctuation('contiguous'), pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(),
               pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Metaspace(prepend_scheme='never')]
    for part in splits:
        yield normalizers.NFC(), pre_tokenizers.Sequence([part, last])
    changes = [normalizers.NFD(), normalizers.NFKC(), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(),
               normalizers.Replace(Regex(r' {2,}|\n'), '<>'), normalizers.Replace('a', ''), normalizers.Replace('.', 'dot'),
               normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Prepend('x😀'), normalizers.NFC()]),
               normalizers.BertNormalizer(clean_text=False, strip_accents=False, lowercase=True)]
    for part in changes:
        yield part, pre_tokenizers.ByteLevel(add_prefix_space=True)


def part_cases():
    stored = json.loads(gzip.decompress((folder / 'starcoder.json.gz').read_bytes()))['tokenizer']
    for normalizer, pre_tokenizer in parts():
        tokenizer = Tokenizer.from_str(json.dumps(stored))
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
        data = json.loads(tokenizer.to_str())
        texts = MORE_HARD + HARD[::4] + ['a.b..c e\u0301fE SkK ſk\u212a <<t-^1 Ab', 'déjà  vu\n\n']
        yield {'fields': {key: data[key] for key in ('normalizer', 'pre_tokenizer')},
               'cases': [{'text': text, **encode(tokenizer, text)} for text in texts]}


def big(output):
    roots = [repository / 'node_modules', *map(type(repository), [sysconfig.get_paths()['stdlib']])]
    files = list(source_files(roots, 5_000_000, 1_000_000))
    result = {'paths': [str(path) for path, _ in files], 'digests': {}}
    for name in FAMILIES:
        stored = json.loads(gzip.decompress((folder / f'{name}.json.gz').read_bytes()))
        tokenizer = Tokenizer.from_str(json.dumps(stored['tokenizer']))
        result['digests'][name] = [digest(encode(tokenizer, text)) for _, text in files]
    (type(repository)(output)).write_text(json.dumps(result))
    print(len(files), 'files,', sum(len(text.encode()) for _, text in files), 'bytes')


def main():
    if len(sys.argv) > 2 and sys.argv[1] == '--big':
        return big(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or FAMILIES:
        data = json.dumps(fixture(FAMILIES[name](), name), ensure_ascii=False, separators=(',', ':'))
        (folder / f'{name}.json.gz').write_bytes(gzip.compress(data.encode(), 9, mtime=0))
        print(name, (folder / f'{name}.json.gz').stat().st_size, 'bytes')
    data = json.dumps(list(part_cases()), ensure_ascii=False, separators=(',', ':'))
    (fixtures / 'parts.json.gz').write_bytes(gzip.compress(data.encode(), 9, mtime=0))


if __name__ == '__main__':
    main()
