/**
 * The large side, streamed: of every corpus file only those lines are kept that a block shared with the outputs can
 * depend on. These are the lines of windows that the outputs hold too, the fading runs that can meet one of the
 * outputs', and one line of context on each side of both, because the context decides what is covered.
 */
import { FadingRuns, fadingMemory } from './fading-runs.js';
import type { LineSink } from './line-hasher.js';
import { LineTable } from './line-table.js';
import type { OutputsIndex } from './outputs-index.js';
import { RollingWindow } from './window.js';

export class CorpusScan implements LineSink {
  readonly kept = new LineTable();
  readonly #index: OutputsIndex;
  readonly #window: RollingWindow;
  /** Undefined when the outputs hold no fading run: then none of the corpus matters. */
  readonly #runs: FadingRuns | undefined;
  /** Number of the line after the last kept one. */
  #keptEnd = 0;
  /** The next line is context. */
  #contextDue = false;
  /** Lines of the wanted run that ended at the last line. */
  #run = 0;

  constructor(index: OutputsIndex) {
    this.#index = index;
    const fading = index.fades || index.faded.size > 0;
    // One more than the window: the context before it.
    this.#window = new RollingWindow(
      index.threshold,
      fading ? fadingMemory(index.threshold) : index.threshold + 1,
    );
    if (fading) {
      this.#runs = new FadingRuns(this.#window, {
        window: (high, low) => index.faded.has(high, low),
        faded: () => index.fades,
      });
    }
  }

  startFile(): void {
    this.kept.startFile();
    this.#window.reset();
    this.#runs?.reset();
    this.#keptEnd = 0;
    this.#contextDue = false;
    this.#run = 0;
  }

  line(high: number, low: number, rawLine: number): void {
    const window = this.#window;
    window.push(high, low, rawLine);
    let wanted = 0;
    if (window.count >= window.threshold && this.#index.windows.has(window.high, window.low)) {
      wanted = window.threshold;
    }
    if (this.#runs !== undefined) {
      const run = this.#runs.next();
      if (run > this.#run + 1) this.#rewind(run + 1);
      this.#run = run;
      wanted = Math.max(wanted, run);
    }
    if (wanted > 0) {
      this.#keep(wanted + 1);
      this.#contextDue = true;
    } else if (this.#contextDue) {
      this.#keep(1);
      this.#contextDue = false;
    }
  }

  /** Keeps the last `count` lines, as far as the file has them and they are not kept yet. */
  #keep(count: number): void {
    const { count: end, mask, lineHigh, lineLow, raw } = this.#window;
    const first = Math.max(end - count, this.#keptEnd, 0);
    if (first > this.#keptEnd) this.kept.break();
    for (let number = first; number < end; number++) {
      const slot = number & mask;
      this.kept.append(lineHigh[slot]!, lineLow[slot]!, raw[slot]!);
    }
    this.#keptEnd = end;
  }

  /** Forgets what is kept of the last `count` lines: a run turned out to be wanted as a whole, gaps included. */
  #rewind(count: number): void {
    const { count: end, mask, raw } = this.#window;
    const first = Math.max(end - count, 0);
    this.kept.dropFrom(raw[first & mask]!);
    const adjacent = first > 0 && this.kept.lastRaw() === raw[(first - 1) & mask];
    this.#keptEnd = adjacent ? first : Math.min(this.#keptEnd, first - 1);
  }
}
