/** A set of 64-bit hashes, each given as two int32 halves: open addressing, and a filter that answers most misses. */

/** The memory of a set, which threads can read together once nothing is added any more. */
export interface SharedHashSet {
  readonly slots: SharedArrayBuffer;
  readonly hasZero: boolean;
}

export class HashSet64 {
  /** High and low half of each slot; both 0 in a free one, so that the hash 0 is kept apart. */
  readonly #slots: Int32Array<SharedArrayBuffer>;
  #hasZero: boolean;
  readonly #mask: number;

  constructor({ slots, hasZero }: SharedHashSet) {
    this.#slots = new Int32Array(slots);
    this.#hasZero = hasZero;
    this.#mask = this.#slots.length / 2 - 1;
  }

  share(): SharedHashSet {
    return { slots: this.#slots.buffer, hasZero: this.#hasZero };
  }

  /** @param mixed of the same hash, by {@link mix} */
  has(mixed: number, high: number, low: number): boolean {
    if (high === 0 && low === 0) return this.#hasZero;
    const slot = this.#slot(mixed, high, low);
    return this.#slots[slot] !== 0 || this.#slots[slot + 1] !== 0;
  }

  /** @param mixed of the same hash, by {@link mix} */
  add(mixed: number, high: number, low: number): void {
    if (high === 0 && low === 0) this.#hasZero = true;
    const slot = this.#slot(mixed, high, low);
    this.#slots[slot] = high;
    this.#slots[slot + 1] = low;
  }

  /** Length of the filter, a power of 2, >= 2. */
  get filterWords(): number {
    return Math.min(2 ** 26, this.#slots.length / 4);
  }

  /**
   * Sets two bits in one word of 32 for every hash, 16 bits for every slot: one miss in 50 to 150 meets both. Returns by
   * how much a mixed hash is shifted for the number of its word; its lowest 10 bits say which bits.
   */
  fillFilter(words: Int32Array): number {
    const shift = 32 - Math.log2(words.length);
    words.fill(0);
    const slots = this.#slots;
    if (this.#hasZero) words[0] = 1;
    for (let at = 0; at < slots.length; at += 2) {
      const high = slots[at]!;
      const low = slots[at + 1]!;
      if (high === 0 && low === 0) continue;
      const mixed = mix(high, low);
      words[mixed >>> shift]! |= (1 << mixed) | (1 << (mixed >>> 5));
    }
    return shift;
  }

  /** The slot that holds a hash, or the free one where it would go. */
  #slot(mixed: number, high: number, low: number): number {
    const slots = this.#slots;
    let slot = mixed & this.#mask;
    for (;;) {
      const slotHigh = slots[2 * slot]!;
      const slotLow = slots[2 * slot + 1]!;
      if (slotLow === low && slotHigh === high) return 2 * slot;
      if (slotLow === 0 && slotHigh === 0) return 2 * slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

/**
 * The memory of a set to which `most` hashes can be added. Up to seven eighths of its slots are taken then: what is not
 * in the set hardly gets here, and what is takes 5 steps.
 */
export function emptyHashSet(most: number): SharedHashSet {
  const slots = 2 ** Math.max(3, Math.ceil(Math.log2((most * 8) / 7)));
  return { slots: new SharedArrayBuffer(8 * slots), hasZero: false };
}

/** 32 well-mixed bits of a 64-bit hash (finalizer of MurmurHash3). */
export function mix(high: number, low: number): number {
  let mixed = Math.imul(high, 0x9e3779b1) ^ low;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
