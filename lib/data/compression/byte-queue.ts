/** Bytes of a stream, taken in the portions that a decoder asks for. */
export class ByteQueue {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private held: Buffer = Buffer.alloc(0);
  private ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** What is held: at least `size` bytes, fewer only where the stream ends. */
  async hold(size: number): Promise<Buffer> {
    const parts: Uint8Array[] = [this.held];
    let length = this.held.length;
    while (length < size && !this.ended) {
      const { done, value } = await this.chunks.next();
      if (done) this.ended = true;
      else {
        parts.push(value);
        length += value.length;
      }
    }
    if (parts.length > 1) this.held = Buffer.concat(parts, length);
    return this.held;
  }

  /** @throws Error if the stream ends before */
  async take(size: number): Promise<Buffer> {
    const held = await this.hold(size);
    if (held.length < size) throw new Error('it ends early');
    this.drop(size);
    return held.subarray(0, size);
  }

  /** Forgets bytes that are held. */
  drop(size: number): void {
    this.held = this.held.subarray(size);
  }
}
