/**
 * From the bytes of a text file to hashes of its lines as text: lines are alike if their bytes are, up to trailing
 * white space (bytes up to U+0020). Blank lines are skipped. Lines end at \n, \r or \r\n.
 *
 * Documents are told apart: after the separator line of a merged output, and after a line that is the md5 of a
 * document of a shard (32 hex digits after an empty line). These lines belong to no document.
 */
import type { LineSink } from './line-hasher.js';
import { KERNEL_LINES, kernel } from './line-kernel.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;

// Two independent lanes of 32 bits, one step a byte: a bijection of the lane, so that no two bytes collide in one step.
const SEED_HIGH = 0x243f6a88;
const SEED_LOW = 0x85a308d3 | 0;
const FACTOR_HIGH = 0x9e3779b1 | 0;
const FACTOR_LOW = 0x85ebca77 | 0;

const MD5 = /^[0-9a-f]{32}$/;
const SEPARATOR = /^Submission>>>>>>[0-9a-f]{32}>>>>>>Submission$/;
/** Characters of the longest line that can end a document. */
const LONGEST_END = 64;

/** Hashes the lines of one file or part; make one for each. */
export class ExactLineHasher {
  rawLines = 0;
  readonly #sink: LineSink;
  #high = SEED_HIGH;
  #low = SEED_LOW;
  // As of the last byte that is not white space, and how many bytes there are up to it.
  #trimmedHigh = 0;
  #trimmedLow = 0;
  #trimmedBytes = 0;
  #bytes = 0;
  #last = -1;
  #afterEmptyLine: boolean;
  /** The beginning of a line that lies in an earlier chunk, as latin1; of use while the line is short. */
  #begun = '';

  /** Lines in the kernel that the sink has not taken. */
  #found = 0;

  constructor(sink: LineSink, afterEmptyLine: boolean) {
    this.#sink = sink;
    this.#afterEmptyLine = afterEmptyLine;
  }

  push(chunk: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    let trimmedHigh = this.#trimmedHigh;
    let trimmedLow = this.#trimmedLow;
    let trimmedBytes = this.#trimmedBytes;
    /** Where the line would begin if all of it lay in this chunk. */
    let start = -this.#bytes;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        if (byte === LINE_FEED && (at > 0 ? chunk[at - 1] : this.#last) === CARRIAGE_RETURN) {
          start = at + 1;
          continue;
        }
        this.#endLine(trimmedHigh, trimmedLow, trimmedBytes, at - start, chunk, start);
        high = SEED_HIGH;
        low = SEED_LOW;
        trimmedBytes = 0;
        start = at + 1;
        continue;
      }
      high = Math.imul(high ^ byte, FACTOR_HIGH);
      high = (high << 15) | (high >>> 17);
      low = Math.imul(low ^ byte, FACTOR_LOW);
      low = (low << 13) | (low >>> 19);
      if (byte > SPACE) {
        trimmedHigh = high;
        trimmedLow = low;
        trimmedBytes = at - start + 1;
      }
    }
    this.#high = high;
    this.#low = low;
    this.#trimmedHigh = trimmedHigh;
    this.#trimmedLow = trimmedLow;
    this.#trimmedBytes = trimmedBytes;
    this.#bytes = chunk.length - start;
    if (chunk.length > 0) this.#last = chunk[chunk.length - 1]!;
    if (this.#bytes > 2 * LONGEST_END) this.#begun = '';
    else this.#begun = this.#text(chunk, start, chunk.length);
    this.#handOver();
  }

  /** The end of the file: a last line without a line end counts. */
  end(): void {
    if (this.#bytes === 0) return;
    this.#endLine(
      this.#trimmedHigh,
      this.#trimmedLow,
      this.#trimmedBytes,
      this.#bytes,
      new Uint8Array(0),
      -this.#bytes,
    );
    this.#bytes = 0;
    this.#handOver();
  }

  #endLine(
    high: number,
    low: number,
    trimmed: number,
    bytes: number,
    chunk: Uint8Array,
    start: number,
  ): void {
    this.rawLines++;
    if (trimmed > 0) {
      const mayEnd = trimmed === LONGEST_END || (trimmed === LONGEST_END / 2 && this.#afterEmptyLine);
      if (mayEnd && this.#endsDocument(this.#text(chunk, start, start + trimmed))) this.#endDocument();
      else this.#add(finish(high), finish(low));
    }
    this.#afterEmptyLine = bytes === 0;
  }

  #endDocument(): void {
    this.#handOver();
    this.#sink.gap(this.rawLines);
  }

  #add(high: number, low: number): void {
    const at = this.#found++;
    kernel.hashes[2 * at] = low;
    kernel.hashes[2 * at + 1] = high;
    kernel.rawLines[at] = this.rawLines;
    if (this.#found === KERNEL_LINES) this.#handOver();
  }

  #handOver(): void {
    if (this.#found > 0) this.#sink.take(this.#found);
    this.#found = 0;
  }

  #endsDocument(text: string): boolean {
    return SEPARATOR.test(text) || MD5.test(text);
  }

  /** The bytes of the line from `start`, which is negative if it began in an earlier chunk, to `end`. */
  #text(chunk: Uint8Array, start: number, end: number): string {
    const { buffer, byteOffset } = chunk;
    const from = Math.max(0, start);
    const here = end > from ? Buffer.from(buffer, byteOffset + from, end - from).toString('latin1') : '';
    return start < 0 ? this.#begun.slice(0, end - start) + here : here;
  }
}

/** Mixes the bits of a lane (finalizer of MurmurHash3), because windows fold lines by a small factor. */
function finish(lane: number): number {
  let mixed = lane ^ (lane >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
