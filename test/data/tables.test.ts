/** CSV and Parquet against what Python's csv module and pyarrow wrote, and against files that lie. */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Document, readDocuments } from '../../lib/data/documents.js';
import { readCsv } from '../../lib/data/text/csv.js';
import { InputError } from '../../lib/errors.js';
import { Random } from '../../lib/random.js';
import { collect, temporaryDirectory } from './temporary.js';

const directory = temporaryDirectory();
const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/data/${name}`, import.meta.url));
const documents = JSON.parse(readFileSync(fixture('documents.json'), 'utf8')) as Document[];

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

function changed(data: Buffer, change: () => unknown): Buffer {
  change();
  return data;
}

async function sentence(path: string, textField?: string): Promise<string> {
  const error = await collect(readDocuments(path, { textField })).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(InputError);
  const { message } = error as InputError;
  expect(message).toMatch(/^[A-Z][^\n\r]*\.$/);
  return message.replaceAll(path, 'FILE');
}

describe('CSV', () => {
  test('as Python writes it', async () => {
    expect(await collect(readDocuments(fixture('documents.csv')))).toEqual(documents);
  });

  test("gzip'd, with a byte-order mark, and other line ends", async () => {
    const text = '\ufeffid,text\n1,"a ""b"",\nc"\n\n2,plain\r\n3,""\n4,"x\r\ny"';
    const path = await put('marked.csv.gz', gzipSync(text));
    expect(await collect(readDocuments(path))).toEqual([
      { id: '1', text: 'a "b",\nc' },
      { id: '2', text: 'plain' },
      { id: '3', text: '' },
      { id: '4', text: 'x\r\ny' },
    ]);
  });

  test('whose text is called otherwise, and without ids', async () => {
    const path = await put('named.csv', 'code,n\na,1\n"b\nc",2\n');
    expect(await collect(readDocuments(path, { textField: 'code' }))).toEqual([
      { id: 'named.csv:2', text: 'a' },
      { id: 'named.csv:4', text: 'b\nc' },
    ]);
    expect(await sentence(path)).toBe(
      'Expected a string for text or content in FILE line 2 but received neither.',
    );
  });

  test.each<[string, string | Uint8Array, string]>([
    [
      'an open quote',
      'text\na\n"b\nc\n',
      'line 3 but a quote was opened there or in a line after it and never closed',
    ],
    ['too few cells', 'id,text\n1\n', 'line 2 but it has 1 cell where the header has 2'],
    ['too many cells', 'id,text\n1,2,3\n', 'line 2 but it has 3 cells where the header has 2'],
    ['a column twice', 'text,text\n1,2\n', 'each column once in the header of FILE but found "text" twice'],
    ['other bytes', Buffer.from('text\na\n\xff\n', 'latin1'), 'Expected UTF-8 in FILE after line'],
    ['a torn character', Buffer.concat([Buffer.from('text\nab'), Buffer.of(0xe6, 0xbc)]), 'Expected UTF-8'],
    [
      'too many columns',
      `${Array.from({ length: 10_001 }, (_, i) => i).join(',')}\n`,
      'at most 10000 columns',
    ],
  ])('with %s is one sentence', async (name, content, expected) => {
    expect(await sentence(await put(`${name}.csv`, content))).toContain(expected);
  });

  test('is left early without an error, and gives a torn gzip file a sentence', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${i},"text ${i}"`).join('\n');
    const path = await put('long.csv', `id,text\n${rows}\n`);
    for await (const { cells } of readCsv(path)) {
      expect(cells).toMatchObject({ id: '0', text: 'text 0' });
      break;
    }
    const torn = await put(
      'torn.csv.gz',
      gzipSync(`text\n${rows.replaceAll(/[,"]/g, '')}`).subarray(0, 5000),
    );
    expect(await sentence(torn)).toContain('Expected a whole gzip file in FILE but unexpected end of file.');
  });
});

describe('Parquet', () => {
  test.each([
    ...['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'],
    ...['pages-1', 'pages-2', 'delta-length', 'delta'],
  ])('%s', async (name) => {
    expect(await collect(readDocuments(fixture(`${name}.parquet`)))).toEqual(documents);
  });

  test('of required columns, with whole numbers as ids', async () => {
    expect(await collect(readDocuments(fixture('required.parquet')))).toEqual(
      documents.map(({ text }, i) => ({ id: String(i), number: BigInt(i), text })),
    );
  });

  test('is known by its content', async () => {
    const path = await put('0000', await readFile(fixture('zstd.parquet')));
    expect(await collect(readDocuments(path))).toEqual(documents);
  });

  test.each<[string, (data: Buffer) => Uint8Array, string]>([
    ['cut short', (data) => data.subarray(0, -100), 'it does not end as one'],
    ['a beginning only', (data) => data.subarray(0, 4), 'it is too short'],
    [
      'a long footer',
      (data) => changed(data, () => data.writeUInt32LE(2 ** 31, data.length - 8)),
      'claims a footer of',
    ],
    [
      'an empty footer',
      (data) => changed(data, () => data.writeUInt32LE(0, data.length - 8)),
      'Expected a whole Parquet',
    ],
    [
      'an encrypted footer',
      (data) => changed(data, () => data.write('PARE', data.length - 4)),
      'not encrypted in FILE but it is',
    ],
    [
      'no pages',
      (data) => changed(data, () => data.fill(0, 4, 2000)),
      'Expected a whole Parquet file in FILE but',
    ],
  ])('%s is one sentence', async (name, spoil, expected) => {
    const path = await put(`${name}.parquet`, spoil(Buffer.from(await readFile(fixture('zstd.parquet')))));
    expect(await sentence(path)).toContain(expected);
  });

  test('what is not supported is said', async () => {
    expect(await sentence(fixture('none.parquet'), 'tags')).toContain(
      'Expected a column tags of text in FILE but found id, content, path, size, license.',
    );
    expect(await sentence(fixture('none.parquet'), 'size')).toContain(
      'Expected a string for size in FILE row 1',
    );
  });

  test('with bytes changed at random never costs more than a sentence', async () => {
    const random = new Random(11);
    let refused = 0;
    for (const name of ['snappy', 'zstd', 'gzip', 'lz4', 'pages-1', 'pages-2', 'delta-length', 'none']) {
      const whole = await readFile(fixture(`${name}.parquet`));
      for (let round = 0; round < 24; round++) {
        const data = Buffer.from(whole);
        const footer = data.length - 8 - data.readUInt32LE(data.length - 8);
        // Half of the changes into the footer, which steers everything.
        const [from, to] = round % 2 === 0 ? [footer, data.length - 8] : [4, footer];
        for (let change = random.integer(4); change >= 0; change--)
          data[from + random.integer(to - from)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(256)]);
        const path = await put('mutant.parquet', data);
        const failed = await collect(readDocuments(path)).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failed === undefined) continue;
        refused++;
        expect(failed).toBeInstanceOf(InputError);
        expect((failed as InputError).message).toMatch(/^[A-Z][^\n\r]*\.$/);
      }
    }
    expect(refused).toBeGreaterThan(60);
  });
});
