import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../../lib/errors.js';
import { readSet, writeSet } from '../../lib/sets/set-file.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-sets-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('a set survives writing and reading, one record a line', async () => {
  const path = join(directory, 'forget.jsonl');
  const secret = { tag: 'EMAIL', type: 'Email Address', value: 'j@x.org', start: 3, end: 10 } as const;
  const records = [
    { id: 'a', text: '// j@x.org\n', secrets: [secret], ma: 0.96875, el10: 0.5 },
    { id: 'b', text: 'é\u2028"' },
  ];
  expect(await writeSet(path, records)).toBe(2);
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3);
  expect(await readSet(path)).toEqual(records);
});

test.each([
  ['{"id": "a"}'],
  ['{"id": "a", "text": "x", "ma": 1.5}'],
  ['{"id": "a", "text": "x", "secrets": [{"tag": "KEY", "type": "t", "value": "v", "start": 4, "end": 4}]}'],
])('%s is refused', async (line) => {
  const path = join(directory, 'bad.jsonl');
  await writeFile(path, `${line}\n`);
  await expect(readSet(path)).rejects.toThrow(InputError);
});

test('a secret that is not what its text holds is refused, naming record and line', async () => {
  const path = join(directory, 'moved.jsonl');
  await writeFile(
    path,
    '{"id": "a", "text": "x"}\n{"id": "b", "text": "é = v", "secrets": [{"tag": "KEY", "type": "t", "value": "v", "start": 5, "end": 6}]}\n',
  );
  await expect(readSet(path)).rejects.toThrow(/at 5 to 6 of the text of record "b" in .*moved\.jsonl line 2/);
});
