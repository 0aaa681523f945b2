/**
 * The rolling hashes of the last lines of one file: H(i, T) of T lines, and that of kin.
 *
 * Windows that differ can be alike once they have grown. H(i, L+1) = 31 H(i, L) + H(i+1, L) holds for the difference
 * of two sequences as well, and over some differences it loses bits with every line: 32 D where all lines differ by
 * the same (two tables that only differ in a word of each line, two runs of one line each), likewise where the
 * difference is an arithmetic progression (`a`, `b`, `c`, ... one a line), and, more slowly, where it has period 2
 * or 4. When all 64 bits are gone the hashes are equal, whatever the lines say.
 *
 * Such sequences are kin: they agree in y(i) = (x(i) - x(i-1)) - (x(i-4) - x(i-5)), which is 0 for all those
 * differences. So windows of y, a little longer than the threshold, find them.
 */
import {
  EXACT,
  EXACT_LINES,
  KERNEL_LINES,
  KIN,
  KIN_LINES,
  kernel,
  POWERS,
  RING_MASK,
  RING_RAW_LINES,
  type WindowFilters,
} from './line-kernel.js';
import type { LineColumns } from './line-table.js';

/** Lines before one that its y depends on. */
const REACH = 5;

/**
 * Growth at which kin begin to matter. Before it more than 2^28 of the 2^64 values are left, so that unlike lines are
 * as good as never equal; the longer, the fewer lines of the corpus are kept in vain.
 */
const KIN_STEPS = 6;

/** More lines than any window has; the kernel counts in 32 bits. */
const MANY_LINES = 2 ** 30;

/** 31^exponent mod 2^64. */
export function powerOf31(exponent: number): bigint {
  let power = 1n;
  let base = 31n;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = BigInt.asUintN(64, power * base);
    base = BigInt.asUintN(64, base * base);
  }
  return power;
}

/** Whose lines are in the kernel's ring. */
let owner: LineWindows | undefined;

export class LineWindows {
  /** Lines of the file so far; the newest is number `count - 1`. */
  count = 0;
  /** Lines that a kin window spans. */
  readonly kinLines: number;
  /** Line n is at `n & mask` of the ring. */
  readonly mask: number;
  /** Lines back from the newest that are remembered: those of a kin window, of its context, and the one before that. */
  readonly #memory: number;
  // What is remembered while others use the kernel.
  readonly #state = new Int32Array(RING_RAW_LINES - EXACT + 1);
  #remembered: LineColumns = { hashes: new Int32Array(0), rawLines: new Uint32Array(0) };

  /** @param filters what the kernel's `passed` goes by */
  constructor(
    readonly threshold: number,
    readonly filters?: WindowFilters,
  ) {
    this.kinLines = Math.max(threshold + KIN_STEPS, REACH + 1);
    const differences = this.kinLines - REACH;
    this.#memory = this.kinLines + 3;
    const slots = 2 ** Math.ceil(Math.log2(this.#memory + KERNEL_LINES));
    this.mask = slots - 1;
    const powers = new BigUint64Array([powerOf31(threshold), powerOf31(differences)]);
    this.#state.set(new Int32Array(powers.buffer), POWERS - EXACT);
    this.#state[EXACT_LINES - EXACT] = threshold;
    this.#state[KIN_LINES - EXACT] = differences;
    this.#state[RING_MASK - EXACT] = this.mask;
    this.#state[RING_RAW_LINES - EXACT] = kernel.reserveRing(slots);
  }

  /** The first line that ends a window. */
  get firstExact(): number {
    return this.threshold - 1;
  }

  /** The first line that ends a kin window. */
  get firstKin(): number {
    return this.kinLines - 1;
  }

  /** A new file begins. */
  reset(): void {
    this.count = 0;
    this.#state.fill(0, 0, KIN - EXACT + 2);
    if (owner === this) owner = undefined;
  }

  /**
   * The kernel's first `found` lines follow; its `exact` and `kin` are then those of the windows that end with them, and
   * with filters `passed` says which of them pass.
   */
  push(found: number): void {
    this.#enter();
    kernel.windows(found, this.count | 0, Math.min(this.count, MANY_LINES));
    this.count += found;
  }

  /** The newest lines, as far back as the longest window with its context and one line more. */
  ring(): LineColumns {
    this.#enter();
    return kernel.viewRing(this.mask + 1);
  }

  #enter(): void {
    if (owner === this) return;
    if (owner !== undefined) owner.#leave();
    owner = this;
    if (this.filters !== undefined) kernel.filterBy(this.filters);
    kernel.state.set(this.#state, EXACT);
    const ring = kernel.viewRing(this.mask + 1);
    for (let i = 0; i < this.#kept; i++) copyLine(this.#remembered, i, ring, this.#slotOfKept(i));
  }

  #leave(): void {
    this.#state.set(kernel.state.subarray(EXACT, EXACT + this.#state.length));
    const ring = kernel.viewRing(this.mask + 1);
    this.#remembered = {
      hashes: new Int32Array(2 * this.#kept),
      rawLines: new Uint32Array(this.#kept),
    };
    for (let i = 0; i < this.#kept; i++) copyLine(ring, this.#slotOfKept(i), this.#remembered, i);
  }

  /** Lines that are remembered. */
  get #kept(): number {
    return Math.min(this.count, this.#memory);
  }

  #slotOfKept(index: number): number {
    return (this.count - this.#kept + index) & this.mask;
  }
}

function copyLine(from: LineColumns, at: number, to: LineColumns, slot: number): void {
  to.hashes[2 * slot] = from.hashes[2 * at]!;
  to.hashes[2 * slot + 1] = from.hashes[2 * at + 1]!;
  to.rawLines[slot] = from.rawLines[at]!;
}
