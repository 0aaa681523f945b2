import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { openResumableJsonLines } from '../../../lib/data/outputs/resumable-json-lines.js';
import { collect, temporaryDirectory } from '../temporary.js';

const directory = temporaryDirectory();
const schema = z.strictObject({ n: z.number(), text: z.string() });
const record = (n: number) => ({ n, text: `é\n${'x'.repeat(n)}` });
const numbers = async (records: AsyncIterable<{ n: number }>) => (await collect(records)).map(({ n }) => n);

test('the file appears when it is complete', async () => {
  const path = join(directory, 'whole/out.jsonl');
  const out = await openResumableJsonLines(path, schema, 'key');
  expect(out.keptCount).toBe(0);
  // Not awaited one by one: the order is that of the calls.
  await Promise.all(Array.from({ length: 50 }, (_, n) => out.append(record(n))));
  expect((await readdir(join(directory, 'whole'))).sort()).toEqual(['out.jsonl.part', 'out.jsonl.part.key']);
  await out.commit();
  expect(await readdir(join(directory, 'whole'))).toEqual(['out.jsonl']);
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(
    Array.from({ length: 50 }, (_, n) => n),
  );
});

test.each([
  ['nothing torn', '', [0, 1]],
  ['a torn line', '{"n":2,"te', [0, 1]],
  ['a torn line longer than the scan', `{"n":2,"text":"${'y'.repeat(200_000)}`, [0, 1]],
  ['a whole line more', '{"n":2,"text":""}\n', [0, 1, 2]],
])('an interrupted run goes on: %s', async (name, tail, kept) => {
  const path = join(directory, name, 'out.jsonl');
  {
    await using first = await openResumableJsonLines(path, schema, 'key');
    await first.append(record(0));
    await first.append(record(1));
  }
  await appendFile(`${path}.part`, tail);
  await using second = await openResumableJsonLines(path, schema, 'key');
  expect(second.keptCount).toBe(kept.length);
  expect(await numbers(second.records())).toEqual(kept);
  await second.append(record(9));
  expect(await numbers(second.records())).toEqual([...kept, 9]);
  await second.commit();
  expect((await readFile(path, 'utf8')).trim().split('\n').length).toBe(kept.length + 1);
});

/** What a run with the key `key` left behind when it was killed. */
async function begin(path: string, content: string): Promise<void> {
  await mkdir(dirname(path));
  await writeFile(`${path}.part`, content);
  await writeFile(`${path}.part.key`, 'key\n');
}

test('an only, torn line is dropped', async () => {
  const path = join(directory, 'only/out.jsonl');
  await begin(path, '{"n":');
  await using out = await openResumableJsonLines(path, schema, 'key');
  expect(out.keptCount).toBe(0);
  expect(await readFile(`${path}.part`, 'utf8')).toBe('');
});

test('records of another run are refused', async () => {
  const path = join(directory, 'other/out.jsonl');
  const first = await openResumableJsonLines(path, schema, 'one');
  await first.append(record(1));
  await first.close();
  await expect(openResumableJsonLines(path, schema, 'two')).rejects.toMatchObject({
    code: 'ERR_RUN_MISMATCH',
    remedy: `Run again with the options of that run, or begin anew with --force, which deletes ${path}.part.`,
  });
  await (await openResumableJsonLines(path, schema, 'one')).close();
});

test('a run without records leaves nothing, and another may follow', async () => {
  const path = join(directory, 'none/out.jsonl');
  await (await openResumableJsonLines(path, schema, 'one')).close();
  expect(await readdir(join(directory, 'none'))).toEqual([]);
  await (await openResumableJsonLines(path, schema, 'two')).commit();
  expect(await readdir(join(directory, 'none'))).toEqual(['out.jsonl']);
});

test('a line that is no record is named', async () => {
  const path = join(directory, 'bad/out.jsonl');
  await begin(path, '{"n":1,"text":""}\n{"n":"2"}\n');
  await expect(openResumableJsonLines(path, schema, 'key')).rejects.toThrow(
    `Expected a number for n in ${path}.part line 2 but received "2" of type string.`,
  );
});

test('a complete file stays until the next one is complete', async () => {
  const path = join(directory, 'again/out.jsonl');
  const first = await openResumableJsonLines(path, schema, 'one');
  await first.append(record(1));
  await first.commit();
  const second = await openResumableJsonLines(path, schema, 'two');
  await second.append(record(2));
  expect(await readFile(path, 'utf8')).toContain('"n":1');
  await second.commit();
  expect(await readFile(path, 'utf8')).toContain('"n":2');
});

test('nothing is appended after the end', async () => {
  const out = await openResumableJsonLines(join(directory, 'end/out.jsonl'), schema, 'key');
  await out.commit();
  await out.close();
  expect(() => out.append(record(1))).toThrow('to be open but it has been closed.');
});
