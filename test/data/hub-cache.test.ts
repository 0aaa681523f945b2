import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestDirectory } from '../../lib/data/digest.js';
import { createRunRecorder } from '../../lib/data/outputs/run-recorder.js';
import { CachedRepository, modelOfSnapshot } from '../../lib/model/hub/hub-cache.js';
import { temporaryDirectory } from './temporary.js';

const cache = temporaryDirectory();
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

it.each(['acme/tiny-code_1.5', 'gpt2', 'models/snapshots'])(
  'calls the snapshot of %s by its name',
  (name) => {
    const snapshot = new CachedRepository('cache', 'model', name).snapshot(COMMIT);
    expect(modelOfSnapshot(snapshot)).toEqual({ name, commit: COMMIT });
    expect(modelOfSnapshot(`${snapshot}/`)).toEqual({ name, commit: COMMIT });
  },
);

it.each([
  'models',
  `models--acme--tiny/snapshots/main`,
  `models--acme--tiny/blobs/${COMMIT}`,
  `own/snapshots/${COMMIT}`,
  new CachedRepository('cache', 'dataset', 'acme/tiny').snapshot(COMMIT),
])('takes %s for a directory', (directory) => {
  expect(modelOfSnapshot(directory)).toBeUndefined();
});

it('lets run.json say what a user calls a model of the hub', async () => {
  const snapshot = new CachedRepository(cache, 'model', 'acme/tiny').snapshot(COMMIT);
  await mkdir(snapshot, { recursive: true });
  await writeFile(join(snapshot, 'config.json'), '{}');
  const recorder = createRunRecorder({ command: 'score', options: {} });
  await recorder.setModel(snapshot);
  const digest = await digestDirectory(snapshot);
  expect(recorder.finish({}).model).toEqual({ path: 'acme/tiny', commit: COMMIT, digest });
});
