/** CSV that is appended to: what is written is read back, by Python as well, and a torn record is cut off. */
import { readFileSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { csvFormat } from '../../../lib/data/outputs/record-format.js';
import { openResumableRecords } from '../../../lib/data/outputs/resumable-records.js';
import { readCsv } from '../../../lib/data/text/csv.js';
import { Random } from '../../../lib/random.js';
import { collect, temporaryDirectory } from '../temporary.js';

const directory = temporaryDirectory();

const PIECES = [
  '"',
  '""',
  ',',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '\t',
  'a',
  'é',
  '🙂',
  '\u2028',
  '\ufeff',
  ';',
  "'",
  '\0',
  '=',
];
const random = new Random(23);
const text = () => Array.from({ length: random.integer(8) }, () => random.pick(PIECES)).join('');

test('cells hold any text, lists and numbers', async () => {
  const path = join(directory, 'cells.csv');
  const records = Array.from({ length: 400 }, (_, id) => ({
    id,
    text: text(),
    more: text(),
    list: [id, text()],
  }));
  const out = await openResumableRecords(path, csvFormat(), 'key');
  for (const record of records) await out.append(record);
  await out.commit();
  const read = await collect(readCsv(path));
  expect(read.map(({ cells }) => ({ ...cells }))).toEqual(
    records.map(({ id, text: cell, more, list }) => ({
      id: String(id),
      text: cell,
      more,
      list: JSON.stringify(list),
    })),
  );
});

test('what is not there is an empty cell, and what has no column is refused', async () => {
  const format = csvFormat(['id', 'ma', 'secrets']);
  expect(format.format({ id: 'a', ma: null }, 'F')).toBe('id,ma,secrets\na,,\n');
  expect(format.format({ id: 'b', ma: Number.NaN, secrets: [{ tag: 'KEY' }] }, 'F')).toBe(
    'b,,"[{""tag"":""KEY""}]"\n',
  );
  expect(() => format.format({ id: 'c', other: 1 }, 'F')).toThrow(
    'Expected records with the columns id, ma, secrets for F but one has other.',
  );
});

test('is gone on with after any byte at which it was torn', async () => {
  const records = Array.from({ length: 12 }, (_, id) => ({ id, text: `${text()}\n"${id}"\n`, list: [id] }));
  const whole = join(directory, 'whole.csv');
  const first = await openResumableRecords(whole, csvFormat(), 'key');
  for (const record of records) await first.append(record);
  await first.commit();
  const expected = readFileSync(whole);
  for (let size = 0; size <= expected.length; size += 1 + random.integer(9)) {
    const path = join(directory, `torn-${size}.csv`);
    const part = await openResumableRecords(path, csvFormat(), 'key');
    for (const record of records) await part.append(record);
    await part.close();
    await truncate(`${path}.part`, size);
    const out = await openResumableRecords(path, csvFormat(), 'key');
    expect(await collect(out.records())).toHaveLength(out.keptCount);
    for (const record of records.slice(out.keptCount)) await out.append(record);
    await out.commit();
    expect(await readFile(path, 'utf8')).toBe(expected.toString());
  }
});
