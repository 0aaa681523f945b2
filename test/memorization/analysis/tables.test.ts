import { describe, expect, test } from 'vitest';
import { GrowingColumn, groupRows } from '../../../lib/memorization/analysis/column.js';
import { pythonCsv, pythonJsonString, pythonStrip } from '../../../lib/memorization/analysis/python-text.js';
import { TupleTable } from '../../../lib/memorization/analysis/tuple-table.js';
import { Random } from '../../../lib/random.js';

describe('tuples', () => {
  test('are kept once, in the order in which they came, as a Map does', () => {
    const random = new Random(3);
    for (const width of [1, 2, 3, 4]) {
      const table = new TupleTable(width);
      const known = new Map<string, number>();
      for (let i = 0; i < 20_000; i++) {
        // Few values, so that tuples come again, from both ends of the range.
        const tuple = Array.from({ length: width }, () => (random.integer(30) - 15) >>> 0);
        const [a, b, c, d] = tuple as [number, number?, number?, number?];
        const key = tuple.join();
        const index = table.add(a, b, c, d);
        expect(index).toBe(known.get(key) ?? known.size);
        known.set(key, index);
        expect(table.size).toBe(known.size);
      }
      const kept = [...known.keys()].map((_, i) => table.columns.map(({ data }) => data[i]).join());
      expect(kept).toEqual([...known.keys()]);
    }
  });
});

describe('columns', () => {
  test('grow', () => {
    const column = new GrowingColumn();
    for (let i = 0; i < 5000; i++) column.push(i * 3);
    expect(column.length).toBe(5000);
    expect(column.data.subarray(0, 5000).every((value, i) => value === i * 3)).toBe(true);
  });

  test('are sorted as Array.sort does, rows of one key as they came', () => {
    const random = new Random(4);
    for (let round = 0; round < 100; round++) {
      const count = random.integer(60);
      const limit = 1 + random.integer(10);
      const keys = Uint32Array.from({ length: count }, () => random.integer(limit));
      const rows = Uint32Array.from({ length: count }, (_, i) => (i * 7) % (count || 1));
      const order = count % 7 === 0 ? undefined : rows;
      const { rows: sorted, starts } = groupRows(keys, count, limit, order);
      const expected = [...(order ?? rows.map((_, i) => i))].sort((a, b) => keys[a]! - keys[b]!);
      expect([...sorted]).toEqual(expected);
      for (let key = 0; key < limit; key++)
        expect([...sorted.subarray(starts[key], starts[key + 1])]).toEqual(
          expected.filter((row) => keys[row] === key),
        );
    }
  });
});

/** Expected values: `json.dumps`, `str.strip` and `csv.writer` of Python 3.11. */
describe('text as Python writes it', () => {
  test.each([
    ['plain "quoted" \\ back', String.raw`"plain \"quoted\" \\ back"`],
    ['\b\f\n\r\t\u0001\u001f\u007f', String.raw`"\b\f\n\r\t\u0001\u001f\u007f"`],
    ['é 中 😀 \u2028', String.raw`"\u00e9 \u4e2d \ud83d\ude00 \u2028"`],
    ['/', '"/"'],
  ])('json %j', (text, expected) => {
    expect(pythonJsonString(text)).toBe(expected);
  });

  test.each([
    [' \t\n\v\f\r a b \x1c\x1d\x1e\x1f\x85\xa0', 'a b'],
    ['\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000a', 'a'],
    ['\ufeffa\u200b', '\ufeffa\u200b'],
    [' \t ', ''],
    ['', ''],
  ])('strip %j', (text, expected) => {
    expect(pythonStrip(text)).toBe(expected);
  });

  test('csv', () => {
    const rows = [
      [0, 'a b', ' lead', 'tail '],
      [1, 'a,b', 'say "x"', 'two\nlines'],
      [2, 'cr\r', '', "it's"],
    ];
    expect(pythonCsv(rows)).toBe(
      '0,a b, lead,tail \r\n1,"a,b","say ""x""","two\nlines"\r\n2,"cr\r",,it\'s\r\n',
    );
  });
});
