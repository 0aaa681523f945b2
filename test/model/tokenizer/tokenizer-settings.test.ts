/** The small files beside tokenizer.json, and vocab.json with merges.txt, as AutoTokenizer of transformers reads them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';

/** Made by test/oracle/make_tokenizer_settings.py. */
interface Fixture {
  readonly tokenizer: {
    readonly pre_tokenizer: object;
    readonly model: {
      readonly vocab: Record<string, number>;
      readonly merges: readonly (readonly string[])[];
    };
  };
  readonly cases: readonly (Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly special: readonly (number | null)[];
    readonly texts: readonly { text: string; ids: number[]; offsets: number[] }[];
  })[];
}

const path = fileURLToPath(new URL('../../fixtures/tokenizer/settings.json', import.meta.url));
const { tokenizer, cases } = JSON.parse(await readFile(path, 'utf8')) as Fixture;
const scratch = await mkdtemp(join(tmpdir(), 'lethe-settings-'));
afterAll(() => rm(scratch, { recursive: true }));

async function directoryOf(given: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(scratch, 'case-'));
  const write = (name: string, value: unknown) =>
    writeFile(join(directory, name), typeof value === 'string' ? value : JSON.stringify(value));
  if (given.vocabulary) {
    await write('vocab.json', tokenizer.model.vocab);
    const merges = tokenizer.model.merges.map((merge) => merge.join(' '));
    await write('merges.txt', ['#version: 0.2', ...merges, ''].join('\n'));
  } else {
    const pre_tokenizer = { ...tokenizer.pre_tokenizer, add_prefix_space: given.prefix === true };
    await write('tokenizer.json', { ...tokenizer, pre_tokenizer });
  }
  for (const name of ['config', 'tokenizer_config', 'special_tokens_map', 'added_tokens'])
    if (given[name] !== undefined) await write(`${name}.json`, given[name]);
  return directory;
}

describe.each(cases)('$name', (given) => {
  test('ids, offsets, and the tokens of each role', async () => {
    const { bosId, eosId, padId, ...loaded } = await load(given);
    for (const { text, ids, offsets } of given.texts) {
      const encoding = loaded.encode(text);
      expect([text, ...encoding.tokens]).toEqual([text, ...ids]);
      expect([text, ...encoding.offsets]).toEqual([text, ...offsets]);
    }
    expect([bosId, eosId, padId].map((id) => id ?? null)).toEqual(given.special);
  });
});

async function load(given: Readonly<Record<string, unknown>>) {
  const found = await Tokenizer.load(await directoryOf(given));
  const { bosId, eosId, padId } = found;
  return { bosId, eosId, padId, encode: (text: string) => found.encode(text) };
}

test('vocab.json of a class that is not known names the command that writes tokenizer.json', async () => {
  const settings = { tokenizer_class: 'BartTokenizer' };
  const directory = await directoryOf({ vocabulary: true, tokenizer_config: settings });
  await expect(Tokenizer.load(directory)).rejects.toMatchObject({
    code: 'ERR_MODEL_UNSUPPORTED',
    message: expect.stringContaining('vocab.json of BartTokenizer'),
    remedy: expect.stringContaining('save_pretrained'),
  });
});

test('tokens that only the small files name are counted apart', async () => {
  const { ownVocabularySize, vocabularySize, padId } = await Tokenizer.load(
    await directoryOf({ tokenizer_config: { pad_token: '<new>' } }),
  );
  expect([ownVocabularySize, vocabularySize, padId]).toEqual([300, 301, 300]);
});
