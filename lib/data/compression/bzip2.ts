/**
 * bzip2, a block at a time. The decoding is that of unbzip2-stream; its stream is not used, since it holds every byte of
 * a block as a number of JavaScript's: a file of zeros, 46 MB a block, took a gigabyte.
 */
import { createRequire } from 'node:module';
import type { ByteQueue } from './byte-queue.js';

type ReadBits = (count: number | null) => number;

interface Bzip2 {
  /** Of a stream; returns the size of its blocks in units of 100 000 bytes. */
  header(bits: ReadBits): number;
  /** A block, byte by byte; returns the checksum of the stream so far, null at its end. */
  decompress(
    bits: ReadBits,
    out: (byte: number) => void,
    buffer: Int32Array,
    bufferSize: number,
    checksum: number,
  ): number | null;
}

const bzip2 = createRequire(import.meta.url)('unbzip2-stream/lib/bzip2.js') as Bzip2;

const UNIT = 100_000;
/** A block that did not shrink is a hundredth larger than what it holds, and has tables of 20 kB. */
const TABLE_BYTES = 25_000;
const OUT_BYTES = 2 ** 18;

/** What the stream holds; streams may follow one another. @throws Error what is wrong with it */
export async function* decompressBzip2(source: ByteQueue): AsyncGenerator<Uint8Array, void> {
  const reader = new BitReader();
  for (;;) {
    reader.start(await source.hold(TABLE_BYTES));
    if (reader.bytes.length === 0) return;
    const size = bzip2.header(reader.read) * UNIT;
    const buffer = new Int32Array(size);
    let checksum: number | null = 0;
    for (;;) {
      source.drop(reader.taken());
      reader.continue(await source.hold(size + TABLE_BYTES));
      const out = new Gathered();
      checksum = bzip2.decompress(reader.read, out.add, buffer, size, checksum);
      if (checksum === null) break;
      yield* out.pieces();
    }
    source.drop(reader.taken());
  }
}

class BitReader {
  bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private bit = 0;

  start(bytes: Uint8Array): void {
    this.bit = 0;
    this.continue(bytes);
  }

  /** Blocks begin within a byte. */
  continue(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  /** Whole bytes that have been read. */
  taken(): number {
    return this.at;
  }

  /** The next bits as a number; null goes on to the next whole byte. */
  readonly read: ReadBits = (count) => {
    if (count === null) {
      if (this.bit > 0) this.at++;
      this.bit = 0;
      return 0;
    }
    let result = 0;
    for (let left = count; left > 0; ) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new Error('it ends early');
      const taken = Math.min(left, 8 - this.bit);
      result = (result << taken) | ((byte >> (8 - this.bit - taken)) & ((1 << taken) - 1));
      left -= taken;
      this.bit += taken;
      if (this.bit === 8) {
        this.bit = 0;
        this.at++;
      }
    }
    return result;
  };
}

/** The bytes of a block. */
class Gathered {
  private readonly full: Uint8Array[] = [];
  private current = new Uint8Array(OUT_BYTES);
  private size = 0;

  readonly add = (byte: number): void => {
    if (this.size === OUT_BYTES) {
      this.full.push(this.current);
      this.current = new Uint8Array(OUT_BYTES);
      this.size = 0;
    }
    this.current[this.size++] = byte;
  };

  *pieces(): Generator<Uint8Array, void> {
    yield* this.full;
    if (this.size > 0) yield this.current.subarray(0, this.size);
  }
}
