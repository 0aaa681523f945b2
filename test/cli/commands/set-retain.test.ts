/** `set retain --model`: the published rule, and what the command refuses. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureContinuations } from '../../../lib/memorization/continuation.js';
import { Model } from '../../../lib/model/model.js';
import { Tokenizer } from '../../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../../lib/progress.js';
import { lethe, parseLines, workspace, writeLines } from '../run-cli.js';

const MODEL = fileURLToPath(new URL('../../fixtures/memorization/apart', import.meta.url));
let space: Awaited<ReturnType<typeof workspace>>;
let records: readonly { readonly id: string; readonly text: string }[];

beforeAll(async () => {
  space = await workspace();
  const found = JSON.parse(await readFile(`${MODEL}/records.json`, 'utf8')) as { id: string; text: string }[];
  records = [...found.map(({ id, text }) => ({ id, text })), { id: 'short', text: 'import os\n' }];
  await writeLines(space.at('in.jsonl'), records);
});
afterAll(() => space[Symbol.asyncDispose]());

const retain = (...args: string[]) => lethe(['set', 'retain', '--input', space.at('in.jsonl'), ...args]);

test('draws all documents of the BLEU that is asked for, writes it, and counts those that are too short', async () => {
  await using model = await Model.load(MODEL);
  const tokenizer = await Tokenizer.load(MODEL);
  const sequences = records.map(({ text }) => tokenizer.encode(text).tokens);
  const sizes = { prefixTokens: 16, suffixTokens: 16 };
  const measured = await drain(measureContinuations(model, tokenizer, sequences, sizes));
  const wanted = records
    .map(({ id, text }, i) => ({ id, text, bleu4: measured[i]?.bleu4 ?? -1 }))
    .filter(({ bleu4 }) => bleu4 >= 0.3);
  const short = measured.filter((each) => each === undefined).length;
  expect(wanted.length).toBeGreaterThan(1);
  expect(wanted.length).toBeLessThan(records.length - short);
  const { code, stderr } = await retain(
    ...['--model', MODEL, '--output', space.at('out'), '--size', '50', '--allow-fewer'],
    ...['--prefix-tokens', '16', '--suffix-tokens', '16', '--min-bleu', '0.3'],
  );
  expect(code, stderr).toBe(0);
  const written = parseLines(await readFile(space.at('out/retain.jsonl'), 'utf8')) as typeof wanted;
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(written.sort(byId)).toEqual(wanted.sort(byId));
  expect(stderr).toContain(`Passed over ${short} of 13 documents of fewer than 32 tokens.`);
  expect(stderr).toContain(`${wanted.length} of 13 documents have a BLEU-4 >= 0.3 of 16 tokens after 16; `);
  const { results } = JSON.parse(await readFile(space.at('out/run.json'), 'utf8'));
  expect(results).toMatchObject({ candidates: 13, qualified: wanted.length, tooShort: short });
});

test.each([
  [['--size', '3'], 'Expected one of --model and --scores but received neither.'],
  [['--model', MODEL, '--scores', 'in.jsonl'], 'Expected one of --model and --scores but received both.'],
  [['--model', MODEL, '--min-accuracy', '0.5'], 'Expected --min-accuracy to have an effect but with --model'],
  [['--scores', 'in.jsonl', '--bleu', 'tokens'], 'Expected --bleu to have an effect but with --scores'],
  [['--scores', 'in.jsonl', '--dtype', 'bfloat16'], 'Expected --dtype to have an effect but with --scores'],
  [
    ['--model', MODEL, '--min-bleu', '1', '--suffix-tokens', '30'],
    'documents with BLEU-4 >= 1, without secrets',
  ],
  [['--model', MODEL, '--prefix-tokens', '300'], 'documents with BLEU-4 >= 0.95'],
])('refuses %j', async (args, words) => {
  const { code, stderr } = await retain('--output', space.at('refused'), ...args);
  expect(code).not.toBe(0);
  expect(stderr).toContain(words);
  expect(stderr).not.toMatch(/\n\s+at /);
});
