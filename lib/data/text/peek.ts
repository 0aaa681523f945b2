const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * The first line of a text that is not blank, its mark and the blanks before it left out.
 *
 * @returns the text from there on as Latin-1, a character for a byte, at most `mostBytes`; and whether that has a line end
 */
export function firstLine(start: Buffer, mostBytes: number): { text: string; ends: boolean } {
  const at = start.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0;
  const text = start.toString('latin1', at, at + mostBytes).trimStart();
  return { text, ends: text.includes('\n') || text.includes('\r') };
}

/** A stream of bytes whose beginning can be looked at before it is read. */
export class PeekableBytes implements AsyncIterable<Buffer> {
  private readonly chunks: AsyncIterator<Buffer, unknown>;
  private head: Buffer[] = [];

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** The beginning, longer until `enough` says so or the stream ends; it stays there to be read. */
  async peek(enough: (start: Buffer) => boolean): Promise<Buffer> {
    for (let start = Buffer.concat(this.head); ; start = Buffer.concat([start, this.head.at(-1)!])) {
      this.head = start.length === 0 ? [] : [start];
      if (start.length > 0 && enough(start)) return start;
      const { done, value } = await this.chunks.next();
      if (done) return start;
      this.head.push(value);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    try {
      yield* this.head.splice(0);
      for (let next = await this.chunks.next(); !next.done; next = await this.chunks.next()) yield next.value;
    } finally {
      await this.close();
    }
  }

  /** For a caller that looked and does not read. */
  async close(): Promise<void> {
    await this.chunks.return?.(undefined);
  }
}
