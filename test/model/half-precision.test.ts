/**
 * Half precision at the scale of weights that transformers initialises a config with: log-probabilities are within 1e-2
 * of those of the same weights in float32 (in float16 2e-3), as transformers' own are. The weights of the fixtures are
 * larger, for sharp predictions, and move transformers' own by up to 1: families.parity compares root mean squares there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { DECODERS, familyFixture } from '../oracle/families.js';
import { distance, fixture, VARIANTS } from '../oracle/fixtures.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-half-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const LIMITS = [
  ['bfloat16', 1e-2],
  ['float16', 2e-3],
] as const;

test.each([
  ...VARIANTS.map((variant) => [`gpt2-${variant}`, fixture(`gpt2-${variant}`)] as const),
  ...DECODERS.map((variant) => [variant, familyFixture(variant)] as const),
])('%s', async (name, path) => {
  await using original = await Model.load(path);
  const config = { ...original.config, initializer_range: 0.02 };
  const sequences = [40, 3, 17].map((length, row) =>
    Int32Array.from({ length }, (_, t) => (7 * t * t + 13 * row + t) % original.vocabularySize),
  );
  for (const [dtype, limit] of LIMITS) {
    const directory = join(scratch, `${name}-${dtype}`);
    await using drawn = await Model.create(config, { dtype, seed: 3 });
    await drawn.save(directory);
    await using wide = await Model.load(directory);
    await using narrow = await Model.load(directory, { dtype });
    const expected = await wide.score(sequences);
    const scores = await narrow.score(sequences);
    for (const [i, { logprobs }] of scores.entries()) {
      const apart = distance(logprobs, expected[i]!.logprobs);
      expect(apart).toBeLessThan(limit);
      // Otherwise it would not have been computed in half precision.
      expect(apart).toBeGreaterThan(0);
    }
  }
});
