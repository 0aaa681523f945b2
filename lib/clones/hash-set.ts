/** A set of 64-bit hashes, each given as two int32 halves: open addressing behind a bitmap that answers most misses. */

/** The memory of a set, which threads can read together once nothing is added any more. */
export interface SharedHashSet {
  readonly slots: SharedArrayBuffer;
  readonly bits: SharedArrayBuffer;
  readonly size: number;
  readonly hasZero: boolean;
}

export class HashSet64 {
  size = 0;
  /** High and low half of each slot; both 0 in a free one, so that the hash 0 is kept apart. */
  #slots: Int32Array<SharedArrayBuffer>;
  #hasZero = false;
  #mask: number;
  // 16 bits for every slot: about one miss in 25 gets past it.
  #bits: Int32Array<SharedArrayBuffer>;
  #bitShift: number;

  constructor(shared?: SharedHashSet) {
    this.#slots = shared === undefined ? sharedInts(2 * 64) : new Int32Array(shared.slots);
    const capacity = this.#slots.length / 2;
    this.#bits = shared === undefined ? sharedInts(bitsFor(capacity) / 32) : new Int32Array(shared.bits);
    this.#mask = capacity - 1;
    this.#bitShift = 32 - Math.log2(bitsFor(capacity));
    this.size = shared?.size ?? 0;
    this.#hasZero = shared?.hasZero ?? false;
  }

  share(): SharedHashSet {
    return {
      slots: this.#slots.buffer,
      bits: this.#bits.buffer,
      size: this.size,
      hasZero: this.#hasZero,
    };
  }

  /** @param mixed of the same hash, by {@link mix} */
  has(mixed: number, high: number, low: number): boolean {
    const bit = mixed >>> this.#bitShift;
    if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    if (high === 0 && low === 0) return this.#hasZero;
    const slot = this.#slot(mixed, high, low);
    return this.#slots[slot] !== 0 || this.#slots[slot + 1] !== 0;
  }

  /** @param mixed of the same hash, by {@link mix} */
  add(mixed: number, high: number, low: number): void {
    if (high === 0 && low === 0) {
      if (!this.#hasZero) this.size++;
      this.#hasZero = true;
    } else {
      const slot = this.#slot(mixed, high, low);
      if (this.#slots[slot] !== 0 || this.#slots[slot + 1] !== 0) return;
      this.#slots[slot] = high;
      this.#slots[slot + 1] = low;
      this.size++;
    }
    const bit = mixed >>> this.#bitShift;
    this.#bits[bit >>> 5]! |= 1 << (bit & 31);
    if (this.size * 3 > this.#mask * 2) this.#grow();
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

  #grow(): void {
    const old = this.#slots;
    const capacity = old.length;
    this.#slots = sharedInts(2 * capacity);
    this.#mask = capacity - 1;
    this.#bits = sharedInts(bitsFor(capacity) / 32);
    this.#bitShift = 32 - Math.log2(bitsFor(capacity));
    this.size = 0;
    if (this.#hasZero) {
      this.#hasZero = false;
      this.add(mix(0, 0), 0, 0);
    }
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0 || old[at + 1] !== 0) this.add(mix(old[at]!, old[at + 1]!), old[at]!, old[at + 1]!);
    }
  }
}

function bitsFor(capacity: number): number {
  return Math.min(2 ** 31, capacity * 16);
}

function sharedInts(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

/** 32 well-mixed bits of a 64-bit hash (finalizer of MurmurHash3). */
export function mix(high: number, low: number): number {
  let mixed = Math.imul(high, 0x9e3779b1) ^ low;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
