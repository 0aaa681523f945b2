/** The small side: all significant lines of the outputs, and the sets of their windows' hashes. */
import { HashSet64, type SharedHashSet } from './hash-set.js';
import { LineWindows } from './kin-window.js';
import type { LineSink } from './line-hasher.js';
import { LineTable } from './line-table.js';

/** What the scan of a corpus asks of the outputs; threads share its memory. */
export interface SharedWindowSets {
  readonly threshold: number;
  readonly exact: SharedHashSet;
  readonly kin: SharedHashSet;
}

/** The windows of the outputs: those of equal lines, and those of kin (see `kin-window.ts`). */
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

  line(high: number, low: number, rawLine: number): void {
    this.significantLines++;
    this.lines.append(high, low, rawLine);
    const current = this.#current;
    current.push(high, low, rawLine);
    if (current.hasExact) this.windows.exact.add(current.exact.high, current.exact.low);
    if (this.kin && current.hasKin) this.windows.kin.add(current.kinHigh, current.kinLow);
  }

  gap(rawLine: number): void {
    this.gaps.at(-1)!.push(rawLine);
    this.lines.break();
    this.#current.reset();
  }
}
