/**
 * Runs of lines whose window hash loses bits with every line that the window grows. H(i, L+1) = 31 H(i, L) + H(i+1, L):
 * over a run of identical lines that is 32 H, over a run with period 2, 4, ... the factor 31 + shift is even after as
 * many steps as the period, and over lines whose hashes are an arithmetic progression (`a`, `b`, `c`, ... one a line)
 * the differences fade likewise. In the end every such window hashes to 0, whatever the lines say, and unlike runs
 * are equal: the only way in which windows that differ at the threshold come to be alike at a greater length.
 */
import type { RollingWindow } from './window.js';

export const PERIODS = [1, 2, 4] as const;
const LONGEST_PERIOD = 4;

/** Growth beyond the threshold after which every window inside a run of this period hashes to 0. */
export function fadingSteps(period: number): number {
  // Identical lines lose 5 bits a step (a factor 32): 13 steps take all 64.
  return period === 1 ? 13 : 64 * period;
}

/** Shorter runs keep so many bits that unlike ones are as good as never equal. */
export function shortestFadingRun(period: number, threshold: number): number {
  return period === 1 ? threshold + 1 : threshold + 16 * period;
}

/**
 * Growth after which a progression keeps so few bits that it may meet any other run. It loses 5 bits a step, but its
 * windows are all different until the end, so they are not looked at one by one.
 */
const PROGRESSION_STEPS = 10;

/** Growth after which the windows of a progression hash to 0: 5 (k - 1) bits, and those of k itself. */
const PROGRESSION_END = 14;

/** How far back a window must remember for {@link FadingRuns} and for the context of what it finds. */
export function fadingMemory(threshold: number): number {
  return threshold + fadingSteps(LONGEST_PERIOD) + LONGEST_PERIOD + 2;
}

/** One run in progress. */
interface Run {
  readonly period: number;
  length: number;
  /** The hashes of the `period` distinct windows of the run, at length `threshold + steps`. */
  readonly high: Int32Array;
  readonly low: Int32Array;
  steps: number;
  found: boolean;
}

/** What to do with the runs; each function returns whether the run is wanted, and is not asked again once it is. */
export interface FadingRunVisitor {
  /** A window of a periodic run, at some length beyond the threshold. */
  window(high: number, low: number): boolean;
  /** A progression, or a periodic run, that has lost most of its bits. */
  faded(): boolean;
}

/** Follows the fading runs of one file and shows them to a visitor. */
export class FadingRuns {
  readonly #runs: readonly Run[];
  readonly #window: RollingWindow;
  readonly #visitor: FadingRunVisitor;
  /** Lines of the progression that ends at the last line. */
  #progression = 0;
  #progressionWanted = false;

  constructor(window: RollingWindow, visitor: FadingRunVisitor) {
    this.#window = window;
    this.#visitor = visitor;
    this.#runs = PERIODS.map((period) => ({
      period,
      length: 0,
      high: new Int32Array(period),
      low: new Int32Array(period),
      steps: 0,
      found: false,
    }));
  }

  /** A new file begins. */
  reset(): void {
    for (const run of this.#runs) {
      run.length = 0;
      run.found = false;
    }
    this.#progression = 0;
    this.#progressionWanted = false;
  }

  /**
   * To be called after every line that the window took. Returns the length of the longest run that ends at that line
   * and that is wanted, or 0.
   */
  next(): number {
    const { count, mask, lineHigh, lineLow } = this.#window;
    const slot = (count - 1) & mask;
    let longest = this.#nextProgression();
    for (const run of this.#runs) {
      const back = (count - 1 - run.period) & mask;
      if (count > run.period && lineLow[slot] === lineLow[back] && lineHigh[slot] === lineHigh[back]) {
        run.length++;
      } else {
        // A new run may begin with the last `period` lines.
        run.length = Math.min(count, run.period);
        run.found = false;
        continue;
      }
      if (!run.found && run.length >= shortestFadingRun(run.period, this.#window.threshold)) this.#grow(run);
      if (run.found) longest = Math.max(longest, run.length);
    }
    return longest;
  }

  /**
   * Grows the windows as far as the run is long. One period further, because at its own full length a run is its
   * only witness: a shorter neighbour may have to vouch that the window just below was duplicated.
   */
  #grow(run: Run): void {
    const { threshold, count, mask, windowHigh, windowLow } = this.#window;
    const steps = Math.min(run.length + run.period - threshold, fadingSteps(run.period));
    if (run.length === shortestFadingRun(run.period, threshold)) {
      run.steps = 0;
      for (let i = 0; i < run.period; i++) {
        const slot = (count - run.period + i) & mask;
        run.high[i] = windowHigh[slot]!;
        run.low[i] = windowLow[slot]!;
      }
    }
    while (run.steps < steps && !run.found) {
      growOnce(run);
      for (let i = 0; i < run.period && !run.found; i++) {
        run.found = this.#visitor.window(run.high[i]!, run.low[i]!);
      }
    }
    if (run.period > 1 && !run.found) run.found = this.#visitor.faded();
  }

  /** Follows lines whose hashes all differ by the same from the line before; identical lines are such. */
  #nextProgression(): number {
    const { count, mask, lineHigh, lineLow, threshold } = this.#window;
    const a = (count - 3) & mask;
    const b = (count - 2) & mask;
    const c = (count - 1) & mask;
    // c - b = b - a, by halves: with equal low halves of the differences the borrows decide about the high ones.
    const same =
      count > 2 &&
      ((lineLow[c]! - lineLow[b]!) | 0) === ((lineLow[b]! - lineLow[a]!) | 0) &&
      ((lineHigh[c]! - lineHigh[b]! - borrow(lineLow[c]!, lineLow[b]!)) | 0) ===
        ((lineHigh[b]! - lineHigh[a]! - borrow(lineLow[b]!, lineLow[a]!)) | 0);
    if (!same) {
      this.#progression = Math.min(count, 2);
      this.#progressionWanted = false;
      return 0;
    }
    this.#progression++;
    if (!this.#progressionWanted && this.#progression >= threshold + PROGRESSION_STEPS) {
      this.#progressionWanted =
        this.#visitor.faded() ||
        (this.#progression >= threshold + PROGRESSION_END && this.#visitor.window(0, 0));
    }
    return this.#progressionWanted ? this.#progression : 0;
  }
}

function borrow(low: number, subtracted: number): number {
  return low >>> 0 < subtracted >>> 0 ? 1 : 0;
}

/** v[i] <- 31 v[i] + v[i+1], cyclically. */
function growOnce(run: Run): void {
  const { high, low, period } = run;
  const firstHigh = high[0]!;
  const firstLow = low[0]!;
  for (let i = 0; i < period; i++) {
    const nextHigh = i + 1 < period ? high[i + 1]! : firstHigh;
    const nextLow = i + 1 < period ? low[i + 1]! : firstLow;
    const sum = (low[i]! >>> 0) * 31 + (nextLow >>> 0);
    high[i] = (Math.imul(high[i]!, 31) + nextHigh + Math.floor(sum / 2 ** 32)) | 0;
    low[i] = sum | 0;
  }
  run.steps++;
}
