/**
 * The size of a text compressed by zlib at its default level, to the byte, without compressing it. Node's own zlib is
 * Chromium's: it finds other matches, up to 5% more bytes on short texts, and not the same on every processor, so that
 * rankings by it would be those of a machine. This follows zlib's lazy matching (RFC 1950, RFC 1951; level 6, window
 * 32 KiB, memory level 8), as Python's `zlib.compress` runs it; only sizes are kept.
 */
import { DeflateBlock, MAX_BLOCK_SYMBOLS } from './deflate-block.js';

const WINDOW = 2 ** 15;
const MIN_MATCH = 3;
const MAX_MATCH = 258;
/** zlib reads on when fewer bytes than this lie ahead, and reaches back no further than the rest of the window. */
const MIN_AHEAD = MAX_MATCH + MIN_MATCH + 1;
const MAX_DISTANCE = WINDOW - MIN_AHEAD;
/** A match of three bytes from farther away costs more than its bytes. */
const TOO_FAR = 4096;

// Level 6: how hard to search.
const GOOD_LENGTH = 8;
const LAZY_LENGTH = 16;
const NICE_LENGTH = 128;
const MAX_CHAIN = 128;

const HASH_BITS = 15;
const HASH_SHIFT = 5;
const HASH_MASK = 2 ** HASH_BITS - 1;

/** Two bytes of header and four of checksum. */
const WRAPPER_BYTES = 6;

/** Bytes of `zlib.compress(bytes)` in Python, for zlib 1.2.5.1 to 1.3. */
export function zlibSize(bytes: Uint8Array): number {
  return WRAPPER_BYTES + Math.ceil(deflatedBits(bytes) / 8);
}

function deflatedBits(bytes: Uint8Array): number {
  const matches = new MatchFinder(bytes);
  const block = new DeflateBlock();
  let bits = 0;
  let blockStart = 0;
  let at = 0;
  let length = MIN_MATCH - 1;
  let start = 0;
  let pending = false;
  const finish = () => {
    bits = block.finish(bits, blockStart >= matches.base ? at - blockStart : undefined);
    blockStart = at;
  };

  while (at < bytes.length) {
    matches.readOn(at);
    const candidate = matches.insert(at);
    const previousLength = length;
    const previousStart = start;
    length = MIN_MATCH - 1;
    if (candidate > matches.base && previousLength < LAZY_LENGTH && at - candidate <= MAX_DISTANCE) {
      length = matches.longest(at, candidate, previousLength);
      start = matches.start;
      if (length === MIN_MATCH && at - start > TOO_FAR) length = MIN_MATCH - 1;
    }
    if (previousLength >= MIN_MATCH && length <= previousLength) {
      // The match that began one byte before was no worse: it is taken.
      block.addMatch(previousLength, at - 1 - previousStart);
      const end = at - 1 + previousLength;
      for (at++; at < end; at++) matches.insert(at);
      pending = false;
      length = MIN_MATCH - 1;
      if (block.symbols === MAX_BLOCK_SYMBOLS) finish();
    } else {
      if (pending) {
        block.addLiteral(bytes[at - 1]!);
        if (block.symbols === MAX_BLOCK_SYMBOLS) finish();
      }
      pending = true;
      at++;
    }
  }
  if (pending) block.addLiteral(bytes[at - 1]!);
  finish();
  return bits;
}

/** Chains of earlier places with the same three bytes, or the same hash of them. */
class MatchFinder {
  /** Where the window begins that zlib holds; what lies there or before is out of reach. */
  base = 0;
  /** Of the last match that {@link longest} found. */
  start = 0;
  #filled: number;
  readonly #head = new Int32Array(HASH_MASK + 1).fill(-1);
  readonly #previous: Int32Array;

  constructor(readonly bytes: Uint8Array) {
    this.#filled = Math.min(bytes.length, 2 * WINDOW);
    this.#previous = new Int32Array(Math.min(bytes.length, WINDOW));
  }

  /** Moves the window by half, as zlib does when little lies ahead of its second half's end. */
  readOn(at: number): void {
    if (this.#filled - at >= MIN_AHEAD) return;
    if (at - this.base >= WINDOW + MAX_DISTANCE) this.base += WINDOW;
    this.#filled = Math.min(this.bytes.length, this.base + 2 * WINDOW);
  }

  /** Enters the place and returns the last one before it, or -1. */
  insert(at: number): number {
    const { bytes } = this;
    if (at + MIN_MATCH > bytes.length) return -1;
    const hash =
      ((bytes[at]! << (2 * HASH_SHIFT)) ^ (bytes[at + 1]! << HASH_SHIFT) ^ bytes[at + 2]!) & HASH_MASK;
    const before = this.#head[hash]!;
    this.#previous[at % WINDOW] = before;
    this.#head[hash] = at;
    return before;
  }

  /** The length of the longest match down the chain if it is longer than `atLeast`, else `atLeast`, within the text. */
  longest(at: number, candidate: number, atLeast: number): number {
    const { bytes } = this;
    const ahead = bytes.length - at;
    const limit = Math.max(this.base, at - MAX_DISTANCE);
    const longestPossible = Math.min(MAX_MATCH, ahead);
    const nice = Math.min(NICE_LENGTH, ahead);
    let chain = atLeast >= GOOD_LENGTH ? MAX_CHAIN >> 2 : MAX_CHAIN;
    let best = atLeast;
    let from = candidate;
    do {
      if (bytes[from + best] !== bytes[at + best] || bytes[from + best - 1] !== bytes[at + best - 1])
        continue;
      let length = 0;
      while (length < longestPossible && bytes[from + length] === bytes[at + length]) length++;
      if (length <= best) continue;
      this.start = from;
      best = length;
      if (length >= nice) break;
      // biome-ignore lint/suspicious/noAssignInExpressions: the next place is taken in one step, also by `continue`
    } while ((from = this.#previous[from % WINDOW]!) > limit && --chain !== 0);
    return Math.min(best, ahead);
  }
}
