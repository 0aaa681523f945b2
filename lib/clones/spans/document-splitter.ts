/**
 * Tells documents of a stream of bytes apart: one ends with the separator line of a merged output, or with an empty line
 * and the line of 32 hex digits behind it that is the md5 of a document of a shard. These lines belong to no document.
 */
export interface DocumentSink {
  /** More of a document, valid until the next call, and where it begins in the stream. */
  text(bytes: Uint8Array, at: number): void;
  /** The document ends; where what separates it from the next one begins. */
  end(at: number): void;
}

const LINE_FEED = 10;
const EMPTY_LINE = Buffer.from('\n\n');
const SEPARATOR_START = Buffer.from('\nSubmission>>>>>>');
const MD5_LINE = /^\n[0-9a-f]{32}\n$/;
const MD5_LINE_BYTES = 34;
const SEPARATOR_LINE = /^\nSubmission>>>>>>[0-9a-f]{32}>>>>>>Submission\n$/;

/** Bytes of the longest separator, from the line end before it to its own. */
export const SEPARATOR_BYTES = 66;

export class DocumentSplitter {
  readonly #sink: DocumentSink;
  /** The byte before what is held, what is held, and room for a chunk. */
  #room = Buffer.alloc(1);
  #held = 0;
  /** Where in the stream what is held begins. */
  #at: number;

  /** @param at where the stream begins in its file; a line begins at 0, and elsewhere if the bytes say so */
  constructor(sink: DocumentSink, at = 0) {
    this.#sink = sink;
    this.#at = at;
    if (at === 0) this.#room[0] = LINE_FEED;
  }

  push(chunk: Uint8Array): void {
    this.#append(chunk);
    this.#split(Math.max(1, 1 + this.#held - SEPARATOR_BYTES), 1 + this.#held);
  }

  /** The stream ends; a last md5 or separator line may do without a line end. */
  end(): void {
    const size = this.#held;
    this.#append(Buffer.of(LINE_FEED));
    this.#split(1 + size, 2 + size);
  }

  #append(chunk: Uint8Array): void {
    const size = 1 + this.#held + chunk.length;
    if (size > this.#room.length) {
      const grown = Buffer.allocUnsafe(size);
      grown.set(this.#room.subarray(0, 1 + this.#held));
      this.#room = grown;
    }
    this.#room.set(chunk, 1 + this.#held);
    this.#held += chunk.length;
  }

  /** Hands on what is before `to`, where the rest may yet become a separator. */
  #split(to: number, size: number): void {
    const bytes = this.#room.subarray(0, size);
    const position = this.#at - 1;
    let done = 1;
    const handOn = (end: number) => {
      if (end > done) this.#sink.text(bytes.subarray(done, end), position + done);
    };
    let separator = bytes.indexOf(SEPARATOR_START);
    for (let at = nextEmptyLine(bytes, 0); ; ) {
      while (separator !== -1 && separator < done - 1) separator = bytes.indexOf(SEPARATOR_START, done - 1);
      const isOutput = separator !== -1 && (at === -1 || separator <= at);
      const found = isOutput ? separator : at;
      if (found === -1 || found >= to) break;
      const start = isOutput ? found : found + 1;
      const length = isOutput ? SEPARATOR_BYTES : MD5_LINE_BYTES;
      const line = bytes.toString('latin1', start, start + length);
      if ((isOutput ? SEPARATOR_LINE : MD5_LINE).test(line)) {
        handOn(start);
        this.#sink.end(position + Math.max(done, start));
        done = start + length;
        // Its line end may be the one before the next.
        at = nextEmptyLine(bytes, done - 1);
      } else if (isOutput) separator = bytes.indexOf(SEPARATOR_START, found + 1);
      else at = nextEmptyLine(bytes, found + 1);
    }
    // Beyond the end where the last line has none.
    handOn(Math.min(to, size));
    const rest = Math.min(size, Math.max(done, to));
    this.#room.copyWithin(0, rest - 1, size);
    this.#held = size - rest;
    this.#at += rest - 1;
  }
}

/** The line end before an empty line that a line follows which is not empty. */
function nextEmptyLine(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(EMPTY_LINE, from);
  if (at !== -1) while (bytes[at + 2] === LINE_FEED) at++;
  return at;
}
