/** The filter before the sets of windows: whatever is in a set passes, and little else does. */
import { expect, test } from 'vitest';
import {
  feedLines,
  kernel,
  PASSED,
  PASSED_EXACT,
  PASSED_KIN,
} from '../../../lib/clones/lines/line-kernel.js';
import { LineTable } from '../../../lib/clones/lines/line-table.js';
import { LineWindows } from '../../../lib/clones/lines/line-windows.js';
import { indexWindows } from '../../../lib/clones/search/window-sets.js';
import { Random } from '../../../lib/random.js';

function unlikeLines(count: number, seed: number): LineTable {
  const random = new Random(seed);
  const table = new LineTable();
  table.startFile();
  for (let i = 0; i < count; i++) {
    const bits = random.bits();
    table.append(Number(bits & 0xffffffffn) | 0, Number(bits >> 32n) | 0, i + 1);
  }
  return table;
}

/** How many windows of the lines pass, and how many of them the sets hold: exact ones, and kin. */
function countPassed(lines: LineTable, sets: ReturnType<typeof indexWindows>) {
  const windows = new LineWindows(sets.threshold, sets);
  const counts = { exact: [0, 0] as [number, number], kin: [0, 0] as [number, number] };
  feedLines(lines, (count, first) => {
    windows.push(count);
    for (const each of kernel.passed.subarray(0, kernel.state[PASSED])) {
      const i = each >> 2;
      for (const [name, flag, mixed, start] of [
        ['exact', PASSED_EXACT, kernel.mixedExact, windows.firstExact],
        ['kin', PASSED_KIN, kernel.mixedKin, windows.firstKin],
      ] as const) {
        if ((each & flag) === 0 || first + i < start) continue;
        counts[name][0]++;
        if (sets[name].has(mixed[i]!, kernel[name][2 * i + 1]!, kernel[name][2 * i]!)) counts[name][1]++;
      }
    }
  });
  return counts;
}

test.each([1, 100, 5000, 60_000])('of %i lines all windows pass, and of others few', (count) => {
  const lines = unlikeLines(count, 1);
  const sets = indexWindows(lines, 6, true);
  const exact = Math.max(0, count - 5);
  const kin = Math.max(0, count - 11);
  expect(countPassed(lines, sets)).toEqual({ exact: [exact, exact], kin: [kin, kin] });

  const others = countPassed(unlikeLines(50_000, 2), sets);
  expect([others.exact[1], others.kin[1]]).toEqual([0, 0]);
  expect(Math.max(others.exact[0], others.kin[0])).toBeLessThan(0.03 * 50_000);
});

test('the hash 0 is in a set like any other', () => {
  const lines = new LineTable();
  lines.startFile();
  for (let i = 0; i < 20; i++) lines.append(0, 0, i + 1);
  const sets = indexWindows(lines, 6, true);
  expect(countPassed(lines, sets)).toEqual({ exact: [15, 15], kin: [9, 9] });
  expect(countPassed(unlikeLines(50_000, 3), sets).exact[1]).toBe(0);
});
