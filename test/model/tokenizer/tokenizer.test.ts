import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';
import { Random } from '../../../lib/random.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const shipped = join(root, 'assets/tokenizer');

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly offsets: readonly number[];
}
interface Oracle {
  readonly tokenizerSha256: string;
  readonly plain: readonly Case[];
  readonly files: readonly { path: string; sha256: string; tokens: number; ids: string; offsets: string }[];
  readonly decoded: readonly { ids: number[]; text: string }[];
  readonly variants: Readonly<
    Record<string, { fields: Record<string, unknown>; special: boolean; cases: readonly Case[] }>
  >;
}

const oracle: Oracle = JSON.parse(
  await readFile(join(root, 'test/fixtures/tokenizer/oracle.json'), 'utf8'),
) as Oracle;
const shippedJson = JSON.parse(await readFile(join(shipped, 'tokenizer.json'), 'utf8')) as Record<
  string,
  unknown
>;
const tokenizer = await Tokenizer.load(shipped);
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const bytesOf = (values: Int32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

let directories = '';
let made = 0;
beforeAll(async () => {
  directories = await mkdtemp(join(tmpdir(), 'lethe-tokenizer-'));
});
afterAll(() => rm(directories, { recursive: true }));

/** A directory with the given files; values that are not strings are written as JSON. */
async function directoryOf(files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(directories, `${made++}-`));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  return directory;
}

/** The shipped tokenizer.json with some fields changed. */
async function variantOf(
  fields: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, unknown>> = {},
) {
  return Tokenizer.load(await directoryOf({ 'tokenizer.json': { ...shippedJson, ...fields }, ...files }));
}

describe('ids and offsets of the Rust tokenizers library', () => {
  test('the oracle was made with the tokenizer that ships', async () => {
    expect(sha256(await readFile(join(shipped, 'tokenizer.json')))).toBe(oracle.tokenizerSha256);
  });

  test.each(oracle.plain)('$text', ({ text, ids, offsets }) => {
    const encoding = tokenizer.encode(text);
    expect([...encoding.tokens]).toEqual(ids);
    expect([...encoding.offsets]).toEqual(offsets);
    expect(encoding.truncated).toBe(false);
    expect(tokenizer.decode(encoding.tokens)).toBe(text);
  });

  test.each(Object.entries(oracle.variants))('variant %s', async (_, { fields, special, cases }) => {
    const variant = await variantOf(fields);
    for (const { text, ids, offsets } of cases) {
      const encoding = variant.encode(text, { addSpecialTokens: special });
      expect([text, ...encoding.tokens]).toEqual([text, ...ids]);
      expect([text, ...encoding.offsets]).toEqual([text, ...offsets]);
    }
  });

  test('installed source files', async () => {
    expect(oracle.files.length).toBeGreaterThan(100);
    for (const file of oracle.files) {
      const path = join(root, 'node_modules', file.path);
      const again = `${file.path} has changed: run test/oracle/make_tokenizer_oracle.py again`;
      expect(existsSync(path), again).toBe(true);
      const data = await readFile(path);
      expect(sha256(data), again).toBe(file.sha256);
      const text = data.toString('utf8');
      const { tokens, offsets } = tokenizer.encode(text);
      expect([file.path, tokens.length, sha256(bytesOf(tokens)), sha256(bytesOf(offsets))]).toEqual([
        file.path,
        file.tokens,
        file.ids,
        file.offsets,
      ]);
      expect(tokenizer.decode(tokens)).toBe(text);
    }
  });

  test('decoding of characters cut in two', () => {
    for (const { ids, text } of oracle.decoded) expect([ids, tokenizer.decode(ids)]).toEqual([ids, text]);
  });
});

describe('properties, on random text', () => {
  const pieces = [
    ...Array.from('aZ09_ \n\t\r\0.,;(){}"\'=<>|/\\é中文日😀👩‍👩‍👧\u0301\u00a0\u0085\ufeff\u2028\u{10ffff}'),
    ...['def ', 'return', '    ', '\r\n', "'ll", '<|endoftext|>', '<|', '__proto__', ' = ', '🇩🇪', 'ﷺ'],
  ];
  const texts = (seed: number, extra: readonly string[] = []) => {
    const random = new Random(seed);
    return Array.from({ length: 300 }, () =>
      Array.from({ length: random.integer(40) }, () => random.pick([...pieces, ...extra])).join(''),
    );
  };

  test('decode gives back what was encoded', () => {
    for (const text of texts(1)) expect(tokenizer.decode(tokenizer.encode(text).tokens)).toBe(text);
  });

  test('offsets cover the text in order, whole characters at a time', () => {
    for (const text of texts(2, ['\ud800', '\udc00'])) {
      const { tokens, offsets } = tokenizer.encode(text);
      expect(offsets.length).toBe(2 * tokens.length);
      let covered = 0;
      let last = 0;
      for (let i = 0; i < tokens.length; i++) {
        const [start, end] = [offsets[2 * i]!, offsets[2 * i + 1]!];
        expect(start).toBeLessThan(end);
        expect(start).toBeGreaterThanOrEqual(last);
        expect(start).toBeLessThanOrEqual(covered);
        for (const cut of [start, end])
          expect(/^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(cut - 1, cut + 1))).toBe(false);
        last = start;
        covered = Math.max(covered, end);
      }
      expect(covered).toBe(text.length);
    }
  });

  test('a lone surrogate is U+FFFD', () => {
    for (const text of texts(3, ['\ud83d', '\ude00'])) {
      const wellFormed = Buffer.from(text, 'utf8').toString('utf8');
      expect(tokenizer.encode(text)).toEqual(tokenizer.encode(wellFormed));
    }
  });

  test('the text of a token that shares no character encodes to that token', () => {
    for (const text of texts(4)) {
      const { tokens, offsets } = tokenizer.encode(text);
      for (let i = 0; i < tokens.length; i++) {
        const slice = text.slice(offsets[2 * i], offsets[2 * i + 1]);
        if (tokenizer.decode([tokens[i]!]) === slice)
          expect([...tokenizer.encode(slice).tokens]).toEqual([tokens[i]]);
      }
    }
  });

  test('truncation gives the first tokens of the full encoding', () => {
    for (const text of texts(5)) {
      const full = tokenizer.encode(text);
      for (const maxTokens of [0, 1, 5, full.tokens.length, full.tokens.length + 1]) {
        const cut = tokenizer.encode(text, { maxTokens });
        expect(cut.tokens).toEqual(full.tokens.slice(0, maxTokens));
        expect(cut.offsets).toEqual(full.offsets.slice(0, 2 * maxTokens));
        expect(cut.truncated).toBe(full.tokens.length > maxTokens);
      }
    }
  });
});

describe('special tokens', () => {
  test('of the shipped tokenizer', () => {
    expect(tokenizer.vocabularySize).toBe(4096);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([0, 0, undefined]);
    expect(tokenizer.files.map((path) => path.slice(shipped.length + 1))).toEqual([
      'tokenizer.json',
      'tokenizer_config.json',
      'special_tokens_map.json',
    ]);
  });

  test('are left out of decoded text on request', () => {
    const { tokens } = tokenizer.encode('a<|endoftext|>b');
    expect(tokenizer.decode(tokens)).toBe('a<|endoftext|>b');
    expect(tokenizer.decode(tokens, { skipSpecialTokens: true })).toBe('ab');
  });

  const pad = { id: 5000, content: '[PAD]', special: true };
  const end = { id: 0, content: '<|endoftext|>', special: true };
  const names = async (files: Record<string, unknown>) => {
    const { bosId, eosId, padId, vocabularySize } = await variantOf({ added_tokens: [end, pad] }, files);
    expect(vocabularySize).toBe(5001);
    return [bosId, eosId, padId];
  };

  test('take the default of their class where no file names them', async () => {
    expect(await names({})).toEqual([0, 0, undefined]);
    expect(await names({ 'tokenizer_config.json': { tokenizer_class: 'CodeGenTokenizer' } })).toEqual([
      0,
      0,
      undefined,
    ]);
    expect(await names({ 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast' } })).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('are named by special_tokens_map.json, then by tokenizer_config.json', async () => {
    const map = { 'special_tokens_map.json': { pad_token: '[PAD]', bos_token: 'a' } };
    expect(await names(map)).toEqual([65, 0, 5000]);
    expect(
      await names({ ...map, 'tokenizer_config.json': { bos_token: { content: 'b' }, eos_token: null } }),
    ).toEqual([65, undefined, 5000]);
  });

  test('count in maxTokens', async () => {
    const variant = await variantOf(oracle.variants.template!.fields);
    const options = { addSpecialTokens: true, maxTokens: 4 };
    const { tokens, offsets, truncated } = variant.encode('x y z w', options);
    expect([...tokens]).toEqual([0, ...variant.encode('x y').tokens, 65]);
    expect([...offsets]).toEqual([0, 0, 0, 1, 1, 3, 0, 0]);
    expect(truncated).toBe(true);
    expect(() => variant.encode('x', { addSpecialTokens: true, maxTokens: 1 })).toThrow(
      'Expected a number >= 2 for maxTokens',
    );
  });
});

test('an id that no token has decodes to nothing', () => {
  expect(tokenizer.decode([65, 4096, 66])).toBe('ab');
  expect(tokenizer.decode([])).toBe('');
});

test('a byte-order mark survives decoding', () => {
  expect(tokenizer.decode(tokenizer.encode('\ufeffx').tokens)).toBe('\ufeffx');
});

test('long words without a break', () => {
  const text = `x${'ab'.repeat(100_000)}😀${'='.repeat(50_000)}`;
  const { tokens, offsets } = tokenizer.encode(text);
  expect(tokenizer.decode(tokens)).toBe(text);
  expect(offsets.at(-1)).toBe(text.length);
});

test('a word of more characters than V8 can match is refused', () => {
  expect(() => tokenizer.encode(`x ${'😀'.repeat(6_000_000)}`)).toThrow(
    'Expected text whose words can be told apart but received one of millions of characters, which begins at character 1.',
  );
});

test('no token of the shipped vocabulary holds a part of an e-mail address with its @', () => {
  for (let id = 0; id < tokenizer.vocabularySize; id++)
    expect(tokenizer.decode([id])).not.toMatch(/[A-Za-z0-9]@|@[A-Za-z0-9]/);
});

describe('misuse', () => {
  test.each<[unknown, object | undefined, string]>([
    [5, undefined, 'Expected a string for text but received 5 of type number.'],
    [
      'x',
      { maxTokens: -1 },
      'Expected a number >= 0 for maxTokens in options of encode but received -1 of type number.',
    ],
    [
      'x',
      { maxTokens: 1.5 },
      'Expected an integer for maxTokens in options of encode but received 1.5 of type number.',
    ],
    ['x', { maxToken: 1 }, 'Expected only known keys in options of encode but received "maxToken".'],
  ])('encode(%j, %j)', (text, options, message) => {
    expect(() => tokenizer.encode(text as string, options)).toThrow(message);
  });

  test.each([-1, 1.5, Number.NaN, '5'])('decode([%j])', (id) => {
    expect(() => tokenizer.decode([id as number])).toThrow(
      'Expected an integer >= 0 for token 0 but received',
    );
  });
});
