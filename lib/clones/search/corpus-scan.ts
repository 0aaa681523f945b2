/**
 * The large side, streamed: of a corpus file, or a part of one, only those lines are kept that a block shared with the
 * outputs can depend on. These are the lines of windows that the outputs hold too, those of windows that are kin to
 * one of the outputs', and one line of context on each side of both, because the context decides what is covered.
 */
import type { LineSink } from '../lines/line-hasher.js';
import { kernel, PASSED, PASSED_EXACT, PASSED_KIN } from '../lines/line-kernel.js';
import { LineTable } from '../lines/line-table.js';
import { LineWindows } from '../lines/line-windows.js';
import type { WindowSets } from './window-sets.js';

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
  /** The line after the last kept one is context. */
  #contextDue = false;
  /** Number of the line after the last kin window, counted from the last gap. */
  #kinEnd = 0;

  constructor(sets: WindowSets) {
    this.#sets = sets;
    this.#windows = new LineWindows(sets.threshold, sets);
    this.seamLines = this.#windows.kinLines;
    this.kept.startFile();
  }

  take(found: number): void {
    const windows = this.#windows;
    const first = windows.count;
    const { firstExact, firstKin, kinLines, threshold } = windows;
    const sets = this.#sets;
    this.lines += found;
    if (this.#headOpen) this.#fillHead(found);
    windows.push(found);
    const { state, passed, exact, kin, mixedExact, mixedKin } = kernel;
    for (let k = 0; k < state[PASSED]!; k++) {
      const i = passed[k]! >> 2;
      const number = first + i;
      if (
        passed[k]! & PASSED_KIN &&
        number >= firstKin &&
        sets.kin.has(mixedKin[i]!, kin[2 * i + 1]!, kin[2 * i]!)
      ) {
        this.#keepContext(number);
        // What is kept of a kin window so far may have gaps.
        if (this.#kinEnd !== number) this.#rewind(number, kinLines + 1);
        this.#kinEnd = number + 1;
        this.#keep(number, kinLines + 1);
      } else if (
        passed[k]! & PASSED_EXACT &&
        number >= firstExact &&
        sets.exact.has(mixedExact[i]!, exact[2 * i + 1]!, exact[2 * i]!)
      ) {
        this.#keepContext(number);
        this.#keep(number, threshold + 1);
      } else {
        continue;
      }
      this.#contextDue = true;
    }
    this.#keepContext(windows.count);
  }

  /** No window spans what comes before and after: one document ends with this raw line, another one begins. */
  gap(rawLine: number): void {
    this.gaps.push(rawLine);
    this.#headOpen = false;
    this.#windows.reset();
    this.kept.break();
    this.#keptEnd = 0;
    this.#contextDue = false;
    this.#kinEnd = 0;
  }

  /** The last lines, at most {@link seamLines} and one more, none before a gap. */
  tail(): LineTable {
    const tail = new LineTable();
    const { count } = this.#windows;
    this.#copy(Math.max(0, count - this.seamLines - 1), count, tail);
    return tail;
  }

  #fillHead(found: number): void {
    this.head.appendColumns(kernel, 0, Math.min(found, this.seamLines - this.head.length));
    this.#headOpen = this.head.length < this.seamLines;
  }

  /** Keeps the last `count` lines up to `number`, as far as there are as many and they are not kept yet. */
  #keep(number: number, count: number): void {
    const end = number + 1;
    const first = Math.max(end - count, this.#keptEnd, 0);
    if (first > this.#keptEnd) this.kept.break();
    this.#copy(first, end, this.kept);
    this.#keptEnd = end;
  }

  /** Keeps the line after the last kept one if that is due and it stands before line `end`. */
  #keepContext(end: number): void {
    if (!this.#contextDue || this.#keptEnd >= end) return;
    this.#keep(this.#keptEnd, 1);
    this.#contextDue = false;
  }

  /** Forgets what is kept of the last `count` lines up to `number`. */
  #rewind(number: number, count: number): void {
    const { rawLines } = this.#windows.ring();
    const { mask } = this.#windows;
    const first = Math.max(number + 1 - count, 0);
    this.kept.dropFrom(rawLines[first & mask]!);
    const adjacent = first > 0 && this.kept.lastRaw() === rawLines[(first - 1) & mask];
    this.#keptEnd = adjacent ? first : Math.min(this.#keptEnd, first - 1);
  }

  #copy(first: number, end: number, table: LineTable): void {
    const { hashes, rawLines } = this.#windows.ring();
    const { mask } = this.#windows;
    for (let number = first; number < end; number++) {
      const slot = number & mask;
      table.append(hashes[2 * slot]!, hashes[2 * slot + 1]!, rawLines[slot]!);
    }
  }
}
