/** Parquet against pyarrow on the matrix of encodings, codecs, versions and nulls; damaged files; files that lie. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { endOfDeltas } from '../../../lib/data/parquet/delta.js';
import { readParquet } from '../../../lib/data/parquet/parquet.js';
import { readRuns } from '../../../lib/data/parquet/runs.js';
import { checkThrift } from '../../../lib/data/parquet/thrift.js';
import { decodeValues } from '../../../lib/data/parquet/values.js';
import { InputError } from '../../../lib/errors.js';
import { Random } from '../../../lib/random.js';
import { loadParquetMatrix, type ParquetMatrix } from '../parquet-matrix.js';
import { collect, temporaryDirectory } from '../temporary.js';

const directory = temporaryDirectory();
let matrix: ParquetMatrix;

beforeAll(async () => {
  matrix = await loadParquetMatrix();
});

let files = 0;

/** Cells of the columns that hold texts and whole numbers; pandas makes floats of ids beside nulls. */
async function read(file: Uint8Array): Promise<unknown[][]> {
  const path = join(directory, `${files++ % 8}.parquet`);
  await writeFile(path, file);
  const rows = await collect(
    readParquet(path, (columns) => matrix.columns.filter((column) => columns.includes(column))),
  );
  return rows.map(({ cells }) =>
    matrix.columns.map((column) => {
      const cell = cells[column];
      return typeof cell === 'bigint' ? Number(cell) : cell;
    }),
  );
}

test('every file of the matrix has the rows that pyarrow reads', async () => {
  expect(matrix.cases.length).toBeGreaterThan(500);
  const wrong: string[] = [];
  for (const { name, file, rows } of matrix.cases) {
    const found = await read(file).catch((error: Error) => error.message);
    const floats = typeof found !== 'string' && found.some(([id]) => id === undefined);
    const expected = floats ? rows.map(([, ...others]) => [undefined, ...others]) : rows;
    if (floats) expect(name).toContain('pandas');
    if (JSON.stringify(found) !== JSON.stringify(expected))
      wrong.push(`${name}: ${JSON.stringify(found).slice(0, 200)}`);
  }
  expect(wrong).toEqual([]);
}, 300_000);

test('damage is a sentence or changes values, never more; checksums find it', async () => {
  const random = new Random(29);
  let refused = 0;
  for (let round = 0; round < 1500; round++) {
    const { name, file } = random.pick(matrix.cases);
    const data = Buffer.from(file);
    const footer = data.length - 8 - data.readUInt32LE(data.length - 8);
    // Half of the changes into the footer, which steers everything.
    const [from, to] = round % 2 === 0 ? [footer, data.length - 8] : [4, footer];
    for (let change = random.integer(4); change >= 0; change--)
      data[from + random.integer(to - from)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(256)]);
    const failed = await read(data).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failed === undefined) continue;
    refused++;
    expect(failed, name).toBeInstanceOf(InputError);
    expect((failed as InputError).message).toMatch(/^[A-Z][^\n\r]*\.$/);
  }
  expect(refused).toBeGreaterThan(700);
}, 300_000);

test('a page whose checksum is another is refused', async () => {
  const { file, rows } = matrix.cases.find(({ name }) => name === 'pyarrow-dictionary-NONE-1.0-none')!;
  const data = Buffer.from(file);
  const at = data.indexOf('src/lib/part_0/file_1.py');
  data[at] = 'x'.charCodeAt(0);
  await expect(read(data)).rejects.toThrow('a checksum is another');
  expect(await read(file)).toEqual(rows);
});

const text = { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const decode = (encoding: string, bytes: number[] | Uint8Array, count: number, dictionary?: string[]) =>
  decodeValues(encoding, Uint8Array.from(bytes), count, text, dictionary);

describe('what a page claims costs nothing', () => {
  // A block of 128 values in 4 parts, `total` values, the first one, then blocks of equal steps.
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
  const deltas = (total: number, first: number) => [
    ...varint(128),
    ...varint(4),
    ...varint(total),
    ...varint(2 * first),
    ...Array.from({ length: Math.ceil((total - 1) / 128) }, () => [0, 0, 0, 0, 0]).flat(),
  ];

  test('texts that repeat the one before: the first ones come out at once, and no more than half a gigabyte', () => {
    const long = 2 ** 20;
    const count = 100_000;
    // The first repeats nothing, all others a mebibyte.
    const prefixes = [...varint(128), ...varint(4), ...varint(count), 0, ...varint(2 * long), 0, 0, 0, 0];
    const more = Array.from({ length: Math.ceil((count - 1) / 128) - 1 }, () => [0, 0, 0, 0, 0]).flat();
    const suffixes = [
      ...varint(128),
      ...varint(4),
      ...varint(count),
      ...varint(2 * long),
      ...varint(2 * long - 1),
    ];
    const bytes = Buffer.concat([
      Buffer.from([...prefixes.slice(0, -5), ...varint(2 * long), 0, 0, 0, 0, ...more]),
      Buffer.from([...suffixes, 0, 0, 0, 0, ...more]),
      Buffer.alloc(long, 'a'),
    ]);
    let seen = 0;
    const run = () => {
      for (const value of decode('DELTA_BYTE_ARRAY', bytes, count)) if ((value as string).length >= 0) seen++;
    };
    expect(run).toThrow(/begins with|stands for more than|cut short/);
    expect(seen).toBeLessThan(600);
  });

  test.each<[string, number[], number, string]>([
    ['fewer deltas', deltas(5, 1), 6, 'a page of 6 values has 5 deltas'],
    ['no parts', [128, 1, 0, 1, 0], 1, 'a page has deltas in 0 parts of 128'],
    ['large blocks', [...varint(2 ** 30), 4, 1, 0], 1, 'a page has deltas in 4 parts of'],
    ['odd parts', [130, 1, 4, 1, 0], 1, 'a page has deltas in 4 parts of 130'],
    ['wide deltas', [128, 1, 4, 9, 0, 0, 65, 0, 0, 0], 9, 'deltas of a page are 65 bits wide'],
    ['deltas that are cut short', [128, 1, 4, 9, 0, 0, 8, 0, 0, 0, 1], 9, 'cut short'],
    ['a number without end', Array.from({ length: 50 }, () => 0x80), 9, 'longer than 64 bits'],
    ['nothing', [], 1, 'cut short'],
  ])('%s', (_, bytes, count, message) => {
    expect(() => endOfDeltas(Uint8Array.from(bytes), 0, count)).toThrow(message);
  });

  test.each<[string, string, number[], number, string[] | undefined, string]>([
    ['no dictionary', 'RLE_DICTIONARY', [1, 4, 0], 2, undefined, 'a page has no dictionary'],
    ['an entry too many', 'RLE_DICTIONARY', [1, 4, 1], 2, ['a'], 'a page has entry 1 of a dictionary of 1'],
    ['no width', 'PLAIN_DICTIONARY', [], 2, ['a'], 'cut short'],
    ['wide entries', 'PLAIN_DICTIONARY', [33, 4, 0], 2, ['a'], 'entries of a page are 33 bits wide'],
    ['runs without end', 'PLAIN_DICTIONARY', [1, 0x80, 0x80, 0x80, 0x80, 0x80], 2, ['a'], 'cut short'],
    ['a long text', 'PLAIN', [255, 255, 255, 255, 65], 1, undefined, 'the texts of a page are cut short'],
    ['no text', 'PLAIN', [1, 0, 0], 1, undefined, 'the texts of a page are cut short'],
    ['other bytes', 'PLAIN', [1, 0, 0, 0, 255], 1, undefined, 'its text is not UTF-8'],
    ['another encoding', 'BIT_PACKED', [], 1, undefined, 'its encoding BIT_PACKED is not supported'],
  ])('%s', (_, encoding, bytes, count, dictionary, message) => {
    expect(() => [...decode(encoding, bytes, count, dictionary)]).toThrow(message);
  });

  test.each<[string, number[], string]>([
    ['a list of a million', [0x19, 0xf5, 0xc0, 0x84, 0x3d, 1], 'cut short'],
    ['lists of lists', Array.from({ length: 100 }, () => [0x19, 0x19]).flat(), 'nested more than 32 deep'],
    ['structs of structs', Array.from({ length: 100 }, () => 0x1c), 'nested more than 32 deep'],
    ['a number without end', [0x16, ...Array.from({ length: 50 }, () => 0x80)], 'longer than 64 bits'],
    ['a long text', [0x18, 0xff, 0xff, 0xff, 0x7f, 65], 'cut short'],
    ['another type', [0x1b], 'a value of type 11'],
    ['no end', [], 'cut short'],
  ])('%s in its metadata', (_, bytes, message) => {
    expect(() => checkThrift(Uint8Array.from(bytes))).toThrow(message);
  });

  test('a run longer than what is wanted', () => {
    const out = new Uint32Array(3);
    readRuns(Uint8Array.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 7]), 8, out);
    expect([...out]).toEqual([7, 7, 7]);
  });

  test('numbers of any width', () => {
    const random = new Random(4);
    for (let width = 1; width <= 32; width++) {
      const numbers = Array.from(
        { length: 16 },
        () => BigInt(random.integer(2 ** 16)) * BigInt(random.integer(2 ** 16)),
      );
      const masked = numbers.map((number) => BigInt.asUintN(width, number));
      let bits = masked.reduce((all, number, i) => all | (number << BigInt(i * width)), 0n);
      const bytes = [2 * 2 + 1];
      for (let i = 0; i < 2 * width; i++, bits >>= 8n) bytes.push(Number(bits & 255n));
      const out = new Uint32Array(16);
      readRuns(Uint8Array.from(bytes), width, out);
      expect([...out]).toEqual(masked.map(Number));
    }
  });
});

/** DELTA_BINARY_PACKED of numbers one after another: blocks of 128 in 4 parts, of which one value needs no bits. */
function deltas(values: readonly bigint[]): Uint8Array {
  const varint = (value: bigint): number[] =>
    value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
  const zigzag = (value: bigint) => varint(value < 0n ? -2n * value - 1n : 2n * value);
  const [first, second] = values as [bigint, bigint];
  return Uint8Array.from([...varint(128n), 4, 2, ...zigzag(first), ...zigzag(second - first), 0, 0, 0, 0]);
}

test.each<[string, 'INT32' | 'INT64', 'UINT_32' | 'UINT_64' | undefined, bigint[]]>([
  [
    'unsigned, wider than 32 bits with their sign, as DuckDB writes them',
    'INT32',
    'UINT_32',
    [4135798392n, 843891981n],
  ],
  ['unsigned, largest to smallest', 'INT32', 'UINT_32', [2n ** 32n - 1n, 0n]],
  ['signed, from end to end', 'INT32', undefined, [-(2n ** 31n), 2n ** 31n - 1n]],
  ['signed, end to end the other way', 'INT32', undefined, [2n ** 31n - 1n, -(2n ** 31n)]],
  ['of 64 bits', 'INT64', undefined, [2n ** 62n, -5n]],
])('deltas: %s', (_, type, converted, values) => {
  const element = { name: 'id', type, ...(converted && { converted_type: converted }) };
  const found = decodeValues('DELTA_BINARY_PACKED', deltas(values), 2, element, undefined);
  expect([...found].map(BigInt)).toEqual(values);
});
