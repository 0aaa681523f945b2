/** The bytes of a pickle, read from front to back and never past the end: numbers, strings, names. */
import { InputError } from '../../errors.js';

/** No parameter's name comes near. */
const MAX_STRING_BYTES = 1_000_000;
/** LONG1 holds integers above 32 bits; nothing in a state dict needs more than 64. */
const MAX_INTEGER_BYTES = 8;

export class PickleInput {
  position = 0;
  readonly #view: DataView;
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(
    readonly bytes: Uint8Array,
    readonly source: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** The one big-endian number of the format. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** A byte that says the size, and a signed integer of that many bytes. */
  long(): number | bigint {
    const size = this.byte();
    if (size > MAX_INTEGER_BYTES)
      throw pickleError(this.source, `integers of at most ${MAX_INTEGER_BYTES} bytes`, `one of ${size}`);
    const begin = this.#take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[begin + i]!);
    value = BigInt.asIntN(size * 8, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Four bytes that say the size, and UTF-8. */
  string(): string {
    const size = this.uint32();
    if (size > MAX_STRING_BYTES)
      throw pickleError(this.source, `strings of at most ${MAX_STRING_BYTES} bytes`, `one of ${size}`);
    return this.#decode(this.#take(size), size);
  }

  /** UTF-8 up to the next line feed, with which both names of a global end. */
  line(): string {
    const begin = this.position;
    const end = this.bytes.subarray(begin, begin + MAX_STRING_BYTES).indexOf(0x0a);
    if (end < 0) throw pickleError(this.source, 'the end of the name of a global', 'none');
    this.#take(end + 1);
    return this.#decode(begin, end);
  }

  /** Where the next `count` bytes begin; moves past them. */
  #take(count: number): number {
    const begin = this.position;
    if (count > this.bytes.length - begin)
      throw pickleError(this.source, 'a whole pickle', `its end after ${this.bytes.length} bytes`);
    this.position += count;
    return begin;
  }

  #decode(begin: number, size: number): string {
    try {
      return this.#text.decode(this.bytes.subarray(begin, begin + size));
    } catch (cause) {
      throw pickleError(this.source, 'text in UTF-8', 'other bytes', cause);
    }
  }
}

export function pickleError(source: string, expected: string, found: string, cause?: unknown): InputError {
  return new InputError('ERR_MODEL_FORMAT', `Expected ${expected} in ${source} but found ${found}.`, {
    cause,
    remedy:
      'Do not open this file with other tools unless you trust its author: a pickle can run any program.',
  });
}
