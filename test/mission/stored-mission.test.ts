/** What a report is made of is found wherever it is asked for, and after all of it was moved. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMission } from '../../lib/mission/read-mission.js';
import { readStoredMission, writeStoredMission } from '../../lib/mission/stored-mission.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lethe-stored-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test.each([
  ['beside the mission', 'model: models/m\ncorpus: src\nsecrets: {file: s.jsonl}\n', 'out'],
  ['in its directory', 'model: m\ncorpus: src\ndirectory: .\nunseen: {source: u.jsonl}\n', '.'],
])('a model %s, named by a relative path', async (_, text, filled) => {
  const before = join(root, `${filled} before`);
  const after = join(root, `${filled} after`);
  await mkdir(join(before, 'models/m'), { recursive: true });
  await mkdir(join(before, 'm'));
  await mkdir(join(before, 'out'));
  await writeFile(join(before, 'out.yaml'), text);

  const mission = await readMission(relative('.', join(before, 'out.yaml')));
  await writeStoredMission(mission, 'out.yaml');
  await rename(before, after);
  const stored = await readStoredMission(relative('.', join(after, filled)));
  const moved = await readMission(relative('.', join(after, 'out.yaml')));
  expect(stored).toEqual({ file: 'out.yaml', mission: { ...moved, directory: expect.anything() } });
  expect(relative(join(after, filled), stored.mission.directory)).toBe('');
});

test('a name on the hub stays one', async () => {
  const file = join(root, 'hub.yaml');
  await writeFile(file, 'model: org/name\ncorpus: /data\n');
  await mkdir(join(root, 'hub'));
  await writeStoredMission(await readMission(file), file);
  const { mission } = await readStoredMission(join(root, 'hub'));
  expect(mission).toMatchObject({ model: 'org/name', corpus: '/data' });
});
