/**
 * The outputs, indexed for the search of spans: their suffixes in order, which threads share, and a filter for windows that
 * are none of theirs. some 15 bytes for each of the outputs'.
 */
import { commonPrefixes, rankSuffixes, sortSuffixes } from './suffix-array.js';

/** Ends each output in the indexed text; no byte of UTF-8. */
export const OUTPUT_END = 0xff;

/** The memory of an index, which threads can read together. */
export interface SharedSpanIndex {
  readonly minBytes: number;
  readonly text: SharedArrayBuffer;
  readonly sorted: SharedArrayBuffer;
  readonly ranks: SharedArrayBuffer;
  readonly common: SharedArrayBuffer;
  readonly leasts: readonly SharedArrayBuffer[];
  readonly filter: SharedArrayBuffer;
}

/** Ranks, and blocks of them, whose least common prefix is known: any number is passed over in logarithmically many steps. */
const BLOCK = 16;

export class SpanIndex {
  /** Bytes of the shortest span. */
  readonly minBytes: number;
  /** Bytes of a window: every span holds one at any `minBytes - windowBytes + 1` places in a row. */
  readonly windowBytes: number;
  readonly text: Uint8Array;
  /** Where the suffixes begin, in their order, and the inverse of that. */
  readonly sorted: Int32Array;
  readonly ranks: Int32Array;
  /** Of each rank what its suffix has in common with the one before; then the least of each block, block of blocks, ... */
  readonly #common: readonly Int32Array[];
  readonly #filter: Int32Array;
  readonly #shift: number;

  constructor(readonly shared: SharedSpanIndex) {
    this.minBytes = shared.minBytes;
    this.windowBytes = Math.max(4, Math.ceil(shared.minBytes / 3));
    this.text = new Uint8Array(shared.text);
    this.sorted = new Int32Array(shared.sorted);
    this.ranks = new Int32Array(shared.ranks);
    this.#common = [shared.common, ...shared.leasts].map((buffer) => new Int32Array(buffer));
    this.#filter = new Int32Array(shared.filter);
    this.#shift = 32 - Math.log2(this.#filter.length);
  }

  /** @param text the outputs, each with {@link OUTPUT_END} behind it and nowhere else */
  static build(text: Uint8Array, minBytes: number): SpanIndex {
    const size = text.length;
    const shared: SharedSpanIndex = {
      minBytes,
      text: new SharedArrayBuffer(size),
      sorted: new SharedArrayBuffer(4 * size),
      ranks: new SharedArrayBuffer(4 * size),
      common: new SharedArrayBuffer(4 * size),
      leasts: blockCounts(size).map((blocks) => new SharedArrayBuffer(4 * blocks)),
      filter: new SharedArrayBuffer(4 * filterWords(size)),
    };
    new Uint8Array(shared.text).set(text);
    const index = new SpanIndex(shared);
    index.sorted.set(sortSuffixes(text, OUTPUT_END));
    rankSuffixes(index.sorted, index.ranks);
    const [common, ...leasts] = index.#common;
    commonPrefixes(text, index.sorted, index.ranks, common!);
    let below = common!;
    for (const level of leasts) {
      for (let block = 0; block < level.length; block++) {
        const [first, end] = [block * BLOCK, Math.min(below.length, (block + 1) * BLOCK)];
        level[block] = below.subarray(first, end).reduce((least, length) => Math.min(least, length));
      }
      below = level;
    }
    index.#fillFilter();
    return index;
  }

  /** Whether the window at `at` may stand in the outputs: of those that do not, one in about a hundred may. */
  mayHold(bytes: DataView, at: number): boolean {
    return this.#test(hashWindow(bytes, at, this.windowBytes)) === 1;
  }

  /** The same of any of four windows, `stride` apart: the processor waits for their places in the filter at once. */
  mayHoldAny(bytes: DataView, at: number, stride: number): boolean {
    const { windowBytes } = this;
    const first = hashWindow(bytes, at, windowBytes);
    const second = hashWindow(bytes, at + stride, windowBytes);
    const third = hashWindow(bytes, at + 2 * stride, windowBytes);
    const fourth = hashWindow(bytes, at + 3 * stride, windowBytes);
    return (this.#test(first) | this.#test(second) | this.#test(third) | this.#test(fourth)) === 1;
  }

  #test(hash: number): number {
    const word = this.#filter[hash >>> this.#shift]!;
    return (word >>> hash) & (word >>> (hash >>> 5)) & 1;
  }

  /** The first rank whose suffix is not less than `bytes[start..end)`, or -1 if that suffix does not begin with it. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const { text, sorted } = this;
    const size = end - start;
    let low = -1;
    let high = sorted.length;
    // What the bytes have in common with the suffixes at both ends: at least that with any between them.
    let lowCommon = 0;
    let highCommon = 0;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const suffix = sorted[middle]!;
      let length = Math.min(lowCommon, highCommon);
      while (length < size && text[suffix + length] === bytes[start + length]) length++;
      if (length < size && (text[suffix + length] ?? -1) < bytes[start + length]!) {
        low = middle;
        lowCommon = length;
      } else {
        high = middle;
        highCommon = length;
      }
    }
    return highCommon === size && high < sorted.length ? high : -1;
  }

  /** The first of the ranks around `rank` whose suffixes have `length` bytes, at least one, in common with its own. */
  firstWith(rank: number, length: number): number {
    let level = 0;
    let at = rank;
    // Up where a whole block has more in common. The first rank of all has nothing in common with one before.
    for (;;) {
      const values = this.#common[level]!;
      const block = Math.floor(at / BLOCK);
      while (at >= block * BLOCK && values[at]! >= length) at--;
      if (at >= block * BLOCK) break;
      at = block - 1;
      level++;
    }
    for (level--; level >= 0; level--) {
      const values = this.#common[level]!;
      at = at * BLOCK + BLOCK - 1;
      while (values[at]! >= length) at--;
    }
    return at;
  }

  /** The last of them. */
  lastWith(rank: number, length: number): number {
    let level = 0;
    let at = rank + 1;
    for (; ; level++) {
      const values = this.#common[level]!;
      const end = Math.min(values.length, Math.ceil((at + 1) / BLOCK) * BLOCK);
      while (at < end && values[at]! >= length) at++;
      if (at < end) break;
      if (end === values.length) return this.sorted.length - 1;
      at = end / BLOCK;
    }
    for (level--; level >= 0; level--) {
      const values = this.#common[level]!;
      at *= BLOCK;
      while (values[at]! >= length) at++;
    }
    return at - 1;
  }

  /** What the suffixes of `rank` and the one before have in common. */
  commonWithBefore(rank: number): number {
    return this.#common[0]![rank]!;
  }

  #fillFilter(): void {
    const { text, windowBytes } = this;
    const bytes = new DataView(this.shared.text);
    let start = 0;
    for (let end = text.indexOf(OUTPUT_END); end !== -1; end = text.indexOf(OUTPUT_END, start)) {
      // Shorter outputs hold no span.
      if (end - start >= this.minBytes)
        for (let at = start; at + windowBytes <= end; at++) {
          const hash = hashWindow(bytes, at, windowBytes);
          this.#filter[hash >>> this.#shift]! |= (1 << hash) | (1 << (hash >>> 5));
        }
      start = end + 1;
    }
  }
}

/** Of each level, up to that of a single block. */
function blockCounts(ranks: number): number[] {
  const counts: number[] = [];
  for (let count = ranks; count > BLOCK; counts.push(count)) count = Math.ceil(count / BLOCK);
  return counts;
}

/** 16 bits for each window. */
function filterWords(windows: number): number {
  return Math.min(2 ** 26, 2 ** Math.max(1, Math.ceil(Math.log2(windows / 2))));
}

/** 32 bits of a window of at least 4 bytes. */
function hashWindow(bytes: DataView, at: number, size: number): number {
  const last = at + size - 4;
  let hash = 0;
  for (let i = at; i < last; i += 4) {
    hash = Math.imul(hash ^ bytes.getInt32(i, true), 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  // It may overlap the one before.
  hash = Math.imul(hash ^ bytes.getInt32(last, true), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
