/**
 * Windows that differ can be alike once they have grown. H(i, L+1) = 31 H(i, L) + H(i+1, L) holds for the difference
 * of two sequences as well, and over some differences it loses bits with every line: 32 D where all lines differ by
 * the same (two tables that only differ in a word of each line, two runs of one line each), likewise where the
 * difference is an arithmetic progression (`a`, `b`, `c`, ... one a line), and, more slowly, where it has period 2
 * or 4. When all 64 bits are gone the hashes are equal, whatever the lines say.
 *
 * Such sequences are kin: they agree in y(i) = (x(i) - x(i-1)) - (x(i-4) - x(i-5)), which is 0 for all those
 * differences. So windows of y, a little longer than the threshold, find them.
 */
import { RollingWindow } from './window.js';

/** Lines before one that its y depends on. */
const REACH = 5;

/**
 * Growth at which kin begin to matter. Before it more than 2^28 of the 2^64 values are left, so that unlike lines are
 * as good as never equal; the longer, the fewer lines of the corpus are kept in vain.
 */
const KIN_STEPS = 6;

/** The last T lines of a file, and the kin window that ends with them. */
export class LineWindows {
  /** Lines, and their hash H(i, T). */
  readonly exact: RollingWindow;
  /** Lines that a kin window spans. */
  readonly kinLines: number;
  readonly #kin: RollingWindow;

  constructor(threshold: number) {
    this.kinLines = Math.max(threshold + KIN_STEPS, REACH + 1);
    // Further back than the kin window by its context and by the line before that.
    this.exact = new RollingWindow(threshold, this.kinLines + 2);
    this.#kin = new RollingWindow(this.kinLines - REACH, this.kinLines - REACH);
  }

  /** A new file begins. */
  reset(): void {
    this.exact.reset();
    this.#kin.reset();
  }

  push(high: number, low: number, rawLine: number): void {
    this.exact.push(high, low, rawLine);
    const { count, mask, lineHigh, lineLow } = this.exact;
    if (count <= REACH) return;
    const a = (count - 2) & mask;
    const b = (count - 5) & mask;
    const c = (count - 6) & mask;
    const lowA = lineLow[a]!;
    const lowB = lineLow[b]!;
    const lowC = lineLow[c]!;
    const half0 = (low & 0xffff) - (lowA & 0xffff) - (lowB & 0xffff) + (lowC & 0xffff);
    const half1 = (low >>> 16) - (lowA >>> 16) - (lowB >>> 16) + (lowC >>> 16) + (half0 >> 16);
    const kinHigh = (high - lineHigh[a]! - lineHigh[b]! + lineHigh[c]! + (half1 >> 16)) | 0;
    this.#kin.push(kinHigh, (half1 << 16) | (half0 & 0xffff), rawLine);
  }

  get hasExact(): boolean {
    return this.exact.count >= this.exact.threshold;
  }

  get hasKin(): boolean {
    return this.#kin.count >= this.#kin.threshold;
  }

  get kinHigh(): number {
    return this.#kin.high;
  }

  get kinLow(): number {
    return this.#kin.low;
  }
}
