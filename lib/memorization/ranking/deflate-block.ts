/**
 * How many bits zlib spends on a block of symbols: stored, with the fixed codes, or with codes of its own, whichever it
 * would choose. Codes are made as zlib makes them, tie by tie, since the code lengths are themselves coded.
 */

const LITERALS = 256;
const END_OF_BLOCK = 256;
const LITERAL_CODES = 286;
const DISTANCE_CODES = 30;
const LENGTH_CODES_CODES = 19;
const MAX_BITS = 15;
const MAX_LENGTH_CODE_BITS = 7;
const HEAP_SIZE = 2 * LITERAL_CODES + 1;

/** Symbols after which zlib ends a block at its default memory level. */
export const MAX_BLOCK_SYMBOLS = 2 ** 14 - 1;

// RFC 1951, section 3.2.5.
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Of the codes that repeat code lengths: 16, 17 and 18. */
const REPEAT_EXTRA = [...Array<number>(16).fill(0), 2, 3, 7];
/** In which the lengths of the code-length codes are sent. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const FIXED_LITERAL_BITS = Uint8Array.from({ length: 288 }, (_, code) =>
  code < 144 ? 8 : code < 256 ? 9 : code < 280 ? 7 : 8,
);
const FIXED_DISTANCE_BITS = new Uint8Array(DISTANCE_CODES).fill(5);

/** Code of a match length minus 3, and of a distance minus 1. */
const LENGTH_CODE = codesOf(256, LENGTH_EXTRA);
LENGTH_CODE[255] = 28;
const DISTANCE_CODE = codesOf(2 ** 15, DISTANCE_EXTRA);

function codesOf(size: number, extra: readonly number[]): Uint8Array {
  const codes = new Uint8Array(size);
  let at = 0;
  for (let code = 0; at < size; code++) {
    codes.fill(code, at, at + 2 ** extra[code]!);
    at += 2 ** extra[code]!;
  }
  return codes;
}

interface Bits {
  /** With codes of the block's own. */
  own: number;
  /** With the fixed codes. */
  fixed: number;
}

/** A block that symbols are counted into. */
export class DeflateBlock {
  #literals = new Uint16Array(HEAP_SIZE);
  #distances = new Uint16Array(HEAP_SIZE);
  #symbols = 0;

  get symbols(): number {
    return this.#symbols;
  }

  addLiteral(byte: number): void {
    this.#symbols++;
    this.#literals[byte]!++;
  }

  /** @param length 3..258, @param distance 1..32768 */
  addMatch(length: number, distance: number): void {
    this.#symbols++;
    this.#literals[LITERALS + 1 + LENGTH_CODE[length - 3]!]!++;
    this.#distances[DISTANCE_CODE[distance - 1]!]!++;
  }

  /**
   * Ends the block and returns the bits of the stream with it; the next one begins empty.
   *
   * @param before bits of the stream before it: a stored block begins at a whole byte
   * @param storedBytes its text as it is; undefined where zlib has no longer all of it at hand
   */
  finish(before: number, storedBytes: number | undefined): number {
    const bits: Bits = { own: 0, fixed: 0 };
    this.#literals[END_OF_BLOCK] = 1;
    const literals = buildCode(this.#literals, bits, {
      codes: LITERAL_CODES,
      extra: LENGTH_EXTRA,
      extraFrom: LITERALS + 1,
      maxBits: MAX_BITS,
      fixed: FIXED_LITERAL_BITS,
    });
    const distances = buildCode(this.#distances, bits, {
      codes: DISTANCE_CODES,
      extra: DISTANCE_EXTRA,
      extraFrom: 0,
      maxBits: MAX_BITS,
      fixed: FIXED_DISTANCE_BITS,
    });
    addCodeLengths(literals, distances, bits);
    this.#literals = new Uint16Array(HEAP_SIZE);
    this.#distances = new Uint16Array(HEAP_SIZE);
    this.#symbols = 0;

    const ownBytes = (bits.own + 3 + 7) >> 3;
    const fixedBytes = (bits.fixed + 3 + 7) >> 3;
    const best = Math.min(ownBytes, fixedBytes);
    if (storedBytes !== undefined && storedBytes + 4 <= best)
      return 8 * (Math.ceil((before + 3) / 8) + 4 + storedBytes);
    return before + 3 + (fixedBytes <= ownBytes ? bits.fixed : bits.own);
  }
}

interface CodeKind {
  readonly codes: number;
  readonly extra: readonly number[];
  /** The first code with extra bits. */
  readonly extraFrom: number;
  readonly maxBits: number;
  readonly fixed?: Uint8Array;
}

interface Code {
  readonly lengths: Uint16Array;
  /** The last code with a length. */
  readonly last: number;
}

/** Huffman's algorithm; of two trees with equal weight the shallower one goes first, and of these the heap decides. */
function buildCode(weights: Uint16Array, bits: Bits, kind: CodeKind): Code {
  const heap = new Int32Array(HEAP_SIZE + 1);
  const depth = new Uint8Array(HEAP_SIZE);
  const parent = new Int32Array(HEAP_SIZE);
  let size = 0;
  let last = -1;
  for (let code = 0; code < kind.codes; code++) {
    if (weights[code] === 0) continue;
    heap[++size] = code;
    last = code;
  }
  // At least two codes, so that each has a length; these cost nothing, since they never occur.
  while (size < 2) {
    const code = last < 2 ? ++last : 0;
    heap[++size] = code;
    weights[code] = 1;
    bits.own--;
    bits.fixed -= kind.fixed?.[code] ?? 0;
  }

  const before = (a: number, b: number) =>
    weights[a]! < weights[b]! || (weights[a] === weights[b] && depth[a]! <= depth[b]!);
  const sink = (from: number) => {
    const moved = heap[from]!;
    let at = from;
    for (let child = 2 * at; child <= size; child *= 2) {
      if (child < size && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(moved, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moved;
  };
  for (let at = size >> 1; at >= 1; at--) sink(at);

  // Above the heap stand all nodes, the least frequent ones last.
  let sorted = HEAP_SIZE;
  for (let node = kind.codes; size >= 2; node++) {
    const first = heap[1]!;
    heap[1] = heap[size--]!;
    sink(1);
    const second = heap[1]!;
    heap[--sorted] = first;
    heap[--sorted] = second;
    weights[node] = weights[first]! + weights[second]!;
    depth[node] = Math.max(depth[first]!, depth[second]!) + 1;
    parent[first] = node;
    parent[second] = node;
    heap[1] = node;
    sink(1);
  }
  heap[--sorted] = heap[1]!;
  return { lengths: codeLengths(heap, sorted, parent, last, weights, bits, kind), last };
}

/** The depth of each code in the tree, none above the limit, and what the symbols cost with it. */
function codeLengths(
  nodes: Int32Array,
  root: number,
  parent: Int32Array,
  last: number,
  weights: Uint16Array,
  bits: Bits,
  { maxBits, extra, extraFrom, fixed }: CodeKind,
): Uint16Array {
  const lengths = new Uint16Array(HEAP_SIZE);
  const counts = new Uint16Array(MAX_BITS + 1);
  let over = 0;
  for (let at = root + 1; at < HEAP_SIZE; at++) {
    const node = nodes[at]!;
    const length = Math.min(maxBits, lengths[parent[node]!]! + 1);
    if (lengths[parent[node]!]! + 1 > maxBits) over++;
    lengths[node] = length;
    if (node > last) continue;
    counts[length]!++;
    const more = node >= extraFrom ? extra[node - extraFrom]! : 0;
    bits.own += weights[node]! * (length + more);
    if (fixed !== undefined) bits.fixed += weights[node]! * (fixed[node]! + more);
  }
  if (over === 0) return lengths;

  for (; over > 0; over -= 2) {
    let length = maxBits - 1;
    while (counts[length] === 0) length--;
    counts[length]!--;
    counts[length + 1]! += 2;
    counts[maxBits]!--;
  }
  let at = HEAP_SIZE;
  for (let length = maxBits; length > 0; length--) {
    for (let left = counts[length]!; left > 0; ) {
      const node = nodes[--at]!;
      if (node > last) continue;
      bits.own += (length - lengths[node]!) * weights[node]!;
      lengths[node] = length;
      left--;
    }
  }
  return lengths;
}

/** What it costs to say the codes: their lengths, run by run, by a third code. */
function addCodeLengths(literals: Code, distances: Code, bits: Bits): void {
  const weights = new Uint16Array(HEAP_SIZE);
  countRuns(literals, weights);
  countRuns(distances, weights);
  const { lengths } = buildCode(weights, bits, {
    codes: LENGTH_CODES_CODES,
    extra: REPEAT_EXTRA,
    extraFrom: 0,
    maxBits: MAX_LENGTH_CODE_BITS,
  });
  let sent = LENGTH_CODES_CODES;
  while (sent > 4 && lengths[LENGTH_ORDER[sent - 1]!] === 0) sent--;
  bits.own += 3 * sent + 5 + 5 + 4;
}

function countRuns({ lengths, last }: Code, weights: Uint16Array): void {
  let previous = -1;
  for (let code = 0; code <= last; ) {
    const length = lengths[code]!;
    const longest = length === 0 ? 138 : length === previous ? 6 : 7;
    const shortest = length === 0 || length === previous ? 3 : 4;
    let run = 1;
    while (run < longest && code + run <= last && lengths[code + run] === length) run++;
    if (run < shortest) weights[length]! += run;
    else if (length === 0) weights[run <= 10 ? 17 : 18]!++;
    else {
      if (length !== previous) weights[length]!++;
      weights[16]!++;
    }
    previous = length;
    code += run;
  }
}
