/** A hash table from pairs of ids to numbers, in flat arrays: what a Map of pairs would spend in memory and time. */

const EMPTY = -1;

export class PairTable {
  readonly #mask: number;
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #value: Int32Array;

  /** @param capacity pairs at most */
  constructor(capacity: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(8, 2 * capacity)));
    this.#mask = slots - 1;
    this.#left = new Int32Array(slots).fill(EMPTY);
    this.#right = new Int32Array(slots);
    this.#value = new Int32Array(slots);
  }

  /** @param left integer >= 0, as are the others; a later value takes the place of an earlier one */
  set(left: number, right: number, value: number): void {
    const slot = this.#find(left, right);
    this.#left[slot] = left;
    this.#right[slot] = right;
    this.#value[slot] = value;
  }

  /** The value, or -1 if there is none. */
  get(left: number, right: number): number {
    const slot = this.#find(left, right);
    return this.#left[slot] === EMPTY ? -1 : this.#value[slot]!;
  }

  #find(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = hash & this.#mask;
    while (this.#left[slot] !== EMPTY && (this.#left[slot] !== left || this.#right[slot] !== right))
      slot = (slot + 1) & this.#mask;
    return slot;
  }
}
