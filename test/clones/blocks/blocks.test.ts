import { describe, expect, it } from 'vitest';
import { BlockList } from '../../../lib/clones/blocks/block-list.js';
import { findBlocks } from '../../../lib/clones/blocks/blocks.js';
import { binomialRow } from '../../../lib/clones/blocks/long-blocks.js';
import { LineTable } from '../../../lib/clones/lines/line-table.js';
import { Random } from '../../../lib/random.js';

const MASK = (1n << 64n) - 1n;

/** Unrelated hashes, so that equal numbers and equal hashes are the same. */
function hashOf(line: number): bigint {
  return new Random(line).bits();
}

/** Files of line hashes: the first one is the outputs. */
function tableOf(files: readonly (readonly number[])[]): { table: LineTable; outputsEnd: number } {
  const table = new LineTable();
  let outputsEnd = 0;
  for (const [i, lines] of files.entries()) {
    table.startFile();
    if (i === 1) outputsEnd = table.length;
    for (const [k, line] of lines.entries()) {
      const hash = hashOf(line);
      table.append(Number(hash & 0xffffffffn) | 0, Number(hash >> 32n) | 0, k + 1);
    }
  }
  return { table, outputsEnd };
}

function search(files: readonly (readonly number[])[], threshold: number, limit?: number) {
  const { table, outputsEnd } = tableOf(files);
  const found = new BlockList(limit);
  const work = findBlocks(table, outputsEnd, threshold, found);
  return { found, work, table };
}

/** The rule by definition, on numbers: text is compared instead of hashes, which is the same here. */
function expectedBlocks(files: readonly (readonly number[])[], threshold: number): string[] {
  const windows = (length: number) => {
    const groups = new Map<string, [number, number][]>();
    for (const [f, lines] of files.entries()) {
      for (let i = 0; i + length <= lines.length; i++) {
        const key = lines.slice(i, i + length).join(' ');
        groups.set(key, [...(groups.get(key) ?? []), [f, i]]);
      }
    }
    return [...groups.values()].filter((members) => members.length > 1);
  };
  const out: string[] = [];
  for (let length = threshold; ; length++) {
    const groups = windows(length);
    if (groups.length === 0) return out.sort();
    const covering = new Set(
      windows(length + 1)
        .flat()
        .map(([f, i]) => `${f} ${i}`),
    );
    for (const members of groups) {
      if (new Set(members.map(([f]) => f === 0)).size < 2) continue;
      if (members.every(([f, i]) => covering.has(`${f} ${i}`) || covering.has(`${f} ${i - 1}`))) continue;
      out.push(`${length}: ${members.map(([f, i]) => `${f}/${i}`).join(' ')}`);
    }
  }
}

describe('findBlocks', () => {
  it('finds long blocks as it finds short ones', () => {
    const random = new Random(3);
    for (let round = 0; round < 50; round++) {
      // Few long pieces, cut and joined: most blocks are longer than the lengths walked one by one. No line
      // repeats within a piece, so that no hash fades.
      const pieces = [0, 1, 2].map((p) =>
        Array.from({ length: 30 + random.integer(60) }, (_, i) => 1 + p * 1000 + i),
      );
      const files = [0, 1, 2].map(() =>
        Array.from({ length: 4 }, () => {
          const piece = random.pick(pieces);
          return piece.slice(random.integer(20), piece.length - random.integer(20));
        }).flat(),
      );
      const { found, table } = search(files, 3);
      const blocks = found.blocks.map(({ length, starts }) => {
        const at = (start: number) => {
          const f = table.fileAt(start);
          return `${f}/${start - table.fileStarts[f]!}`;
        };
        return `${length}: ${[...starts].map(at).join(' ')}`;
      });
      expect(blocks.sort(), `round ${round}`).toEqual(expectedBlocks(files, 3));
    }
  });

  it('hashes long blocks by the published recurrence', () => {
    const lines = Array.from({ length: 90 }, (_, i) => 1 + i * i);
    const { found } = search(
      [
        [...lines, 7],
        [8, ...lines],
      ],
      6,
    );
    let hashes = lines.map(hashOf);
    hashes = hashes
      .slice(5)
      .map((_, i) => hashes.slice(i, i + 6).reduce((hash, line) => (31n * hash + line) & MASK, 0n));
    while (hashes.length > 1) hashes = hashes.slice(1).map((hash, i) => (31n * hashes[i]! + hash) & MASK);
    expect(found.blocks).toEqual([
      { length: 90, hash: BigInt.asIntN(64, hashes[0]!), starts: Int32Array.of(0, 93) },
    ]);
  });

  it.each([
    ['one line repeated', (n: number) => [new Array(n).fill(5), new Array(n - 7).fill(5)]],
    ['two runs of different lines', (n: number) => [new Array(n).fill(5), new Array(n).fill(6)]],
    ['two lines alternating', (n: number) => [alternate(n, [1, 2]), alternate(n - 9, [1, 2])]],
    ['the same long file', (n: number) => [ascending(n), ascending(n)]],
    [
      'one long block, a thousand lines long, again and again',
      (n: number) => [ascending(1000), alternate(n, ascending(1000))],
    ],
  ])('works in near linear time on %s', (_, make) => {
    const small = search(make(10_000), 6).work / 10_000;
    const large = search(make(100_000), 6).work / 100_000;
    // A pass per length would make it ten times as much a line; n log n adds a few rounds.
    expect(large).toBeLessThan(small * 1.5);
    expect(large).toBeLessThan(700);
  });

  it('stops before the output blows up', () => {
    const run = (length: number) => new Array<number>(length).fill(5);
    const files = [run(400), ...Array.from({ length: 50 }, (_, i) => run(20 + i))];
    expect(search(files, 6).found.occurrences).toBeGreaterThan(10_000);
    expect(() => search(files, 6, 10_000)).toThrow(/at most 10000 occurrences/);
  });
});

describe('binomialRow', () => {
  it('equals the recurrence', () => {
    let row = [1n];
    for (let k = 0; k <= 200; k++) {
      expect([...binomialRow(k)]).toEqual(row);
      row = Array.from({ length: k + 2 }, (_, m) => ((row[m] ?? 0n) * 31n + (row[m - 1] ?? 0n)) & MASK);
    }
  });
});

function alternate(length: number, lines: readonly number[]): number[] {
  return Array.from({ length }, (_, i) => lines[i % lines.length]!);
}

function ascending(length: number): number[] {
  return Array.from({ length }, (_, i) => i + 1);
}
