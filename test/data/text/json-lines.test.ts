import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readJsonLines, readNumberedJsonLines, writeJsonLines } from '../../../lib/data/text/json-lines.js';
import { Random } from '../../../lib/random.js';
import { collect, temporaryDirectory } from '../temporary.js';

const directory = temporaryDirectory();
const schema = z.object({ text: z.string(), n: z.number().optional() });
let files = 0;

async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(directory, `in-${files++}.jsonl`);
  await writeFile(path, content);
  return path;
}

describe('readJsonLines', () => {
  test.each<[string, string | Uint8Array]>([
    ['a line each', '{"text":"a"}\n{"text":"b"}\n'],
    ['no last line end', '{"text":"a"}\n{"text":"b"}'],
    ['CRLF', '{"text":"a"}\r\n{"text":"b"}\r\n'],
    ['blank lines', '\n{"text":"a"}\n\n  \n{"text":"b"}\n\n'],
    ['a byte-order mark', '\ufeff{"text":"a"}\n{"text":"b"}'],
    ['gzip', gzipSync('{"text":"a"}\n{"text":"b"}\n')],
    ['gzip of several members', Buffer.concat([gzipSync('{"text":"a"}\n'), gzipSync('{"text":"b"}\n')])],
  ])('reads %s', async (_, content) => {
    expect(await collect(readJsonLines(await fileOf(content), schema))).toEqual([
      { text: 'a' },
      { text: 'b' },
    ]);
  });

  test('an empty file holds no records', async () => {
    expect(await collect(readJsonLines(await fileOf(''), schema))).toEqual([]);
  });

  test('line separators of Unicode are no line ends', async () => {
    const path = await fileOf('{"text":"a\u2028b\u2029c\u0085d"}\n');
    expect(await collect(readJsonLines(path, schema))).toEqual([{ text: 'a\u2028b\u2029c\u0085d' }]);
  });

  test('counts blank lines', async () => {
    const path = await fileOf('\n{"text":"a"}\n\n{"text":"b"}');
    expect((await collect(readNumberedJsonLines(path, schema))).map(({ line }) => line)).toEqual([2, 4]);
  });

  test('lines longer than what is read at once', async () => {
    const random = new Random(7);
    const records = Array.from({ length: 20 }, (_, n) => ({
      text: 'é😀'.repeat(random.integer(100_000)),
      n,
    }));
    const text = records.map((record) => JSON.stringify(record)).join('\n');
    expect(await collect(readJsonLines(await fileOf(text), schema))).toEqual(records);
    expect(await collect(readJsonLines(await fileOf(gzipSync(text)), schema))).toEqual(records);
  });

  test('a reader may stop early', async () => {
    const text = `${'{"text":"a"}\n'.repeat(50_000)}{"broken`;
    for (const path of [await fileOf(text), await fileOf(gzipSync(text))])
      for await (const record of readJsonLines(path, schema)) {
        expect(record).toEqual({ text: 'a' });
        break;
      }
  });

  test.each<[string, string | Uint8Array, string]>([
    [
      'a wrong type',
      '{"text":"a"}\n\n{"text":5}',
      'Expected a string for text in FILE line 3 but received 5 of type number.',
    ],
    ['a missing key', '{}', 'Expected a string for text in FILE line 1 but received undefined.'],
    ['no object', '{"text":"a"}\n[1]', 'Expected an object for FILE line 2 but received [1] of type array.'],
    ['no JSON', '{"text":"a"}\n{"text":', 'Expected JSON in FILE line 2 but Unexpected end of JSON input.'],
    [
      'bytes that are not UTF-8',
      Buffer.from([0x7b, 0xff, 0x7d]),
      'Expected UTF-8 in FILE line 1 but found other bytes.',
    ],
    [
      'a torn gzip file',
      gzipSync('{"text":"a"}\n'.repeat(100)).subarray(0, 30),
      'Expected a whole gzip file in FILE but unexpected end of file.',
    ],
    [
      'a broken gzip file',
      Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(50)]),
      'Expected a whole gzip file in FILE but ',
    ],
  ])('refuses %s', async (_, content, message) => {
    const path = await fileOf(content);
    const error = await collect(readJsonLines(path, schema)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'InputError', code: 'ERR_FILE_FORMAT' });
    expect((error as Error).message.replaceAll(path, 'FILE')).toContain(message);
  });

  test('names a file that is not there, and a directory', async () => {
    await expect(collect(readJsonLines('nowhere.jsonl', schema))).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
      message: 'Could not read nowhere.jsonl: it does not exist.',
    });
    await expect(collect(readJsonLines(directory, schema))).rejects.toMatchObject({ code: 'ERR_FILE_READ' });
  });
});

describe('writeJsonLines', () => {
  test('writes what readJsonLines reads, from any iterable', async () => {
    const records = Array.from({ length: 5000 }, (_, n) => ({ text: `line\n\u2028 ${n} 😀`, n }));
    async function* later() {
      yield* records;
    }
    const path = join(directory, 'made/out.jsonl');
    expect(await writeJsonLines(path, records)).toBe(5000);
    expect(await collect(readJsonLines(path, schema))).toEqual(records);
    expect(await writeJsonLines(path, later())).toBe(5000);
    expect(await collect(readJsonLines(path, schema))).toEqual(records);
    expect(await writeJsonLines(path, [])).toBe(0);
    expect(await readFile(path, 'utf8')).toBe('');
  });

  test('leaves the old file and nothing else when the records fail', async () => {
    const own = join(directory, 'fail');
    const path = join(own, 'out.jsonl');
    await writeJsonLines(path, [{ text: 'old' }]);
    async function* failing() {
      for (let n = 0; n < 10_000; n++) yield { text: 'new', n };
      throw new RangeError('no more');
    }
    await expect(writeJsonLines(path, failing())).rejects.toThrow('no more');
    expect(await readFile(path, 'utf8')).toBe('{"text":"old"}\n');
    expect(await readdir(own)).toEqual(['out.jsonl']);
  });

  test('refuses what JSON cannot hold', async () => {
    const circle: object[] = [];
    circle.push(circle);
    await expect(writeJsonLines(join(directory, 'x.jsonl'), [circle])).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    });
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    await expect(writeJsonLines(join(directory, 'x.jsonl'), [circular])).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    });
  });
});
