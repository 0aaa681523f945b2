/** Scores of sequences that all follow the same tokens are those of the whole; those under a sampler, those that it draws with. */
import { describe, expect, test } from 'vitest';
import { Model, type Score } from '../../lib/model/model.js';
import { Random } from '../../lib/random.js';
import { DECODERS, familyFixture } from '../oracle/families.js';
import { distance, fixture, readFixture, VARIANTS } from '../oracle/fixtures.js';

const MODELS = [
  ...DECODERS.map((variant) => [variant, familyFixture(variant)] as const),
  ...VARIANTS.map((variant) => [`gpt2-${variant}`, fixture(`gpt2-${variant}`)] as const),
];

describe.each(MODELS)('%s', (_, directory) => {
  test('what follows the same tokens scores as the whole does, in any batch', async () => {
    await using model = await Model.load(directory);
    const random = new Random(7);
    const draw = (length: number) => Int32Array.from({ length }, () => random.integer(model.vocabularySize));
    for (const before of [1, 2, 11]) {
      const after = draw(before);
      const sequences = [1, 4, 9, 2, 12].map(draw);
      const whole = await model.score(sequences.map((tokens) => Int32Array.of(...after, ...tokens)));
      for (const batchTokens of [8192, 30, 1]) {
        const scores = await model.score(sequences, { after, batchTokens });
        for (const [i, score] of scores.entries()) {
          const own = (values: Score[keyof Score]) => values.subarray(before - 1);
          expect(score.logprobs).toHaveLength(sequences[i]!.length);
          expect(distance(score.logprobs, own(whole[i]!.logprobs))).toBeLessThan(1e-4);
          expect(distance(score.means, own(whole[i]!.means))).toBeLessThan(1e-4);
          expect([...score.ranks]).toEqual([...own(whole[i]!.ranks)]);
          expect([...score.hits]).toEqual([...own(whole[i]!.hits)]);
        }
      }
    }
  });
});

test('under a sampler: the probabilities of transformers, of all tokens, and never for those that are left out', async () => {
  interface Case {
    readonly temperature: number;
    readonly topK: number;
    readonly topP: number;
    readonly ids: readonly number[];
    readonly probabilities: readonly number[];
  }
  const { prompt, cases } = await readFixture<{ prompt: number[]; cases: Case[] }>('sampling.json');
  await using model = await Model.load(fixture('gpt2-plain'));
  const after = Int32Array.from(prompt);
  const all = Array.from({ length: model.vocabularySize }, (_, id) => Int32Array.of(id));
  const plain = await model.score(all, { after });
  for (const { ids, probabilities, ...sampler } of cases) {
    const scores = await model.score(all, { after, sampler });
    const expected = new Map(ids.map((id, i) => [id, probabilities[i]!]));
    for (const [id, { logprobs, ranks, means }] of scores.entries()) {
      expect(Math.abs(Math.exp(logprobs[0]!) - (expected.get(id) ?? 0))).toBeLessThan(1e-5);
      if (!expected.has(id)) expect(logprobs[0]).toBe(Number.NEGATIVE_INFINITY);
      // The model's own, whatever the sampler.
      expect([ranks, means]).toEqual([plain[id]!.ranks, plain[id]!.means]);
    }
  }
});

test.each<[string, object, string]>([
  ['no token to follow', { after: new Int32Array() }, 'at least one token'],
  ['a token beyond the vocabulary', { after: Int32Array.of(999_999, 1) }, 'vocabulary'],
  ['more than the context', { after: new Int32Array(4000) }, 'context'],
  ['a top-p of nothing', { sampler: { topP: 0 } }, 'topP'],
  ['a temperature below 0', { sampler: { temperature: -1 } }, 'temperature'],
  ['a sampler of unknown kind', { sampler: { typicalP: 1 } }, 'typicalP'],
])('refuses %s', async (_, options, words) => {
  await using model = await Model.load(fixture('gpt2-plain'));
  await expect(model.score([Int32Array.of(1, 2)], options)).rejects.toThrow(words);
});
