import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type Encoding, Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';
import { Random } from '../../../lib/random.js';

/** Made by test/oracle/make_tokenizer_families.py with the Rust tokenizers library. */
interface Fixture {
  readonly tokenizer: { readonly added_tokens: readonly { id: number; content: string }[] };
  readonly cases: readonly {
    text: string;
    special: boolean;
    ids: number[];
    offsets: number[];
    decoded?: [string, string];
  }[];
  readonly ids: readonly { ids: number[]; decoded?: [string, string] }[];
  readonly long: readonly { unit: string; times: number; digest: string }[];
  readonly files: readonly string[];
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const fixtures = join(root, 'test/fixtures/tokenizer');
const families = (await readdir(join(fixtures, 'families')))
  .map((name) => name.replace('.json.gz', ''))
  .sort();
const { files } = JSON.parse(await readFile(join(fixtures, 'oracle.json'), 'utf8')) as {
  files: readonly { path: string; sha256: string }[];
};
const directories = await mkdtemp(join(tmpdir(), 'lethe-tokenizers-'));
afterAll(() => rm(directories, { recursive: true }));

function digest({ tokens, offsets }: Encoding): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [tokens, offsets])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex').slice(0, 16);
}

test('every family is here', () => {
  expect(families).toEqual([
    'bert-cased',
    'bert-uncased',
    'codegen',
    'deepseek',
    'gemma',
    'lacking',
    'lacking-fused',
    'lacking-unknown',
    'llama2',
    'llama2-metaspace',
    'llama3',
    'qwen2',
    'roberta',
    'starcoder',
    'unknown-fused',
    'unknown-single',
  ]);
});

describe.each(families)('%s', async (family) => {
  const fixture = JSON.parse(
    gunzipSync(await readFile(join(fixtures, 'families', `${family}.json.gz`))).toString('utf8'),
  ) as Fixture;
  const directory = await mkdtemp(join(directories, `${family}-`));
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(fixture.tokenizer));
  const tokenizer = await Tokenizer.load(directory);

  test('ids and offsets of the Rust tokenizers library', () => {
    expect(fixture.cases.length).toBeGreaterThan(100);
    for (const { text, special, ids, offsets } of fixture.cases) {
      const encoding = tokenizer.encode(text, { addSpecialTokens: special });
      expect([text, ...encoding.tokens]).toEqual([text, ...ids]);
      expect([text, ...encoding.offsets]).toEqual([text, ...offsets]);
    }
  });

  test('its decoded text, with and without special tokens', () => {
    for (const { ids, decoded } of [...fixture.cases, ...fixture.ids]) {
      if (decoded === undefined) continue;
      expect([ids, tokenizer.decode(ids)]).toEqual([ids, decoded[0]]);
      expect([ids, tokenizer.decode(ids, { skipSpecialTokens: true })]).toEqual([ids, decoded[1]]);
    }
  });

  test('words of up to a megabyte', () => {
    for (const { unit, times, digest: expected } of fixture.long)
      expect([unit, digest(tokenizer.encode(unit.repeat(times)))]).toEqual([unit, expected]);
  });

  test('installed source files', async () => {
    expect(fixture.files.length).toBe(files.length);
    for (const [i, { path, sha256 }] of files.entries()) {
      const data = await readFile(join(root, 'node_modules', path));
      expect([path, createHash('sha256').update(data).digest('hex')]).toEqual([path, sha256]);
      expect([path, digest(tokenizer.encode(data.toString('utf8')))]).toEqual([path, fixture.files[i]]);
    }
  });

  test('truncation gives the first tokens of the full encoding, and a lone surrogate is U+FFFD', () => {
    const random = new Random(7);
    for (const { text } of fixture.cases) {
      const at = random.integer(text.length + 1);
      const torn = `${text.slice(0, at)}\ud83d${text.slice(at)}\ude00`;
      const full = tokenizer.encode(torn);
      expect(tokenizer.encode(Buffer.from(torn, 'utf8').toString('utf8'))).toEqual(full);
      const maxTokens = random.integer(full.tokens.length + 2);
      const cut = tokenizer.encode(torn, { maxTokens });
      expect(cut.tokens).toEqual(full.tokens.slice(0, maxTokens));
      expect(cut.offsets).toEqual(full.offsets.slice(0, 2 * maxTokens));
      expect(cut.truncated).toBe(full.tokens.length > maxTokens);
    }
  });

  test('added tokens decode to their own text', () => {
    for (const { id, content } of fixture.tokenizer.added_tokens)
      if (!family.startsWith('llama2') && !family.startsWith('bert'))
        expect(tokenizer.decode([id])).toBe(content);
  });
});

test('a megabyte of spaces that an added token takes along', async () => {
  const directory = await mkdtemp(join(directories, 'spaces-'));
  const stored = gunzipSync(await readFile(join(fixtures, 'families/roberta.json.gz'))).toString('utf8');
  await writeFile(
    join(directory, 'tokenizer.json'),
    JSON.stringify((JSON.parse(stored) as Fixture).tokenizer),
  );
  const { tokens, offsets } = (await Tokenizer.load(directory)).encode(`x${' '.repeat(1_000_000)}<mask>`);
  expect(tokens.length).toBe(2);
  expect([...offsets]).toEqual([0, 1, 1_000_001, 1_000_007]);
});

test('parts that no family has', async () => {
  const read = async (name: string) =>
    JSON.parse(gunzipSync(await readFile(join(fixtures, name))).toString('utf8')) as unknown;
  const { tokenizer: plain } = (await read('families/starcoder.json.gz')) as Fixture;
  const parts = (await read('parts.json.gz')) as {
    fields: object;
    cases: { text: string; ids: number[]; offsets: number[] }[];
  }[];
  expect(parts.length).toBeGreaterThan(20);
  for (const { fields, cases } of parts) {
    const directory = await mkdtemp(join(directories, 'part-'));
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify({ ...plain, ...fields }));
    const tokenizer = await Tokenizer.load(directory);
    for (const { text, ids, offsets } of cases) {
      const encoding = tokenizer.encode(text);
      expect([fields, text, ...encoding.tokens]).toEqual([fields, text, ...ids]);
      expect([fields, text, ...encoding.offsets]).toEqual([fields, text, ...offsets]);
    }
  }
});
