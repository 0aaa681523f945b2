/** MA and EL_n equal the published definition taken literally (test/oracle/memorizing.py), on a memorizing model. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureMemorization } from '../../lib/memorization/measure.js';
import { measureSecrets } from '../../lib/memorization/measure-secrets.js';
import { Model } from '../../lib/model/model.js';
import { drain } from '../../lib/progress.js';
import { fixture, readFixture } from '../oracle/fixtures.js';

interface Expected {
  readonly tokens: readonly number[];
  readonly ma: number;
  readonly el: Readonly<Record<string, number | null>>;
  readonly secrets: readonly { first: number; end: number; ma: number; el: Record<string, number> }[];
}

let model: Model;
let sequences: readonly Expected[];
beforeAll(async () => {
  model = await Model.load(fixture('memorizing'));
  ({ sequences } = await readFixture<{ sequences: Expected[] }>('memorizing/expected.json'));
});
afterAll(() => model.dispose());

// Both sides divide integers and add up to 60 quotients: only the order of the additions may differ.
const ROUNDING = 12;

test('MA and EL_n of whole sequences', async () => {
  const tokens = sequences.map((sequence) => Int32Array.from(sequence.tokens));
  const { perExample } = await drain(measureMemorization(model, tokens));
  for (const [i, measured] of perExample.entries()) {
    const wanted = sequences[i]!;
    expect(measured.memorizationAccuracy).toBeCloseTo(wanted.ma, ROUNDING);
    for (const [n, value] of Object.entries(wanted.el)) {
      // The definition says nothing of a sequence without an n-gram to extract.
      if (value !== null) expect(measured.extractionLikelihood[Number(n)]).toBeCloseTo(value, ROUNDING);
    }
  }
  const spread = perExample.map(({ extractionLikelihood }) => extractionLikelihood[10]!);
  expect(Math.max(...spread.filter((value) => value < 1))).toBeGreaterThan(0.2);
});

test('MA and EL_n of secrets after their prefix', async () => {
  const documents = sequences.map(({ tokens, secrets }, i) => ({
    id: String(i),
    tokens: Int32Array.from(tokens),
    spans: secrets.map(({ first, end }) => ({ first, last: end - 1 })),
  }));
  const { perExample } = await drain(measureSecrets(model, documents));
  for (const [i, { secrets }] of perExample.entries()) {
    for (const [j, measured] of secrets.entries()) {
      const wanted = sequences[i]!.secrets[j]!;
      expect(measured.memorizationAccuracy).toBeCloseTo(wanted.ma, ROUNDING);
      for (const [n, value] of Object.entries(wanted.el)) {
        expect(measured.extractionLikelihood[Number(n)]).toBeCloseTo(value, ROUNDING);
      }
    }
  }
});
