/**
 * The large side, streamed: of a corpus file, or a part of one, only those lines are kept that a block shared with the
 * outputs can depend on. These are the lines of windows that the outputs hold too, those of windows that are kin to
 * one of the outputs', and one line of context on each side of both, because the context decides what is covered.
 */
import { LineWindows } from './kin-window.js';
import type { LineSink } from './line-hasher.js';
import { LineTable } from './line-table.js';
import type { WindowSets } from './outputs-index.js';

export class CorpusScan implements LineSink {
  readonly kept = new LineTable();
  /** The first lines, at most {@link seamLines}, none beyond a gap. */
  readonly head = new LineTable();
  /** Lines that a window over a seam between two parts of a file can reach on one side, with its context. */
  readonly seamLines: number;
  /** Lines so far. */
  lines = 0;
  /** Raw lines of the gaps, ascending. */
  readonly gaps: number[] = [];
  readonly #sets: WindowSets;
  readonly #windows: LineWindows;
  #headOpen = true;
  /** Number of the line after the last kept one, counted from the last gap. */
  #keptEnd = 0;
  /** The next line is context. */
  #contextDue = false;
  /** A kin window ended at the last line. */
  #afterKin = false;

  constructor(sets: WindowSets) {
    this.#sets = sets;
    this.#windows = new LineWindows(sets.threshold);
    this.seamLines = this.#windows.kinLines;
    this.kept.startFile();
  }

  line(high: number, low: number, rawLine: number): void {
    this.lines++;
    if (this.#headOpen) {
      this.head.append(high, low, rawLine);
      this.#headOpen = this.head.length < this.seamLines;
    }
    const windows = this.#windows;
    windows.push(high, low, rawLine);
    const { exact, kinLines } = windows;
    const kin = windows.hasKin && this.#sets.kin.has(windows.kinHigh, windows.kinLow);
    // What is kept of a kin window so far may have gaps.
    if (kin && !this.#afterKin) this.#rewind(kinLines + 1);
    this.#afterKin = kin;
    if (kin) {
      this.#keep(kinLines + 1);
      this.#contextDue = true;
    } else if (windows.hasExact && this.#sets.exact.has(exact.high, exact.low)) {
      this.#keep(exact.threshold + 1);
      this.#contextDue = true;
    } else if (this.#contextDue) {
      this.#keep(1);
      this.#contextDue = false;
    }
  }

  /** No window spans what comes before and after: one document ends with this raw line, another one begins. */
  gap(rawLine: number): void {
    this.gaps.push(rawLine);
    this.#headOpen = false;
    this.#windows.reset();
    this.kept.break();
    this.#keptEnd = 0;
    this.#contextDue = false;
    this.#afterKin = false;
  }

  /** The last lines, at most {@link seamLines} and one more, none before a gap. */
  tail(): LineTable {
    const tail = new LineTable();
    const { count: end, mask, lineHigh, lineLow, raw } = this.#windows.exact;
    for (let number = Math.max(0, end - this.seamLines - 1); number < end; number++) {
      const slot = number & mask;
      tail.append(lineHigh[slot]!, lineLow[slot]!, raw[slot]!);
    }
    return tail;
  }

  /** Keeps the last `count` lines, as far as there are as many and they are not kept yet. */
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
