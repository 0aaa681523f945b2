/**
 * From the bytes of a text file to the hashes of its significant lines: UTF-8 decoding, words, symbols and line ends
 * in one pass, without making a string. Chunk boundaries may fall anywhere. What the lines mean is not decided here.
 * ASCII text, which code is, goes through a kernel in WebAssembly (line-kernel.wat).
 *
 * Rules (Simian 2.5.10, plain text): lines end at \n, \r or \r\n. A word is a maximal run of [0-9A-Za-z] and of
 * UTF-16 units >= U+0100, lower-cased; U+0000..U+0020 and ! " ' , . : ; ? only separate; every other character up to
 * U+00FF is a token of its own. Between two words with no symbol between them stands a token of one space.
 * Token hash: Java's `String.hashCode`; line hash: h = 31 h + token, 64 bits. Lines without tokens are skipped.
 */
import {
  AFTER_WORD,
  FOUND,
  HAS_TOKEN,
  HASH_HIGH,
  HASH_LOW,
  IN_WORD,
  KERNEL_BYTES,
  kernel,
  RAW_LINES,
  TOKEN,
} from './line-kernel.js';
import {
  CAPITAL_I_WITH_DOT,
  CAPITAL_SIGMA,
  isCased,
  isCaseIgnorable,
  lowerSupplementary,
  lowerUnit,
  SMALL_SIGMA,
} from './lower-case.js';

/** Takes the significant lines in order. */
export interface LineSink {
  /** The next `found` lines are in the kernel: the two halves of their 64-bit hashes (as int32) and the 1-based raw lines. */
  take(found: number): void;
  /** Says that a document ends with this raw line, where documents are told apart. */
  gap(rawLine: number): void;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const REPLACEMENT = 0xfffd;
const FACTOR = 31;

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Hashes the lines of one file; make one per file. */
export class LineHasher {
  /** Raw lines ended so far. */
  rawLines = 0;
  readonly #sink: LineSink;
  // The line so far: hash, whether it has a token, whether the last token is a word.
  #high = 0;
  #low = 0;
  #hasToken = false;
  #afterWord = false;
  // The word so far.
  #inWord = false;
  #token = 0;
  /** Lines in the kernel that the sink has not taken. */
  #found = 0;
  /** The byte before the next one; -1 at the start of the file. */
  #last = -1;
  // Beyond ASCII: an unfinished UTF-8 sequence, and what the rule for final sigma has to remember.
  #beyondAscii = false;
  #needed = 0;
  #codePoint = 0;
  #lower = 0x80;
  #upper = 0xbf;
  #casedBefore = false;
  /** Not 0: 31^(units since a sigma that is final unless a cased letter follows). */
  #sigma = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  push(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += KERNEL_BYTES) {
      const piece = bytes.subarray(start, start + KERNEL_BYTES);
      kernel.input[0] = this.#last;
      kernel.input.set(piece, 1);
      let at = 0;
      while (at < piece.length) {
        at = this.#beyondAscii ? this.#pushBeyondAscii(piece, at) : this.#pushAscii(at, piece.length);
      }
      this.#last = piece[piece.length - 1]!;
      this.#handOver();
    }
  }

  /** The end of the file: a last line without a line end counts. */
  end(): void {
    if (this.#needed > 0) {
      this.#needed = 0;
      this.#take(REPLACEMENT);
    }
    if (this.#last === -1 || this.#last === LINE_FEED || this.#last === CARRIAGE_RETURN) return;
    this.#endWord();
    this.#endLine();
    this.#handOver();
    this.#last = LINE_FEED;
  }

  /**
   * Runs over the kernel's input from `from` to the next byte beyond ASCII and returns its index. The kernel serves all
   * hashers of a thread, so that each brings its state along.
   */
  #pushAscii(from: number, size: number): number {
    const { state, input } = kernel;
    state[HASH_LOW] = this.#low;
    state[HASH_HIGH] = this.#high;
    state[HAS_TOKEN] = this.#hasToken ? 1 : 0;
    state[AFTER_WORD] = this.#afterWord ? 1 : 0;
    state[IN_WORD] = this.#inWord ? 1 : 0;
    state[TOKEN] = this.#token;
    state[RAW_LINES] = this.rawLines;
    state[FOUND] = this.#found;
    const at = kernel.push(from, size);
    this.#found = state[FOUND]!;
    this.#low = state[HASH_LOW]!;
    this.#high = state[HASH_HIGH]!;
    this.#hasToken = state[HAS_TOKEN] === 1;
    this.#afterWord = state[AFTER_WORD] === 1;
    this.#inWord = state[IN_WORD] === 1;
    this.#token = state[TOKEN]!;
    this.rawLines = state[RAW_LINES]! >>> 0;
    if (at < size) {
      this.#beyondAscii = true;
      this.#casedBefore = this.#inWord && isAsciiLetter(input[at]!);
    }
    return at;
  }

  /** Runs to the next ASCII byte at which no sequence is unfinished and no sigma undecided; returns its index. */
  #pushBeyondAscii(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const byte = bytes[at]!;
      if (this.#needed === 0) {
        if (byte < 0x80) {
          if (this.#sigma !== 0) this.#decideSigma(isAsciiLetter(byte));
          this.#beyondAscii = false;
          return at;
        }
        this.#startSequence(byte);
        at++;
      } else if (byte < this.#lower || byte > this.#upper) {
        // The byte does not continue the sequence: it is looked at again, as the start of something.
        this.#needed = 0;
        this.#take(REPLACEMENT);
      } else {
        this.#lower = 0x80;
        this.#upper = 0xbf;
        this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
        this.#needed--;
        at++;
        if (this.#needed === 0) this.#take(this.#codePoint);
      }
    }
    return at;
  }

  /** The first byte of a sequence, as the WHATWG decoder reads it. */
  #startSequence(byte: number): void {
    this.#lower = 0x80;
    this.#upper = 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#needed = 1;
      this.#codePoint = byte & 0x1f;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) this.#lower = 0xa0;
      if (byte === 0xed) this.#upper = 0x9f;
      this.#needed = 2;
      this.#codePoint = byte & 0xf;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) this.#lower = 0x90;
      if (byte === 0xf4) this.#upper = 0x8f;
      this.#needed = 3;
      this.#codePoint = byte & 0x7;
    } else {
      this.#take(REPLACEMENT);
    }
  }

  /** One code point >= U+0080. */
  #take(codePoint: number): void {
    if (codePoint < 0x100) {
      this.#endWord();
      this.#fold(codePoint);
      this.#afterWord = false;
      return;
    }
    const ignorable = isCaseIgnorable(codePoint);
    const cased = !ignorable && isCased(codePoint);
    if (this.#sigma !== 0 && !ignorable) this.#decideSigma(cased);
    this.#inWord = true;
    if (codePoint === CAPITAL_SIGMA) {
      this.#addUnit(SMALL_SIGMA);
      if (this.#casedBefore) this.#sigma = 1;
    } else if (codePoint === CAPITAL_I_WITH_DOT) {
      this.#addUnit(0x69);
      this.#addUnit(0x307);
    } else if (codePoint < 0x10000) {
      this.#addUnit(lowerUnit(codePoint));
    } else {
      const lower = lowerSupplementary(codePoint) - 0x10000;
      this.#addUnit(0xd800 + (lower >> 10));
      this.#addUnit(0xdc00 + (lower & 0x3ff));
    }
    if (!ignorable) this.#casedBefore = cased;
  }

  #addUnit(unit: number): void {
    this.#token = (Math.imul(this.#token, 31) + unit) | 0;
    if (this.#sigma !== 0) this.#sigma = Math.imul(this.#sigma, 31);
  }

  /** Final sigma is one less than the sigma that was hashed, `31^(units since)` deep in the hash. */
  #decideSigma(casedFollows: boolean): void {
    if (!casedFollows) this.#token = (this.#token - this.#sigma) | 0;
    this.#sigma = 0;
  }

  #endWord(): void {
    if (!this.#inWord) return;
    if (this.#sigma !== 0) this.#decideSigma(false);
    if (this.#afterWord) this.#fold(SPACE);
    this.#fold(this.#token);
    this.#token = 0;
    this.#inWord = false;
    this.#afterWord = true;
  }

  #fold(token: number): void {
    const half0 = Math.imul(this.#low & 0xffff, FACTOR) + (token & 0xffff);
    const half1 = Math.imul(this.#low >>> 16, FACTOR) + (token >> 16) + (half0 >>> 16);
    this.#low = (half1 << 16) | (half0 & 0xffff);
    this.#high = (Math.imul(this.#high, FACTOR) + (half1 >> 16)) | 0;
    this.#hasToken = true;
  }

  #endLine(): void {
    this.rawLines++;
    if (this.#hasToken) {
      kernel.hashes[2 * this.#found] = this.#low;
      kernel.hashes[2 * this.#found + 1] = this.#high;
      kernel.rawLines[this.#found++] = this.rawLines;
    }
    this.#high = 0;
    this.#low = 0;
    this.#hasToken = false;
    this.#afterWord = false;
  }

  #handOver(): void {
    if (this.#found > 0) this.#sink.take(this.#found);
    this.#found = 0;
  }
}
