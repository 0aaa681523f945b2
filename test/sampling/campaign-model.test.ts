import { rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestDirectory } from '../../lib/data/digest.js';
import { identifyModel } from '../../lib/sampling/campaign-model.js';
import { newDirectory } from './tiny.js';

it('digests a model again only when its files have changed', async () => {
  const directory = await newDirectory();
  const weights = join(directory, 'model.safetensors');
  await writeFile(weights, 'weights');
  const called = { name: 'org/model', commit: 'abc', dtype: 'float32' };
  const first = await identifyModel(directory, called);
  expect(first).toEqual({ ...called, digest: await digestDirectory(directory), stamp: first.stamp });
  expect(first.stamp).toMatch(/^[0-9a-f]{64}$/);

  // A digest that is not the files' shows that they were not read.
  const known = [
    { ...first, stamp: 'other' },
    { ...first, digest: 'remembered' },
  ];
  expect((await identifyModel(directory, called, known)).digest).toBe('remembered');
  await utimes(weights, new Date(0), new Date(0));
  expect((await identifyModel(directory, called, known)).digest).toBe(first.digest);
  await writeFile(weights, 'weight2');
  expect((await identifyModel(directory, called, known)).digest).not.toBe(first.digest);
  await rename(weights, join(directory, 'other'));
  expect((await identifyModel(directory, called, known)).digest).not.toBe(first.digest);
});
