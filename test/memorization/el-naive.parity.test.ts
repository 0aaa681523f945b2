/** MA and EL_n of every decoder equal the published definition taken literally by transformers (test/oracle/families.py). */
import { describe, expect, test } from 'vitest';
import { measureMemorization } from '../../lib/memorization/measure.js';
import { Model } from '../../lib/model/model.js';
import { drain } from '../../lib/progress.js';
import { Random } from '../../lib/random.js';
import { DECODERS, type ExpectedDecoder, familyFixture, readFamily, tokensOf } from '../oracle/families.js';
import { naiveMemorization } from './naive.js';

// Both sides divide integers and add up a few dozen quotients: only the order of the additions may differ.
const ROUNDING = 12;

test.each(DECODERS)('%s', async (variant) => {
  const { memorization } = await readFamily<ExpectedDecoder>(variant);
  await using model = await Model.load(familyFixture(variant));
  // Beside others that share nothing with it.
  const random = new Random(4);
  const others = Array.from({ length: 2 }, () =>
    Int32Array.from({ length: 30 }, () => random.integer(model.vocabularySize)),
  );
  const sequences = [others[0]!, ...tokensOf([memorization]), others[1]!];
  const { perExample } = await drain(measureMemorization(model, sequences));
  const measured = perExample[1]!;
  expect(measured.memorizationAccuracy).toBeCloseTo(memorization.ma, ROUNDING);
  for (const [n, value] of Object.entries(memorization.el)) {
    expect(measured.extractionLikelihood[Number(n)]).toBeCloseTo(value, ROUNDING);
  }
});

describe('against one greedy decoding for every start', () => {
  test.each(['llama3', 'qwen2-window', 'codegen-bin'] as const)('%s', async (variant) => {
    const { greedy } = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(familyFixture(variant));
    const decode = async (prompt: Int32Array, maxTokens: number) => {
      const [row] = await model.generate([{ prompt }], { maxTokens, temperature: 0 });
      return row!.tokens;
    };
    // The model's own text with some tokens changed: it is right in stretches.
    const random = new Random(8);
    const sequences = greedy.map(({ prompt, tokens }) => {
      const whole = Int32Array.from([...prompt, ...tokens].slice(0, 40));
      for (let i = 0; i < 3; i++) whole[random.integer(whole.length)] = random.integer(model.vocabularySize);
      return whole;
    });
    const el = [2, 5, 10];
    const { perExample } = await drain(measureMemorization(model, sequences, { el }));
    for (const [i, tokens] of sequences.entries()) {
      const wanted = await naiveMemorization(tokens, 1, el, decode);
      expect(perExample[i]!.memorizationAccuracy).toBe(wanted.memorizationAccuracy);
      expect(perExample[i]!.extractionLikelihood).toEqual(wanted.extractionLikelihood);
    }
  });
});
