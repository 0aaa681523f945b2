/**
 * The merge loop of byte-pair encoding: of all neighbours the pair of least rank becomes one, the leftmost first, until
 * no pair is left that has a rank.
 *
 * Our own, since that of @huggingface/tokenizers 0.2 works on strings with an object for each symbol, keeps no lengths
 * of what it merges, and has ties go by another rule where a pair comes twice.
 */
import { PairTable } from './pair-table.js';

/** Up to here a scan for the least rank costs less than a queue. */
const SHORT = 48;
const NO_RANK = 0x7fffffff;
/** Ranks are below 2^22 and places below 2^31, so rank and place make one exact number that sorts by both. */
const PLACES = 2 ** 31;

/** Two ids and the id that they make; the rank of a merge is its place in the list. */
export type Merge = readonly [left: number, right: number, made: number];

export class Merger {
  readonly #ranks: PairTable;
  readonly #made: Int32Array;
  /** Symbols that each id left in place stands for. */
  sizes = new Int32Array(256);
  #ranksHere = new Int32Array(256);

  constructor(merges: readonly Merge[]) {
    this.#ranks = new PairTable(merges.length);
    this.#made = Int32Array.from(merges, ([, , made]) => made);
    for (const [rank, [left, right]] of merges.entries()) this.#ranks.set(left, right, rank);
  }

  /**
   * Merges the first `count` of `ids` in place.
   *
   * @returns how many are left at the front of `ids`; `sizes` tells how many each was made of
   */
  merge(ids: Int32Array, count: number): number {
    if (count > this.sizes.length) {
      this.sizes = new Int32Array(2 * count);
      this.#ranksHere = new Int32Array(2 * count);
    }
    this.sizes.fill(1, 0, count);
    return count <= SHORT ? this.#mergeShort(ids, count) : this.#mergeLong(ids, count);
  }

  #rank(left: number, right: number): number {
    const rank = this.#ranks.get(left, right);
    return rank < 0 ? NO_RANK : rank;
  }

  #mergeShort(ids: Int32Array, count: number): number {
    const { sizes } = this;
    const ranks = this.#ranksHere;
    let length = count;
    for (let i = 0; i + 1 < length; i++) ranks[i] = this.#rank(ids[i]!, ids[i + 1]!);
    for (;;) {
      let best = NO_RANK;
      let at = 0;
      for (let i = 0; i + 1 < length; i++) {
        if (ranks[i]! < best) {
          best = ranks[i]!;
          at = i;
        }
      }
      if (best === NO_RANK) return length;
      ids[at] = this.#made[best]!;
      sizes[at]! += sizes[at + 1]!;
      length--;
      for (let i = at + 1; i < length; i++) {
        ids[i] = ids[i + 1]!;
        sizes[i] = sizes[i + 1]!;
        ranks[i] = ranks[i + 1]!;
      }
      if (at > 0) ranks[at - 1] = this.#rank(ids[at - 1]!, ids[at]!);
      if (at + 1 < length) ranks[at] = this.#rank(ids[at]!, ids[at + 1]!);
    }
  }

  #mergeLong(ids: Int32Array, count: number): number {
    const { sizes } = this;
    // Rank of each symbol with its next one, as it is now; places in the queue that say otherwise are out of date.
    const ranks = this.#ranksHere;
    const queue = new Queue(count);
    const next = new Int32Array(count);
    const previous = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    const look = (at: number) => {
      const after = next[at]!;
      const rank = after < count ? this.#rank(ids[at]!, ids[after]!) : NO_RANK;
      ranks[at] = rank;
      if (rank !== NO_RANK) queue.push(rank * PLACES + at);
    };
    for (let i = 0; i < count; i++) look(i);
    while (queue.length > 0) {
      const first = queue.pop();
      const rank = Math.floor(first / PLACES);
      const at = first - rank * PLACES;
      if (ranks[at] !== rank) continue;
      const taken = next[at]!;
      ids[at] = this.#made[rank]!;
      sizes[at]! += sizes[taken]!;
      sizes[taken] = 0;
      ranks[taken] = NO_RANK;
      const after = next[taken]!;
      next[at] = after;
      if (after < count) previous[after] = at;
      look(at);
      if (previous[at]! >= 0) look(previous[at]!);
    }
    let length = 0;
    for (let i = 0; i < count; i++) {
      if (sizes[i] === 0) continue;
      ids[length] = ids[i]!;
      sizes[length++] = sizes[i]!;
    }
    return length;
  }
}

/** A binary heap, the least first. */
class Queue {
  #items: Float64Array;
  length = 0;

  constructor(capacity: number) {
    this.#items = new Float64Array(capacity);
  }

  push(item: number): void {
    if (this.length === this.#items.length) {
      const items = new Float64Array(2 * this.length);
      items.set(this.#items);
      this.#items = items;
    }
    const items = this.#items;
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= item) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** The queue is not empty. */
  pop(): number {
    const items = this.#items;
    const first = items[0]!;
    const last = items[--this.length]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
