/** The small side: all significant lines of the outputs, and the set of their windows' hashes. */
import { FadingRuns, fadingMemory } from './fading-runs.js';
import { HashSet64 } from './hash-set.js';
import type { LineSink } from './line-hasher.js';
import { LineTable } from './line-table.js';
import { RollingWindow } from './window.js';

export class OutputsIndex implements LineSink {
  readonly lines = new LineTable();
  /** H(i, T) of every window. */
  readonly windows = new HashSet64();
  /** Hashes of the longer windows that lie in fading runs: what runs of the corpus can meet. */
  readonly faded = new HashSet64();
  /** The outputs hold a fading run that can meet unlike ones. */
  fades = false;
  readonly #window: RollingWindow;
  readonly #runs: FadingRuns;

  constructor(readonly threshold: number) {
    this.#window = new RollingWindow(threshold, fadingMemory(threshold));
    this.#runs = new FadingRuns(this.#window, {
      window: (high, low) => {
        this.faded.add(high, low);
        return false;
      },
      faded: () => {
        this.fades = true;
        return false;
      },
    });
  }

  startFile(): void {
    this.lines.startFile();
    this.#window.reset();
    this.#runs.reset();
  }

  line(high: number, low: number, rawLine: number): void {
    this.lines.append(high, low, rawLine);
    const window = this.#window;
    window.push(high, low, rawLine);
    if (window.count >= this.threshold) this.windows.add(window.high, window.low);
    this.#runs.next();
  }
}
