import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestText } from '../../../lib/data/digest.js';
import { readRunManifest, writeRunManifest } from '../../../lib/data/outputs/run-manifest.js';
import { createRunRecorder } from '../../../lib/data/outputs/run-recorder.js';
import { temporaryDirectory } from '../temporary.js';

const directory = temporaryDirectory();

test('a recorded run is written and read back', async () => {
  await writeFile(join(directory, 'input.jsonl'), 'abc');
  const recorder = createRunRecorder({
    command: 'unlearn',
    options: { learningRate: 1e-5 },
    seed: 2n ** 60n,
    versions: { libtorch: '2.13.0' },
  });
  await recorder.addInput(join(directory, 'input.jsonl'));
  expect(await recorder.step('train', async () => 'trained')).toBe('trained');
  await expect(
    recorder.step('measure', async () => {
      throw new RangeError('failed');
    }),
  ).rejects.toThrow('failed');
  const manifest = recorder.finish({ loss: 0.5 });

  expect(manifest).toMatchObject({
    version: 1,
    command: 'unlearn',
    options: { learningRate: 1e-5 },
    seed: '1152921504606846976',
    versions: { libtorch: '2.13.0', node: process.versions.node },
    inputs: [{ path: join(directory, 'input.jsonl'), digest: digestText('abc') }],
    results: { loss: 0.5 },
  });
  expect(manifest.versions.lethe).toMatch(/^\d+\.\d+\.\d+/);
  expect(manifest.steps.map(({ name }) => name)).toEqual(['train', 'measure']);
  expect(manifest.peakMemoryBytes).toBeGreaterThan(2 ** 20);
  expect(Date.parse(manifest.finishedAt)).toBeGreaterThanOrEqual(Date.parse(manifest.startedAt));
  expect(manifest.model).toBeUndefined();

  await writeRunManifest(directory, manifest);
  expect(await readRunManifest(directory)).toEqual(manifest);
});

test.each<[string, string, string]>([
  ['no JSON', '{', 'Expected JSON in FILE but '],
  [
    'another version',
    '{"version":2}',
    'Expected one of 1 for version in FILE but received 2 of type number.',
  ],
])('%s is no manifest', async (_, content, message) => {
  const path = join(directory, 'run.json');
  await writeFile(path, content);
  const error = await readRunManifest(directory).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'InputError', code: 'ERR_FILE_FORMAT' });
  expect((error as Error).message.replaceAll(path, 'FILE')).toContain(message);
});

test('a directory without a run is named', async () => {
  await expect(readRunManifest(join(directory, 'none'))).rejects.toMatchObject({
    code: 'ERR_FILE_NOT_FOUND',
  });
});
