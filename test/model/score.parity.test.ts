/** Scores and logits against transformers (test/oracle/gpt2.py). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { distance, type ExpectedModel, fixture, readExpected, VARIANTS } from '../oracle/fixtures.js';

describe.each(VARIANTS)('%s', (variant) => {
  let model: Model;
  let expected: ExpectedModel;
  beforeAll(async () => {
    expected = await readExpected(variant);
    model = await Model.load(fixture(`gpt2-${variant}`));
  });
  afterAll(() => model.dispose());

  test('has the parameters of the model in transformers', () => {
    expect(model.parameterCount).toBe(expected.parameterCount);
  });

  test('log-probabilities, hits, ranks and loss of a ragged batch', async () => {
    const scores = await model.score(expected.scores.map(({ tokens }) => Int32Array.from(tokens)));
    for (const [i, score] of scores.entries()) {
      const wanted = expected.scores[i]!;
      expect(distance(score.logprobs, wanted.logprobs)).toBeLessThan(1e-4);
      expect([...score.hits]).toEqual(wanted.hits);
      expect([...score.ranks]).toEqual(wanted.ranks);
      if (wanted.loss === null) continue;
      const loss = -score.logprobs.reduce((sum, value) => sum + value, 0) / score.logprobs.length;
      expect(Math.abs(loss - wanted.loss)).toBeLessThan(1e-5);
    }
  });

  // A row of logits is known from the log-probabilities of every token of the vocabulary in its place.
  test('whole rows of logits', async () => {
    for (const { sequence, position, values } of expected.logits) {
      const prefix = expected.scores[sequence]!.tokens.slice(0, position + 1);
      const scores = await model.score(values.map((_, token) => Int32Array.from([...prefix, token])));
      const logprobs = scores.map((score) => score.logprobs[position]!);
      const normalizer = Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));
      expect(
        distance(
          logprobs,
          values.map((value) => value - normalizer),
        ),
      ).toBeLessThan(1e-4);
      expect(logprobs.indexOf(Math.max(...logprobs))).toBe(values.indexOf(Math.max(...values)));
      // The ranks of all tokens of the vocabulary are a permutation.
      const ranks = scores.map((score) => score.ranks[position]!).sort((a, b) => a - b);
      expect(ranks).toEqual(values.map((_, rank) => rank));
    }
  });
});

test('a model computed in bfloat16 is near the one in float32', async () => {
  const expected = await readExpected('plain');
  await using model = await Model.load(fixture('gpt2-plain'), { dtype: 'bfloat16' });
  const wanted = expected.scores.at(-1)!;
  const [score] = await model.score([Int32Array.from(wanted.tokens)]);
  const apart = distance(score!.logprobs, wanted.logprobs);
  expect(apart).toBeGreaterThan(1e-4); // it is bfloat16
  expect(apart).toBeLessThan(0.5);
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  expect(Math.abs(mean(score!.logprobs) - mean(wanted.logprobs))).toBeLessThan(0.03);
});
