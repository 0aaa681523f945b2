import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecords } from '../../lib/cli/records/records.js';
import { UniqueIds } from '../../lib/data/unique-ids.js';
import { openOutputs } from '../../lib/memorization/ranking/outputs.js';
import { plantSecrets } from '../../lib/sets/plant-secrets.js';
import { readSet } from '../../lib/sets/set-file.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-ids-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('an id is one whether it is a number or its digits, and shown with its place', () => {
  const ids = new UniqueIds();
  for (const id of ['a', 1, 2n, '01']) ids.add(id, 'x');
  for (const id of ['a', '1', '2', 2])
    expect(() => ids.add(id, 'd.jsonl line 9')).toThrow(
      `Expected an id of its own for the record in d.jsonl line 9 but "${id}" is that of an earlier one.`,
    );
});

const drain = async (records: AsyncIterable<unknown>) => {
  let count = 0;
  for await (const _ of records) count++;
  return count;
};

test.each<[string, string]>([
  ['given twice', '{"id":"a","text":"x"}\n{"id":"b","text":"y"}\n{"id":"a","text":"z"}\n'],
  ['that is the line of one without', '{"id":2,"text":"x"}\n{"text":"y"}\n'],
])('records, sets and outputs with an id %s are refused', async (_, lines) => {
  const path = join(directory, 'd.jsonl');
  await writeFile(path, lines);
  await expect(drain(readRecords(path))).rejects.toThrow(/id of its own .* d\.jsonl line|line [23]/);
  if (!lines.includes('"b"')) return;
  await expect(readSet(path)).rejects.toThrow(/d\.jsonl line 3 but "a"/);
  const outputs = await openOutputs(path);
  await expect(drain(outputs.read())).rejects.toThrow(/d\.jsonl, record 3 but "a"/);
});

test('documents of one id are not planted alike', () => {
  const document = { id: 'a.py', text: 'x = 1\n' };
  expect(() => plantSecrets([document, { ...document, text: 'y = 2\n' }])).toThrow(/document 2 but "a.py"/);
});

test('records come in any format, and long ids keep their digits and their type, which cells of CSV have none of', async () => {
  const id = '9007199254740993';
  const files: [string, string | Buffer][] = [
    ['a.jsonl', `{"id":${id},"text":"x","score":NaN}\n{"id":"b","text":"y"}\n`],
    ['a.json', `[{"id":${id},"text":"x"},\n {"id":"b","text":"y"}]`],
    ['a.csv', `id,text,tokens\n${id},x,\nb,y,\n`],
    ['a.data.gz', gzipSync(`{"id":${id},"text":"x"}\n{"id":"b","text":"y"}\n`)],
  ];
  for (const [name, content] of files) {
    const path = join(directory, name);
    await writeFile(path, content);
    const records = [];
    for await (const record of readRecords(path)) records.push(record);
    expect(records, name).toEqual([
      { id: name === 'a.csv' ? id : BigInt(id), named: true, text: 'x' },
      { id: 'b', named: true, text: 'y' },
    ]);
  }
});
