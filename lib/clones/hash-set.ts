/** A set of 64-bit hashes, each given as two int32 halves: open addressing behind a bitmap that answers most misses. */
export class HashSet64 {
  size = 0;
  #high: Int32Array;
  #low: Int32Array;
  #used: Uint8Array;
  #mask: number;
  // 16 bits for every slot: about one miss in 30 gets past it.
  #bits: Int32Array;
  #bitShift: number;

  constructor(expected = 0) {
    const capacity = 2 ** Math.max(6, Math.ceil(Math.log2(Math.max(1, expected) * 2)));
    this.#high = new Int32Array(capacity);
    this.#low = new Int32Array(capacity);
    this.#used = new Uint8Array(capacity);
    this.#mask = capacity - 1;
    [this.#bits, this.#bitShift] = bitmapFor(capacity);
  }

  has(high: number, low: number): boolean {
    const mixed = mix(high, low);
    const bit = mixed >>> this.#bitShift;
    if ((this.#bits[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    return this.#used[this.#slot(mixed, high, low)] === 1;
  }

  add(high: number, low: number): void {
    const mixed = mix(high, low);
    const slot = this.#slot(mixed, high, low);
    if (this.#used[slot] === 1) return;
    this.#used[slot] = 1;
    this.#high[slot] = high;
    this.#low[slot] = low;
    const bit = mixed >>> this.#bitShift;
    this.#bits[bit >>> 5]! |= 1 << (bit & 31);
    if (++this.size * 2 > this.#mask) this.#grow();
  }

  #slot(mixed: number, high: number, low: number): number {
    let slot = mixed & this.#mask;
    while (this.#used[slot] === 1 && (this.#low[slot] !== low || this.#high[slot] !== high)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #grow(): void {
    const [high, low, used] = [this.#high, this.#low, this.#used];
    const capacity = used.length * 2;
    this.#high = new Int32Array(capacity);
    this.#low = new Int32Array(capacity);
    this.#used = new Uint8Array(capacity);
    this.#mask = capacity - 1;
    [this.#bits, this.#bitShift] = bitmapFor(capacity);
    this.size = 0;
    for (let slot = 0; slot < used.length; slot++) {
      if (used[slot] === 1) this.add(high[slot]!, low[slot]!);
    }
  }
}

function bitmapFor(capacity: number): [Int32Array, number] {
  const bits = Math.min(31, Math.log2(capacity) + 4);
  return [new Int32Array(2 ** (bits - 5)), 32 - bits];
}

/** 32 well-mixed bits of a 64-bit hash (finalizer of MurmurHash3). */
export function mix(high: number, low: number): number {
  let mixed = Math.imul(high, 0x9e3779b1) ^ low;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
