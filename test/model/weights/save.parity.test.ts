/** Saving and loading is the identity, and what is saved is what transformers reads (by hand: test/oracle/check_save.py). */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { readSafetensorsHeader } from '../../../lib/model/weights/safetensors.js';
import { fixture, readTensors, VARIANTS } from '../../oracle/fixtures.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe.each(VARIANTS.filter((variant) => variant !== 'bfloat16'))('%s', (variant) => {
  test('every weight comes back bit for bit, and nothing else is written', async () => {
    const saved = join(directory, variant);
    await using model = await Model.load(fixture(`gpt2-${variant}`));
    await model.save(saved);
    // expected.json is the fixture's own, and carried over.
    expect((await readdir(saved)).sort()).toEqual(['config.json', 'expected.json', 'model.safetensors']);
    const before = await readTensors(fixture(`gpt2-${variant}/model.safetensors`));
    const after = await readTensors(join(saved, 'model.safetensors'));
    expect(after.size).toBe(model.parameterNames().length);
    for (const [name, tensor] of after) {
      expect(tensor).toEqual(before.get(name) ?? before.get(name.replace(/^transformer\./, '')));
    }
    await using again = await Model.load(saved);
    await again.save(join(directory, `${variant}-again`));
    expect(await readFile(join(directory, `${variant}-again`, 'model.safetensors'))).toEqual(
      await readFile(join(saved, 'model.safetensors')),
    );
    const config = JSON.parse(await readFile(join(saved, 'config.json'), 'utf8'));
    const original = JSON.parse(await readFile(fixture(`gpt2-${variant}/config.json`), 'utf8'));
    expect(config).toMatchObject(original);
  });
});

test('a bfloat16 checkpoint stays bit for bit what it was, in bfloat16 and through float32', async () => {
  const path = fixture('gpt2-bfloat16');
  const narrow = join(directory, 'narrow');
  await using model = await Model.load(path, { dtype: 'bfloat16' });
  await model.save(narrow);
  const bytes = async (file: string) => {
    const { tensors } = await readSafetensorsHeader(file);
    const content = await readFile(file);
    return new Map(
      tensors.map(({ name, dtype, offset, sizeBytes }) => [
        name,
        { dtype, hex: content.subarray(offset, offset + sizeBytes).toString('hex') },
      ]),
    );
  };
  const original = await bytes(join(path, 'model.safetensors'));
  expect(await bytes(join(narrow, 'model.safetensors'))).toEqual(original);
  expect([...original.values()].every(({ dtype }) => dtype === 'BF16')).toBe(true);

  const wide = join(directory, 'wide');
  await using widened = await Model.load(path);
  await widened.save(wide);
  await using narrowed = await Model.load(wide, { dtype: 'bfloat16' });
  await narrowed.save(join(directory, 'narrowed'));
  expect(await bytes(join(directory, 'narrowed', 'model.safetensors'))).toEqual(original);
});

test('matrices that are read in several runs are whole, transposed or not, in every dtype', async () => {
  const names = ['tokens.weight', 'layers.0.mlp.up.weight', 'layers.0.mlp.down.weight'];
  const config = { model_type: 'gpt2', vocab_size: 2003, n_positions: 8, n_embd: 612, n_layer: 1, n_head: 4 };
  const all = (model: Model) => Promise.all(names.map((name) => model.readParameter(name)));
  const path = join(directory, 'runs');
  await using model = await Model.create(config, { seed: 1 });
  const wanted = await all(model);
  await model.save(path);
  await using float32 = await Model.load(path);
  expect((await all(float32)).map((values, i) => differences(values, wanted[i]!))).toEqual([0, 0, 0]);
  for (const [dtype, bits] of [
    ['bfloat16', 8],
    ['float16', 11],
  ] as const) {
    const half = join(directory, `runs-${dtype}`);
    await using narrow = await Model.load(path, { dtype });
    const rounded = await all(narrow);
    // Half a unit in the last place, or half the smallest number of float16.
    const wrong = rounded.map(
      (values, i) =>
        values.filter((value, j) => {
          const exact = wanted[i]![j]!;
          return Math.abs(value - exact) > Math.max(Math.abs(exact) * 2 ** -bits, 2 ** -25);
        }).length,
    );
    expect(wrong).toEqual([0, 0, 0]);
    await narrow.save(half);
    for (const to of [dtype, 'float32'] as const) {
      await using again = await Model.load(half, { dtype: to });
      expect((await all(again)).map((values, i) => differences(values, rounded[i]!))).toEqual([0, 0, 0]);
    }
  }
});

function differences(some: Float32Array, others: Float32Array): number {
  return some.length === others.length ? some.filter((value, i) => value !== others[i]).length : Infinity;
}

test('a snapshot keeps the weights that the model had', async () => {
  await using model = await Model.load(fixture('objective/start'));
  await using copy = await model.snapshot();
  const before = await model.readParameter('tokens.weight');
  await model.trainStep({
    terms: [{ loss: 'nll', set: 0, weight: 1 }],
    optimizer: {
      kind: 'adamw',
      learningRate: 0.1,
      beta1: 0.9,
      beta2: 0.98,
      epsilon: 1e-8,
      weightDecay: 0,
      maxGradNorm: 0,
    },
    microBatches: [[{ tokens: Int32Array.of(1, 2, 3), sets: Uint8Array.of(1, 1, 1) }]],
  });
  expect(await copy.readParameter('tokens.weight')).toEqual(before);
  expect(await model.readParameter('tokens.weight')).not.toEqual(before);
});
