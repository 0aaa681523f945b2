/** Log-probabilities of secrets equal transformers' (test/oracle/extraction.py); n by the published values. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { measureExtraction, samplesUntil } from '../../lib/memorization/extraction.js';
import { Model, type Sampler } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';
import type { Secret } from '../../lib/secrets/secret.js';
import { maskTokens } from '../../lib/secrets/token-mask.js';
import { sequencesOf, tinyModel } from './tiny.js';

const MODEL = fileURLToPath(new URL('../fixtures/memorization/apart', import.meta.url));

interface Expected {
  readonly cases: readonly {
    readonly sampler: Required<Sampler>;
    readonly secrets: readonly {
      readonly logp: number | null;
      readonly curve: readonly { readonly prefix: number; readonly logp: number | null }[];
    }[];
  }[];
}

async function documents() {
  const tokenizer = await Tokenizer.load(MODEL);
  const records = JSON.parse(await readFile(`${MODEL}/records.json`, 'utf8')) as {
    id: string;
    text: string;
    secrets: Secret[];
  }[];
  return records.map(({ id, text, secrets }) => {
    const encoding = tokenizer.encode(text);
    return { id, tokens: encoding.tokens, spans: maskTokens(encoding, secrets).spans };
  });
}

/** What JSON makes of a number that it has no word for. */
const never = (value: number | null) => value ?? Number.NEGATIVE_INFINITY;

test("log p under 7 samplers after prefixes of 8 to 256 tokens is transformers' to 1e-4", async () => {
  const { cases } = JSON.parse(await readFile(`${MODEL}/extraction.json`, 'utf8')) as Expected;
  await using model = await Model.load(MODEL);
  const given = await documents();
  let compared = 0;
  for (const { sampler, secrets } of cases) {
    const measured = (await drain(measureExtraction(model, given, { sampler }))).flat();
    expect(measured).toHaveLength(secrets.length);
    for (const [i, wanted] of secrets.entries()) {
      const { logp, curve } = measured[i]!;
      const pairs = [[logp, never(wanted.logp)] as const];
      expect(curve.map(({ prefix }) => prefix)).toEqual(wanted.curve.map(({ prefix }) => prefix));
      for (const [j, point] of wanted.curve.entries()) pairs.push([curve[j]!.logp, never(point.logp)]);
      for (const [actual, expected] of pairs) {
        compared++;
        if (expected === Number.NEGATIVE_INFINITY) expect(actual).toBe(expected);
        else expect(Math.abs(actual - expected)).toBeLessThan(1e-4);
      }
    }
  }
  expect(compared).toBeGreaterThan(500);
});

test('greedy sampling writes a secret for certain or never, as the tokens are the likeliest or not', async () => {
  await using model = await Model.load(MODEL);
  const given = await documents();
  const measured = await drain(measureExtraction(model, given, { sampler: { temperature: 0 } }));
  const scores = await model.score(given.map(({ tokens }) => tokens));
  let certain = 0;
  for (const [i, { spans }] of given.entries())
    for (const [j, { first, last }] of spans.entries()) {
      // The fixture's secrets have at most 128 tokens before them, so that the whole document is their prefix.
      if (first > 128) continue;
      const reproduced = !scores[i]!.hits.subarray(first - 1, last).includes(0);
      if (reproduced) certain++;
      expect(measured[i]![j]!.logp).toBe(reproduced ? 0 : Number.NEGATIVE_INFINITY);
      expect(measured[i]![j]!.n50).toBe(reproduced ? 0 : Number.POSITIVE_INFINITY);
    }
  expect(certain).toBeGreaterThan(0);
});

describe('samplesUntil', () => {
  test.each([
    [0.01, 0.5, 68.9676],
    [0.001, 0.9, 2301.4336],
    [0.2, 0.99, 20.6377],
    [1e-6, 0.5, 693_146.834],
    [1e-12, 0.5, 6.93147e11],
  ])('p %d appears with probability %d after %d samples', (p, share, n) => {
    expect(Math.abs(samplesUntil(share, Math.log(p)) / n - 1)).toBeLessThan(1e-6);
  });

  test('a certain secret needs no second sample, an impossible one never comes', () => {
    expect(samplesUntil(0.99, 0)).toBe(0);
    expect(samplesUntil(0.5, Number.NEGATIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(samplesUntil(0.5, -2000)).toBe(Number.POSITIVE_INFINITY);
    expect(samplesUntil(0.5, Number.NaN)).toBeNaN();
  });
});

test('the curve has the lengths that the document has, and its best is the shortest of the likeliest', async () => {
  await using model = await tinyModel();
  const [tokens] = sequencesOf(1, 40, 40, 3);
  const spans = [
    { first: 0, last: 0 },
    { first: 0, last: 3 },
    { first: 12, last: 14 },
  ];
  const options = { prefixes: [12, 4, 13, 4] };
  const [[none, headless, inside] = []] = await drain(
    measureExtraction(model, [{ id: 'a', tokens: tokens!, spans }], options),
  );
  expect(none).toMatchObject({ logp: Number.NaN, curve: [], n50: Number.NaN, cheapestPrefix: undefined });
  const [score] = await model.score([tokens!]);
  const sum = (from: number, to: number) => score!.logprobs.slice(from - 1, to).reduce((a, b) => a + b, 0);
  expect(headless!.logp).toBeCloseTo(sum(1, 3), 5);
  expect(inside!.curve.map(({ prefix }) => prefix)).toEqual([4, 12]);
  expect(inside!.curve[1]!.logp).toBe(inside!.logp);
  expect(inside!.logp).toBeCloseTo(sum(12, 14), 5);
  const best = inside!.curve[0]!.logp >= inside!.curve[1]!.logp ? 4 : 12;
  expect(inside!.cheapestPrefix).toBe(best);
});
