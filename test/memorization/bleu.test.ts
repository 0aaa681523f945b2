/** BLEU equals NLTK 3.8.1's (test/oracle/bleu.py). */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sentenceBleu } from '../../lib/memorization/bleu.js';

type Pairs<T> = readonly (readonly [reference: T, hypothesis: T, bleu: number])[];

const cases = async () => {
  const path = fileURLToPath(new URL('../fixtures/memorization/bleu.json.gz', import.meta.url));
  return JSON.parse(gunzipSync(await readFile(path)).toString('utf8')) as {
    strings: Pairs<string>;
    tokens: Pairs<number[]>;
  };
};

test.each(['strings', 'tokens'] as const)('1000 random pairs of %s, to 1e-12', async (kind) => {
  const pairs = (await cases())[kind];
  expect(pairs).toHaveLength(1000);
  let between = 0;
  for (const [reference, hypothesis, bleu] of pairs) {
    if (bleu > 0 && bleu < 1) between++;
    expect(Math.abs(sentenceBleu(reference, hypothesis) - bleu)).toBeLessThanOrEqual(1e-12);
  }
  expect(between).toBeGreaterThan(500);
});

test('the published example, and typed arrays as lists', () => {
  const hypothesis =
    'It is a guide to action which ensures that the military always obeys the commands of the party';
  const reference = 'It is a guide to action that ensures that the military will forever heed Party commands';
  const words = new Map<string, number>();
  const tokens = (text: string) =>
    text.split(' ').map((word) => words.set(word, words.get(word) ?? words.size).get(word)!);
  // NLTK's own documentation, methods 0 and 4.
  expect(sentenceBleu(tokens(reference), tokens(hypothesis))).toBeCloseTo(0.4118, 4);
  expect(sentenceBleu(Int32Array.from(tokens(reference)), Int32Array.from(tokens(hypothesis)))).toBe(
    sentenceBleu(tokens(reference), tokens(hypothesis)),
  );
});
