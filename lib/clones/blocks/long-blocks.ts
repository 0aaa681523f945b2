/**
 * The block rule for long blocks, all lengths at once: at and beyond the length B of `level`, windows are equal exactly
 * if the sequences of their B-line windows are. So the groups are the intervals of a suffix array over those windows,
 * and the longest duplicated window at a position is read off the common prefixes with its two neighbours. The cost
 * is n log n plus the output, where one pass per length would be quadratic on text that repeats itself.
 */

import { powerOf31 } from '../lines/line-windows.js';
import type { Level } from './block-kernel.js';
import type { BlockList } from './block-list.js';

/** The hash of the block of `length` windows that begins at window `first` of a level. */
export type HashOfBlock = (first: number, length: number) => bigint;

/** Returns the work done, in visits of windows. `hashOf`: by default H, from the windows' own hashes. */
export function findLongBlocks(
  level: Level,
  outputsEnd: number,
  found: BlockList,
  hashOf: HashOfBlock = longHashes(level),
): number {
  const text = layOut(level);
  const { order, rounds } = suffixArray(text.symbols, text.symbolCount);
  const shared = commonPrefixes(text.symbols, order);
  reportIntervals(level, text, order, shared, outputsEnd, found, hashOf);
  return text.symbols.length * (rounds + 2);
}

function longHashes(level: Level): HashOfBlock {
  const hashes = new LongHashes(level);
  return (first, length) => hashes.at(first, length);
}

/** Windows at neighbouring positions follow each other; every chain of them ends with a symbol found nowhere else. */
interface Text {
  readonly symbols: Int32Array;
  readonly symbolCount: number;
  /** The index of the window in the level, or -1 at the end of a chain. */
  readonly windows: Int32Array;
}

function layOut({ count, positions, classes, classCount }: Level): Text {
  let chains = 0;
  for (let k = 0; k < count; k++) if (k + 1 === count || positions[k + 1] !== positions[k]! + 1) chains++;
  const symbols = new Int32Array(count + chains);
  const windows = new Int32Array(count + chains).fill(-1);
  let at = 0;
  let chain = 0;
  for (let k = 0; k < count; k++) {
    symbols[at] = chains + classes[k]!;
    windows[at++] = k;
    if (k + 1 === count || positions[k + 1] !== positions[k]! + 1) symbols[at++] = chain++;
  }
  return { symbols, symbolCount: chains + classCount, windows };
}

/** Suffix array by prefix doubling with counting sort (Manber and Myers 1990): O(n log n), typed arrays only. */
function suffixArray(symbols: Int32Array, symbolCount: number): { order: Int32Array; rounds: number } {
  const n = symbols.length;
  const counts = new Int32Array(Math.max(n, symbolCount) + 1);
  const order = new Int32Array(n);
  let ranks = Int32Array.from(symbols);
  let swap = new Int32Array(n);
  const bySecondHalf = Int32Array.from({ length: n }, (_, i) => i);
  const countingSort = () => {
    counts.fill(0);
    for (let i = 0; i < n; i++) counts[ranks[i]! + 1]!++;
    for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
    for (let i = 0; i < n; i++) order[counts[ranks[bySecondHalf[i]!]!]!++] = bySecondHalf[i]!;
  };
  countingSort();
  let rounds = 1;
  for (let half = 0; ; half = Math.max(1, half * 2)) {
    if (half > 0) {
      // Suffixes too short for a second half come first; the others in the order of their second half.
      let filled = 0;
      for (let i = n - half; i < n; i++) if (i >= 0) bySecondHalf[filled++] = i;
      for (let i = 0; i < n; i++) if (order[i]! >= half) bySecondHalf[filled++] = order[i]! - half;
      countingSort();
      rounds++;
    }
    let rank = 0;
    for (let i = 0; i < n; i++) {
      const here = order[i]!;
      if (i > 0 && !samePair(ranks, order[i - 1]!, here, half, n)) rank++;
      swap[here] = rank;
    }
    [ranks, swap] = [swap, ranks];
    if (rank + 1 >= n || half >= n) return { order, rounds };
  }
}

function samePair(ranks: Int32Array, a: number, b: number, half: number, n: number): boolean {
  if (ranks[a] !== ranks[b]) return false;
  if (half === 0) return true;
  const secondA = a + half < n ? ranks[a + half]! : -1;
  const secondB = b + half < n ? ranks[b + half]! : -1;
  return secondA === secondB;
}

/** shared[r]: symbols that the suffixes of rank r-1 and r have in common (Kasai et al. 2001); 0 at both ends. */
function commonPrefixes(symbols: Int32Array, order: Int32Array): Int32Array {
  const n = order.length;
  const rankOf = new Int32Array(n);
  for (let r = 0; r < n; r++) rankOf[order[r]!] = r;
  const shared = new Int32Array(n + 1);
  let length = 0;
  for (let i = 0; i < n; i++) {
    const rank = rankOf[i]!;
    if (rank === 0) {
      length = 0;
      continue;
    }
    const j = order[rank - 1]!;
    while (i + length < n && j + length < n && symbols[i + length] === symbols[j + length]) length++;
    shared[rank] = length;
    if (length > 0) length--;
  }
  return shared;
}

/** Walks the intervals of suffixes with a common prefix, the longest prefix first (a stack of open intervals). */
function reportIntervals(
  level: Level,
  { symbols, windows }: Text,
  order: Int32Array,
  shared: Int32Array,
  outputsEnd: number,
  found: BlockList,
  hashOf: HashOfBlock,
): void {
  const n = symbols.length;
  // The longest duplicated window at each place, in symbols: what the suffix shares with a neighbour.
  const longest = new Int32Array(n);
  for (let r = 0; r < n; r++) longest[order[r]!] = Math.max(shared[r]!, shared[r + 1]!);
  const outputsBefore = new Int32Array(n + 1);
  for (let r = 0; r < n; r++) {
    const window = windows[order[r]!]!;
    outputsBefore[r + 1] = outputsBefore[r]! + (window >= 0 && level.positions[window]! < outputsEnd ? 1 : 0);
  }
  const close = (length: number, first: number, end: number, uncovered: number) => {
    const size = end - first;
    const inOutputs = outputsBefore[end]! - outputsBefore[first]!;
    if (uncovered === 0 || inOutputs === 0 || inOutputs === size) return;
    const lines = level.length + length - 1;
    found.reserve(size, uncovered, lines);
    const starts = new Int32Array(size);
    for (let r = first; r < end; r++) starts[r - first] = level.positions[windows[order[r]!]!]!;
    starts.sort();
    found.blocks.push({ length: lines, hash: hashOf(windows[order[first]!]!, length), starts });
  };
  const lengths: number[] = [];
  const firsts: number[] = [];
  const uncovered: number[] = [];
  for (let r = 0; r < n; r++) {
    const place = order[r]!;
    const own = longest[place]!;
    // Covered from the left: the place before has a window that reaches over this one's end.
    const before = place > 0 && windows[place - 1] !== -1 ? longest[place - 1]! : 0;
    const isUncovered = own > 0 && before <= own ? 1 : 0;
    const next = shared[r + 1]!;
    // A suffix belongs to the deepest interval around it: the open one, or the one that it opens.
    if (next > (lengths.at(-1) ?? 0)) {
      lengths.push(next);
      firsts.push(r);
      uncovered.push(isUncovered);
      continue;
    }
    if (lengths.length > 0) uncovered[uncovered.length - 1]! += isUncovered;
    let first = r;
    while (lengths.length > 0 && next < lengths.at(-1)!) {
      first = firsts.pop()!;
      close(lengths.pop()!, first, r + 1, uncovered.pop()!);
    }
    if (next > (lengths.at(-1) ?? 0)) {
      lengths.push(next);
      firsts.push(first);
      uncovered.push(0);
    }
  }
}

/**
 * H(i, B + k) = sum over m of C(k, m) 31^(k-m) H(i+m, B), mod 2^64. The coefficients of one k are computed in O(k),
 * powers of two kept apart from odd factors, which have inverses.
 */
class LongHashes {
  readonly #level: Level;
  /** Windows before each that do not hash to 0. */
  readonly #nonzeroBefore: Int32Array;
  #steps = -1;
  #coefficients: BigUint64Array = new BigUint64Array(0);

  constructor(level: Level) {
    this.#level = level;
    this.#nonzeroBefore = new Int32Array(level.count + 1);
    for (let k = 0; k < level.count; k++) {
      const each = level.classes[k]!;
      const zero = level.high[each] === 0 && level.low[each] === 0;
      this.#nonzeroBefore[k + 1] = this.#nonzeroBefore[k]! + (zero ? 0 : 1);
    }
  }

  /** The hash, signed, of the block of `length` windows that begins at window `first` of the level. */
  at(first: number, length: number): bigint {
    if (this.#nonzeroBefore[first + length] === this.#nonzeroBefore[first]) return 0n;
    if (this.#steps !== length - 1) {
      this.#steps = length - 1;
      this.#coefficients = binomialRow(length - 1);
    }
    const { classes, high, low } = this.#level;
    let sum = 0n;
    for (let m = 0; m < length; m++) {
      const each = classes[first + m]!;
      const window = (BigInt(high[each]! >>> 0) << 32n) | BigInt(low[each]! >>> 0);
      sum = BigInt.asUintN(64, sum + this.#coefficients[m]! * window);
    }
    return BigInt.asIntN(64, sum);
  }
}

/** C(k, m) 31^(k-m) mod 2^64 for m = 0..k. */
export function binomialRow(k: number): BigUint64Array {
  const row = new BigUint64Array(k + 1);
  const inverse31 = inverseOfOdd(31n);
  let odd = powerOf31(k);
  let twos = 0;
  row[0] = odd;
  for (let m = 0; m < k; m++) {
    const [up, upTwos] = splitTwos(k - m);
    const [down, downTwos] = splitTwos(m + 1);
    twos += upTwos - downTwos;
    odd = BigInt.asUintN(64, odd * BigInt(up));
    odd = BigInt.asUintN(64, odd * inverse31);
    odd = BigInt.asUintN(64, odd * inverseOfOdd(BigInt(down)));
    row[m + 1] = twos >= 64 ? 0n : BigInt.asUintN(64, odd << BigInt(twos));
  }
  return row;
}

function splitTwos(value: number): [number, number] {
  const twos = 31 - Math.clz32(value & -value);
  return [value >>> twos, twos];
}

/** The inverse mod 2^64 by Newton's iteration: each step doubles the number of correct bits, of which 3 are given. */
function inverseOfOdd(value: bigint): bigint {
  let inverse = value;
  for (let step = 0; step < 5; step++) {
    inverse = BigInt.asUintN(64, inverse * (2n - value * inverse));
  }
  return inverse;
}
