/** The small side: all significant lines of the outputs, and the sets of their windows' hashes. */
import { HashSet64, type SharedHashSet } from './hash-set.js';
import type { LineSink } from './line-hasher.js';
import { kernel } from './line-kernel.js';
import { LineTable } from './line-table.js';
import { LineWindows } from './line-windows.js';

/** What the scan of a corpus asks of the outputs; threads share its memory. */
export interface SharedWindowSets {
  readonly threshold: number;
  readonly exact: SharedHashSet;
  readonly kin: SharedHashSet;
}

/** The windows of the outputs: those of equal lines, and those of kin (see `line-windows.ts`). */
export class WindowSets {
  /** H(i, T) of every window. */
  readonly exact: HashSet64;
  readonly kin: HashSet64;

  constructor(
    readonly threshold: number,
    shared?: SharedWindowSets,
  ) {
    this.exact = new HashSet64(shared?.exact);
    this.kin = new HashSet64(shared?.kin);
  }

  share(): SharedWindowSets {
    return { threshold: this.threshold, exact: this.exact.share(), kin: this.kin.share() };
  }
}

export class OutputsIndex implements LineSink {
  readonly lines = new LineTable();
  readonly windows: WindowSets;
  /** Raw lines at which the documents of each file end, where documents are told apart. */
  readonly gaps: number[][] = [];
  significantLines = 0;
  readonly #current: LineWindows;

  /** `kin`: lines are compared by folded hashes, so that unlike windows can become alike. */
  constructor(
    threshold: number,
    readonly kin: boolean,
  ) {
    this.windows = new WindowSets(threshold);
    this.#current = new LineWindows(threshold);
  }

  startFile(): void {
    this.lines.startFile();
    this.gaps.push([]);
    this.#current.reset();
  }

  take(found: number): void {
    const current = this.#current;
    const first = current.count;
    current.push(found);
    const { hashes, rawLines, exact, kin, mixedExact, mixedKin } = kernel;
    for (let i = 0; i < found; i++) {
      this.lines.append(hashes[2 * i + 1]!, hashes[2 * i]!, rawLines[i]!);
      if (first + i >= current.firstExact)
        this.windows.exact.add(mixedExact[i]!, exact[2 * i + 1]!, exact[2 * i]!);
      if (this.kin && first + i >= current.firstKin)
        this.windows.kin.add(mixedKin[i]!, kin[2 * i + 1]!, kin[2 * i]!);
    }
    this.significantLines += found;
  }

  gap(rawLine: number): void {
    this.gaps.at(-1)!.push(rawLine);
    this.lines.break();
    this.#current.reset();
  }
}
