/** Hidden states of the encoders against transformers (test/oracle/families.py). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import {
  ENCODERS,
  type ExpectedEncoder,
  familyFixture,
  readFamily,
  respelled,
  tokensOf,
} from '../oracle/families.js';
import { distance } from '../oracle/fixtures.js';

describe.each(ENCODERS)('%s', (variant) => {
  let model: Model;
  let expected: ExpectedEncoder;
  beforeAll(async () => {
    expected = await readFamily<ExpectedEncoder>(variant);
    model = await Model.load(familyFixture(variant));
  });
  afterAll(() => model.dispose());

  test('has the parameters of the encoder in transformers, without its pooler', () => {
    expect(model.parameterCount).toBe(expected.parameterCount);
  });

  test('predicts no tokens, and says so', async () => {
    const sequences = [Int32Array.of(1, 2, 3)];
    const refused = { code: 'ERR_INVALID_OPTION', message: expect.stringContaining('encoder') };
    await expect(model.score(sequences)).rejects.toMatchObject(refused);
    await expect(model.generate([{ prompt: sequences[0]! }], { maxTokens: 1 })).rejects.toMatchObject(
      refused,
    );
  });

  test('hidden states after every layer, of a ragged batch and of each row alone', async () => {
    const sequences = tokensOf(expected.hidden);
    const count = expected.hidden[0]!.layers.length;
    for (let layer = 0; layer < count; layer++) {
      for (const batchTokens of [8192, 1]) {
        const encoded = await model.encode(sequences, { layer, batchTokens });
        for (const [i, states] of encoded.entries()) {
          const { tokens, from = 0, layers } = expected.hidden[i]!;
          const width = states.length / tokens.length;
          expect(distance(states.subarray(from * width), layers[layer]!)).toBeLessThan(1e-4);
        }
      }
    }
    expect(await model.encode(sequences)).toEqual(await model.encode(sequences, { layer: count - 1 }));
  });

  test('the config as transformers 5 writes it, and what is saved, are the same model', async () => {
    const sequences = tokensOf(expected.hidden);
    const wanted = await model.encode(sequences);
    const encode = async (directory: string) => {
      await using other = await Model.load(directory);
      return other.encode(sequences);
    };
    expect(await respelled(variant, 'transformers-5', encode)).toEqual(wanted);
    const directory = await mkdtemp(join(tmpdir(), 'lethe-'));
    try {
      await model.save(join(directory, 'saved'), { maxShardBytes: 20_000 });
      expect(await encode(join(directory, 'saved'))).toEqual(wanted);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('predicts nothing', async () => {
    const sequences = tokensOf(expected.hidden);
    await expect(model.score(sequences)).rejects.toThrow(/Expected/);
    await expect(model.generate([{ prompt: sequences[1]! }], { maxTokens: 1 })).rejects.toThrow(/Expected/);
  });

  test.each(['bfloat16', 'float16'] as const)('in %s stays near float32', async (dtype) => {
    await using narrow = await Model.load(familyFixture(variant), { dtype });
    const [states, wanted] = await Promise.all(
      [narrow, model].map(async (each) => (await each.encode(tokensOf(expected.hidden)))[3]!),
    );
    const rms = Math.sqrt(
      states!.reduce((sum, value, i) => sum + (value - wanted![i]!) ** 2, 0) / states!.length,
    );
    expect(rms).toBeLessThan(dtype === 'bfloat16' ? 0.06 : 0.01);
  });
});
