/** A batch of one is the oracle of every batch: what a row gets does not depend on the rows beside it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { Random } from '../../lib/random.js';
import { distance, fixture } from '../oracle/fixtures.js';

let model: Model;
beforeAll(async () => {
  model = await Model.load(fixture('gpt2-untied'));
});
afterAll(() => model.dispose());

function sequence(random: Random, length: number): Int32Array {
  return Int32Array.from({ length }, () => random.integer(model.vocabularySize));
}

test('scores of a sequence, alone and beside others', async () => {
  const random = new Random(1);
  for (let round = 0; round < 5; round++) {
    const sequences = Array.from({ length: 7 }, () => sequence(random, 1 + random.integer(96)));
    for (const batchTokens of [1, 150, 8192]) {
      const together = await model.score(sequences, { batchTokens });
      for (const [i, tokens] of sequences.entries()) {
        const [alone] = await model.score([tokens]);
        expect(distance(together[i]!.logprobs, alone!.logprobs)).toBeLessThan(1e-5);
        expect(together[i]!.hits).toEqual(alone!.hits);
        expect(together[i]!.logprobs.length).toBe(tokens.length - 1);
      }
    }
  }
});

test('generated ids of a row, alone and beside others, over many seeds', async () => {
  const random = new Random(2);
  for (let seed = 0; seed < 12; seed++) {
    const shared = sequence(random, 20);
    const rows = Array.from({ length: 6 }, (_, i) => ({
      prompt: i % 3 === 0 ? shared : sequence(random, 1 + random.integer(40)),
      ...(i % 3 === 0 ? { start: 1 + random.integer(20) } : {}),
      maxTokens: 1 + random.integer(50),
      seed: random.bits(),
    }));
    const options = { maxTokens: 1, temperature: 1.3, topK: 20, topP: 0.95, stopIds: [random.integer(73)] };
    const together = await model.generate(rows, options);
    const backwards = (await model.generate(rows.toReversed(), { ...options, batchRows: 4 })).toReversed();
    expect(backwards).toEqual(together);
    for (const [i, row] of rows.entries()) {
      expect(await model.generate([row], options)).toEqual([together[i]]);
    }
  }
});

test('the same seed gives the same rows, another seed others', async () => {
  const prompt = sequence(new Random(3), 5);
  const rows = Array.from({ length: 8 }, () => ({ prompt }));
  const draw = (seed: number) => model.generate(rows, { maxTokens: 40, seed });
  const first = await draw(1);
  expect(await draw(1)).toEqual(first);
  expect(await draw(2)).not.toEqual(first);
  expect(new Set(first.map(({ tokens }) => tokens.join())).size).toBe(8);
  // A row's own stream follows its index in the call, not the batch it fell into.
  expect(await model.generate(rows, { maxTokens: 40, seed: 1, batchRows: 3 })).toEqual(first);
});
