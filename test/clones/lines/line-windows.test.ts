/** The kernel's rolling hashes against their definition, by several files in turns. */
import { expect, test } from 'vitest';
import { mix } from '../../../lib/clones/hash-set.js';
import { feedLines, kernel } from '../../../lib/clones/lines/line-kernel.js';
import { LineTable } from '../../../lib/clones/lines/line-table.js';
import { LineWindows } from '../../../lib/clones/lines/line-windows.js';
import { Random } from '../../../lib/random.js';

const at = (columns: Int32Array, i: number) =>
  (BigInt(columns[2 * i + 1]! >>> 0) << 32n) | BigInt(columns[2 * i]! >>> 0);

function fold(values: readonly bigint[]): bigint {
  return values.reduce((hash, value) => BigInt.asUintN(64, hash * 31n + value), 0n);
}

class File {
  readonly windows: LineWindows;
  readonly #lines: bigint[] = [];
  readonly #random: Random;

  constructor(threshold: number, seed: number) {
    this.windows = new LineWindows(threshold);
    this.#random = new Random(seed);
  }

  push(count: number): void {
    const table = new LineTable();
    for (let i = 0; i < count; i++) {
      const bits = this.#random.bits();
      table.append(Number(bits & 0xffffffffn) | 0, Number(bits >> 32n) | 0, this.#lines.length + 1);
      this.#lines.push(BigInt.asUintN(64, bits));
    }
    feedLines(table, (found) => this.windows.push(found));
    for (let i = Math.max(0, count - 40); i < count; i++) this.#check(this.#lines.length - count + i, i);
  }

  #check(number: number, i: number): void {
    const { threshold, kinLines, firstExact, firstKin, mask } = this.windows;
    if (number >= firstExact) {
      expect(kernel.mixedExact[i]).toBe(mix(kernel.exact[2 * i + 1]!, kernel.exact[2 * i]!));
      expect(at(kernel.exact, i)).toBe(fold(this.#lines.slice(number + 1 - threshold, number + 1)));
    }
    if (number >= firstKin) {
      const x = this.#lines.slice(number + 1 - kinLines, number + 1);
      const y = x.slice(5).map((value, k) => value - x[k + 4]! - x[k + 1]! + x[k]!);
      expect(kernel.mixedKin[i]).toBe(mix(kernel.kin[2 * i + 1]!, kernel.kin[2 * i]!));
      expect(at(kernel.kin, i)).toBe(fold(y));
    }
    const { hashes, rawLines } = this.windows.ring();
    for (const back of [0, 1, kinLines + 1]) {
      if (back > number) continue;
      expect(at(hashes, (number - back) & mask)).toBe(this.#lines[number - back]);
      expect(rawLines[(number - back) & mask]).toBe(number - back + 1);
    }
  }

  reset(): void {
    this.windows.reset();
    this.#lines.length = 0;
  }
}

test('windows of several files in turns, also after one needs a longer ring', () => {
  const random = new Random(5);
  const files = [2, 3, 6, 9].map((threshold, seed) => new File(threshold, seed));
  for (let step = 0; step < 400; step++) {
    if (step === 200) files.push(new File(20_000, 99));
    const file = random.pick(files);
    if (random.next() < 0.02) file.reset();
    file.push(random.next() < 0.05 ? 16_384 : 1 + random.integer(50));
  }
  expect(files.at(-1)!.windows.count).toBeGreaterThan(20_000);
});
