/** What the scan of a corpus asks of the outputs: is a window among theirs? */
import { emptyHashSet, HashSet64, type SharedHashSet } from '../hash-set.js';
import { feedLines, kernel } from '../lines/line-kernel.js';
import type { LineTable } from '../lines/line-table.js';
import { LineWindows } from '../lines/line-windows.js';

/** The memory of the sets, which threads share. */
export interface SharedWindowSets {
  readonly threshold: number;
  readonly exact: SharedHashSet;
  readonly kin: SharedHashSet;
}

/** The windows of the outputs: those of equal lines, and those of kin (see `line-windows.ts`). */
export class WindowSets {
  readonly threshold: number;
  /** H(i, T) of every window. */
  readonly exact: HashSet64;
  readonly kin: HashSet64;

  constructor({ threshold, exact, kin }: SharedWindowSets) {
    this.threshold = threshold;
    this.exact = new HashSet64(exact);
    this.kin = new HashSet64(kin);
  }

  share(): SharedWindowSets {
    return { threshold: this.threshold, exact: this.exact.share(), kin: this.kin.share() };
  }
}

/** `withKin`: lines are compared by folded hashes, so that unlike windows can become alike. */
export function indexWindows(lines: LineTable, threshold: number, withKin: boolean): WindowSets {
  const windows = new LineWindows(threshold);
  const sets = new WindowSets({
    threshold,
    exact: emptyHashSet(lines.length),
    kin: emptyHashSet(withKin ? lines.length : 0),
  });
  /** The first row after the last break: a break goes through as a line, and no window that has one counts. */
  let start = 0;
  feedLines(lines, (count, first) => {
    windows.push(count);
    const { exact, kin, mixedExact, mixedKin } = kernel;
    for (let i = 0; i < count; i++) {
      const row = first + i;
      if (lines.raw[row] === 0) {
        start = row + 1;
        continue;
      }
      const number = row - start;
      if (number >= windows.firstExact) sets.exact.add(mixedExact[i]!, exact[2 * i + 1]!, exact[2 * i]!);
      if (withKin && number >= windows.firstKin) sets.kin.add(mixedKin[i]!, kin[2 * i + 1]!, kin[2 * i]!);
    }
  });
  return sets;
}
