/** How lines are compared: as Simian does, by tokens, or as text. */
import { ExactLineHasher } from './exact-line-hasher.js';
import { LineHasher, type LineSink } from './line-hasher.js';

export const LINE_MODES = ['simian', 'exact'] as const;
export type LineMode = (typeof LINE_MODES)[number];

/** Turns the bytes of one file, or of a part that begins with a line, into the hashes of its significant lines. */
export interface LineReader {
  /** Raw lines ended so far. */
  readonly rawLines: number;
  push(bytes: Uint8Array): void;
  end(): void;
}

/** Reads a file from its start. A byte order mark there is no part of the text. */
export function createFileReader(mode: LineMode, sink: LineSink): LineReader {
  return new AfterByteOrderMark(createLineReader(mode, sink, false));
}

/** Reads on from the beginning of a line; `afterEmptyLine`: whether the line before it is empty. */
export function createLineReader(mode: LineMode, sink: LineSink, afterEmptyLine: boolean): LineReader {
  return mode === 'exact' ? new ExactLineHasher(sink, afterEmptyLine) : new LineHasher(sink);
}

/** The byte order mark, U+FEFF, in UTF-8. */
export const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

class AfterByteOrderMark implements LineReader {
  readonly #reader: LineReader;
  /** The first bytes, as long as they may become a mark. */
  #held: Buffer | undefined = Buffer.alloc(0);

  constructor(reader: LineReader) {
    this.#reader = reader;
  }

  get rawLines(): number {
    return this.#reader.rawLines;
  }

  push(bytes: Uint8Array): void {
    if (this.#held === undefined) {
      this.#reader.push(bytes);
      return;
    }
    const start = Buffer.concat([this.#held, bytes]);
    const compared = Math.min(start.length, MARK.length);
    const isMark = start.subarray(0, compared).equals(MARK.subarray(0, compared));
    this.#held = isMark && compared < MARK.length ? start : undefined;
    if (this.#held === undefined) this.#reader.push(isMark ? start.subarray(MARK.length) : start);
  }

  end(): void {
    if (this.#held !== undefined) this.#reader.push(this.#held);
    this.#held = undefined;
    this.#reader.end();
  }
}
