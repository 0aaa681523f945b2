/**
 * Tuples of small integers, each kept once and known by the order in which it first came. Millions of fingerprints and
 * places stay small this way: four bytes a number and a slot, where a Map of strings takes some hundred bytes an entry.
 */
import { GrowingColumn } from './column.js';

const EMPTY = 0;

export class TupleTable {
  /** The tuples by column: `columns[c].data[i]` is number `c` of tuple `i`. */
  readonly columns: readonly GrowingColumn[];
  /** Index + 1 of the tuple, by hash; at most two thirds full. */
  #slots = new Uint32Array(1 << 12);
  #size = 0;

  /** @param width numbers a tuple, 1 to 4 */
  constructor(readonly width: number) {
    this.columns = Array.from({ length: width }, () => new GrowingColumn());
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The index of a tuple of unsigned 32-bit numbers, which is added if it is not there; numbers beyond the width are 0.
   * Whether it was added shows in `size`.
   */
  add(a: number, b = 0, c = 0, d = 0): number {
    if (this.#size * 3 >= this.#slots.length * 2) this.#grow();
    const slot = this.#find(a, b, c, d);
    const found = this.#slots[slot]!;
    if (found !== EMPTY) return found - 1;
    const tuple = [a, b, c, d];
    for (let i = 0; i < this.width; i++) this.columns[i]!.push(tuple[i]!);
    this.#slots[slot] = ++this.#size;
    return this.#size - 1;
  }

  #find(a: number, b: number, c: number, d: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = mix(a, b, c, d) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot]!;
      if (found === EMPTY || this.#holds(found - 1, a, b, c, d)) return slot;
    }
  }

  #holds(index: number, a: number, b: number, c: number, d: number): boolean {
    return (
      this.#at(0, index) === a &&
      this.#at(1, index) === b &&
      this.#at(2, index) === c &&
      this.#at(3, index) === d
    );
  }

  #at(column: number, index: number): number {
    return column < this.width ? this.columns[column]!.data[index]! : 0;
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let i = 0; i < this.#size; i++) {
      const slot = this.#find(this.#at(0, i), this.#at(1, i), this.#at(2, i), this.#at(3, i));
      this.#slots[slot] = i + 1;
    }
  }
}

/** Murmur3's mixing (public domain): near numbers, as line numbers are, must not fall into near slots. */
function mix(a: number, b: number, c: number, d: number): number {
  let hash = 0;
  for (const value of [a, b, c, d]) {
    let k = Math.imul(value, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
