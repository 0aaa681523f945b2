/** Records of any format by one mechanism: told by content and name, and what is wrong with them in one sentence. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../lib/data/documents.js';
import { readInput } from '../../lib/data/input-records.js';
import { readCsv } from '../../lib/data/text/csv.js';
import { InputError } from '../../lib/errors.js';
import { Random } from '../../lib/random.js';
import { collect, temporaryDirectory } from './temporary.js';

const directory = temporaryDirectory();
const fixture = (name: string) => fileURLToPath(new URL(join('../fixtures/data', name), import.meta.url));

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

const values = async (path: string) => (await collect(readInput(path))).map(({ value }) => value);

async function sentence(path: string): Promise<string> {
  const error = await collect(readInput(path)).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toMatch(/^[A-Z][^\n\r]*\.$/);
  return (error as InputError).message.replaceAll(path, 'FILE');
}

function utf16(text: string, order: 'le' | 'be'): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

const A = { id: 1, text: 'x["{é🙂\\"' };
const B = { id: 2, text: 'y\n]}', more: [{ a: [] }, {}] };
const [a, b] = [JSON.stringify(A), JSON.stringify(B)];

describe('JSON', () => {
  test.each<[string, string]>([
    ['lines', `${a}\n${b}\n`],
    ['lines after blank ones', `\n \r\n${a}\r\n\n${b}`],
    ['an array', `[${a},${b}]`],
    ['an array over lines', `\n [\n${a}\n , ${b}\n ]\n`],
    ['an array as Python indents it', JSON.stringify([A, B], null, 2)],
    ['objects over lines', `${JSON.stringify(A, null, 2)}\n${JSON.stringify(B, null, 4)}`],
  ])('%s, in any encoding and compression', async (_, text) => {
    for (const data of [text, `\ufeff${text}`, utf16(text, 'le'), utf16(text, 'be')]) {
      expect(await values(await put('a.json', data))).toEqual([A, B]);
      expect(await values(await put('a.gz', gzipSync(data)))).toEqual([A, B]);
    }
  });

  test('one object is one record, and an empty array or file none', async () => {
    expect(await values(await put('a.json', JSON.stringify(A, null, 2)))).toEqual([A]);
    for (const text of ['', '[]', ' [ \n ] ']) expect(await values(await put('a.json', text))).toEqual([]);
  });

  test('elements of an array are called by their number, and errors name their line', async () => {
    const path = await put('a.json', '[{"text":"a"},\n{"text":"b"}, {"text":"c"},\n7]');
    const documents = readDocuments(path);
    const ids = [await documents.next(), await documents.next(), await documents.next()].map(
      ({ value }) => (value as { id: string }).id,
    );
    expect(ids).toEqual(['a.json:1', 'a.json:2', 'a.json:3']);
    await expect(documents.next()).rejects.toThrow(
      `Expected an object in ${path} item 4 (line 3) but received 7 of type number.`,
    );
  });

  test.each<[string, string, string]>([
    [
      'an open array',
      '[{"a":1}',
      'Expected a whole array in FILE but what begins in line 1 is never closed.',
    ],
    ['an open element', '[{"a":1},\n{"b":', 'Expected a whole array in FILE but what begins in line 2 is'],
    [
      'an open object',
      '{\n"a":1\n',
      'Expected a whole object in FILE but what begins in line 1 is never closed.',
    ],
    ['a line end in a string', '[{"a":"b\nc"}]', 'Expected JSON in FILE line 1 but a string is not closed.'],
    ['no comma', '[{"a":1} {"a":2}]', 'Expected JSON in FILE item 1 (line 1) but'],
    ['a comma too many', '[{"a":1},]', 'Expected JSON in FILE line 1 but an element is missing.'],
    ['a comma at the start', '[,{"a":1}]', 'Expected JSON in FILE line 1 but an element is missing.'],
    ['text after the array', '[{"a":1}]\n{"a":2}', 'FILE line 2 but text follows the end of the array.'],
    [
      'another bracket',
      '[{"a":1}}',
      'Expected JSON in FILE line 1 but the array is closed by another bracket.',
    ],
    ['a torn line', '{"a":1}\n{"a":', 'Expected JSON in FILE line 2 but'],
  ])('%s is one sentence', async (_, text, expected) => {
    expect(await sentence(await put('a.json', text))).toContain(expected);
  });

  test('numbers as Python writes them, and only those', async () => {
    const text = '{"a":NaN,"b":[Infinity,-Infinity],"c":"NaN -Infinity \\"NaN","NaN":1}';
    const read = { a: Number.NaN, b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] };
    const expected = { ...read, c: 'NaN -Infinity "NaN', NaN: 1 };
    expect(await values(await put('a.jsonl', `${text}\n${text}`))).toEqual([expected, expected]);
    expect(await values(await put('a.json', `[${text}]`))).toEqual([expected]);
    for (const word of ['nan', '-NaN1', 'Infinit', '+Infinity', 'NaN NaN'])
      expect(await sentence(await put('a.jsonl', `{"a":${word}}`))).toContain('Expected JSON in FILE line 1');
  });

  test('ids keep their digits', async () => {
    const path = await put(
      'a.jsonl',
      '{"id":12345678901234567890,"text":"a","n":1}\n{"id":9007199254740991,"n":-0}',
    );
    expect(await values(path)).toEqual([
      { id: 12345678901234567890n, text: 'a', n: 1 },
      { id: 9007199254740991, n: -0 },
    ]);
  });

  test('what is wrong with a line does not show its text', async () => {
    const text = await sentence(await put('a.jsonl', '{"text":"me@corp-mail.org", secret-token-1234}'));
    expect(text).not.toMatch(/corp|secret|token-/);
  });

  test('any array, in any pieces, holds what JSON.parse finds', async () => {
    const random = new Random(3);
    const strings = [
      '',
      '"',
      '\\',
      '\\\\"',
      '[',
      ']',
      '{',
      '}',
      ',',
      '\n',
      'é',
      '\ud83d\ude42',
      'a'.repeat(70_000),
    ];
    const value = (depth: number): unknown => {
      const kind = random.integer(depth > 3 ? 3 : 5);
      if (kind === 0) return random.pick(strings) + random.pick(strings);
      if (kind === 1) return random.integer(1000) - 500;
      if (kind === 2) return random.pick([true, false, null, 1.5e300]);
      const items = Array.from({ length: random.integer(4) }, () => value(depth + 1));
      return kind === 3
        ? items
        : Object.fromEntries(items.map((item, i) => [`${random.pick(strings)}${i}`, item]));
    };
    for (let round = 0; round < 60; round++) {
      const array = Array.from({ length: random.integer(6) }, () => value(0));
      const path = await put('any.json', JSON.stringify(array, null, random.integer(3)));
      expect(await values(path)).toEqual(array);
    }
  });
});

describe('which format it is', () => {
  const csv = 'id,text\n1,"a\nb"\n';
  const rows = [{ id: '1', text: 'a\nb' }];
  test.each<[string, string | Uint8Array, unknown[]]>([
    ['a.csv', csv, rows],
    ['a.CSV.gz', gzipSync(csv), rows],
    ['table.gz', gzipSync(csv), rows],
    ['array.gz', gzipSync(`[${a}]`), [A]],
    ['a.ndjson', utf16(`${a}\n`, 'be'), [A]],
    ['b.csv', utf16(csv, 'le'), rows],
  ])('%s', async (name, data, expected) => {
    const read = (await values(await put(name, data))) as object[];
    expect(read.map((value) => ({ ...value }))).toEqual(expected);
  });

  test.each(['zst', 'bz2', 'xz'])('.jsonl.%s', async (suffix) => {
    const names = { zst: 'zstd.zst', bz2: 'bzip2.bz2', xz: 'xz.xz' };
    const path = await put(`a.jsonl.${suffix}`, readFileSync(fixture(`compressed/${names[suffix as 'xz']}`)));
    const documents = await collect(readDocuments(path));
    expect(documents.length).toBe(600);
    expect(documents[599]).toEqual({
      id: '599',
      number: 599,
      text: 'def f599(x):\n    return x + 599  # é 🙂\n',
    });
  });

  test.each<[string, string | Buffer, unknown[]]>([
    ['JSON lines', `${a}\n`, [A]],
    ['an array', `[${a}]`, [A]],
    ['CSV', csv, rows],
    ['little', '{}', [{}]],
  ])('%s from a pipe', async (_, data, expected) => {
    const fifo = join(directory, `pipe-${expected.length}-${data.length}`);
    execFileSync('mkfifo', [fifo]);
    const [read] = await Promise.all([values(fifo), writeFile(fifo, data)]);
    expect((read as object[]).map((value) => ({ ...value }))).toEqual(expected);
  });

  test('what is none of them is one sentence', async () => {
    expect(await sentence(await put('code.gz', gzipSync('def f(x):\n    return x\n')))).toBe(
      'Expected JSON lines, a JSON array or CSV in FILE but its first line is neither.',
    );
    const parquet = gzipSync(readFileSync(fixture('none.parquet')));
    expect(await sentence(await put('a.parquet.gz', parquet))).toContain('found a Parquet file');
    expect(await sentence(await put('a.jsonl', utf16(`{"a":"\ud800"}`, 'le')))).toContain(
      'Expected UTF-16 in FILE, as its byte-order mark says, but found other bytes.',
    );
    expect(await sentence(await put('a.jsonl', Buffer.from('{"a":"\xe9"}', 'latin1')))).toContain('UTF-8');
  });
});

describe('CSV', () => {
  test.each<[string, string, string[][]]>([
    [
      'a quote within an unquoted cell',
      '1,print "hi"\n2,ok\n',
      [
        ['1', 'print "hi"'],
        ['2', 'ok'],
      ],
    ],
    ['a blank before a quote', '1, "a"\n', [['1', ' "a"']]],
    [
      'lone CR',
      '1,a\r2,"b\rc"\r',
      [
        ['1', 'a'],
        ['2', 'b\rc'],
      ],
    ],
    [
      'all line ends',
      '1,a\r\n2,b\n\r3,c\r\r\n',
      [
        ['1', 'a'],
        ['2', 'b'],
        ['3', 'c'],
      ],
    ],
    ['an empty quoted cell', '1,""\n', [['1', '']]],
  ])('%s', async (_, text, expected) => {
    const notes: string[] = [];
    const path = await put('a.csv', `id,text\n${text}`);
    const rows = await collect(readCsv(path, undefined, (note) => notes.push(note)));
    expect(rows.map(({ cells }) => [cells.id, cells.text])).toEqual(expected);
    expect(notes).toEqual([]);
  });

  test('text after a closing quote belongs to the cell, and is counted', async () => {
    const notes: string[] = [];
    const path = await put('a.csv', 'id,text\n1,"a" \n2,b\n"3"x,"a ""b"" "c"d"\n');
    const rows = await collect(readCsv(path, undefined, (note) => notes.push(note)));
    expect(rows.map(({ cells }) => [cells.id, cells.text])).toEqual([
      ['1', 'a '],
      ['2', 'b'],
      ['3x', 'a "b" c"d"'],
    ]);
    expect(notes).toEqual([
      `In ${path}, text follows the closing quote of 3 cells, first in line 2: it was read as a part of the cell.`,
    ]);
  });

  test("of any characters, in any pieces, is what Python's csv reads", async () => {
    const cases = JSON.parse(readFileSync(fixture('csv-cases.json'), 'utf8')) as [string, string[][]][];
    expect(cases.length).toBeGreaterThan(1000);
    const { CsvParser } = await import('../../lib/data/text/csv-parser.js');
    for (const [text, expected] of cases) {
      for (const size of [text.length, 1, 3]) {
        const parser = new CsvParser();
        const rows: (readonly string[])[] = [];
        for (let at = 0; at < text.length; at += size)
          for (const { cells } of parser.push(text.slice(at, at + size))) rows.push(cells);
        if (!parser.isWhole) expect(expected).toBeNull();
        else {
          const last = parser.end();
          if (last !== undefined) rows.push(last.cells);
          expect(rows).toEqual(expected);
        }
      }
    }
  });
});
