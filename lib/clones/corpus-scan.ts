/**
 * The large side, streamed: of every corpus file only those lines are kept that a block shared with the outputs can
 * depend on. These are the lines of windows that the outputs hold too, those of windows that are kin to one of the
 * outputs', and one line of context on each side of both, because the context decides what is covered.
 */
import { LineWindows } from './kin-window.js';
import type { LineSink } from './line-hasher.js';
import { LineTable } from './line-table.js';
import type { OutputsIndex } from './outputs-index.js';

export class CorpusScan implements LineSink {
  readonly kept = new LineTable();
  readonly #index: OutputsIndex;
  readonly #windows: LineWindows;
  /** Number of the line after the last kept one. */
  #keptEnd = 0;
  /** The next line is context. */
  #contextDue = false;
  /** A kin window ended at the last line. */
  #afterKin = false;

  constructor(index: OutputsIndex) {
    this.#index = index;
    this.#windows = new LineWindows(index.threshold);
  }

  startFile(): void {
    this.kept.startFile();
    this.#windows.reset();
    this.#keptEnd = 0;
    this.#contextDue = false;
    this.#afterKin = false;
  }

  line(high: number, low: number, rawLine: number): void {
    const windows = this.#windows;
    windows.push(high, low, rawLine);
    const { exact, kinLines } = windows;
    const kin = windows.hasKin && this.#index.kin.has(windows.kinHigh, windows.kinLow);
    // What is kept of a kin window so far may have gaps.
    if (kin && !this.#afterKin) this.#rewind(kinLines + 1);
    this.#afterKin = kin;
    if (kin) {
      this.#keep(kinLines + 1);
      this.#contextDue = true;
    } else if (windows.hasExact && this.#index.exact.has(exact.high, exact.low)) {
      this.#keep(exact.threshold + 1);
      this.#contextDue = true;
    } else if (this.#contextDue) {
      this.#keep(1);
      this.#contextDue = false;
    }
  }

  /** Keeps the last `count` lines, as far as the file has them and they are not kept yet. */
  #keep(count: number): void {
    const { count: end, mask, lineHigh, lineLow, raw } = this.#windows.exact;
    const first = Math.max(end - count, this.#keptEnd, 0);
    if (first > this.#keptEnd) this.kept.break();
    for (let number = first; number < end; number++) {
      const slot = number & mask;
      this.kept.append(lineHigh[slot]!, lineLow[slot]!, raw[slot]!);
    }
    this.#keptEnd = end;
  }

  /** Forgets what is kept of the last `count` lines. */
  #rewind(count: number): void {
    const { count: end, mask, raw } = this.#windows.exact;
    const first = Math.max(end - count, 0);
    this.kept.dropFrom(raw[first & mask]!);
    const adjacent = first > 0 && this.kept.lastRaw() === raw[(first - 1) & mask];
    this.#keptEnd = adjacent ? first : Math.min(this.#keptEnd, first - 1);
  }
}
