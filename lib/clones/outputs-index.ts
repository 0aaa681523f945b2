/** The small side: all significant lines of the outputs, and the sets of their windows' hashes. */
import { HashSet64 } from './hash-set.js';
import { LineWindows } from './kin-window.js';
import type { LineSink } from './line-hasher.js';
import { LineTable } from './line-table.js';

export class OutputsIndex implements LineSink {
  readonly lines = new LineTable();
  /** H(i, T) of every window. */
  readonly exact = new HashSet64();
  readonly kin = new HashSet64();
  readonly #windows: LineWindows;

  constructor(readonly threshold: number) {
    this.#windows = new LineWindows(threshold);
  }

  startFile(): void {
    this.lines.startFile();
    this.#windows.reset();
  }

  line(high: number, low: number, rawLine: number): void {
    this.lines.append(high, low, rawLine);
    const windows = this.#windows;
    windows.push(high, low, rawLine);
    if (windows.hasExact) this.exact.add(windows.exact.high, windows.exact.low);
    if (windows.hasKin) this.kin.add(windows.kinHigh, windows.kinLow);
  }
}
