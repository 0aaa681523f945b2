/** The text of bytes: UTF-8, or what a byte-order mark says, UTF-16 or UTF-32. */
import { InputError } from './errors.js';

/** What to do about a text in another encoding. */
export const ENCODING_REMEDY =
  'Store it as UTF-8, for instance by iconv -f windows-1252 -t utf-8, or as UTF-16 with a byte-order mark.';

/** Git's rule for what is no text: a NUL among the first 8000 bytes. */
const BINARY_PROBE_BYTES = 8000;

/** The longer marks first: that of UTF-32 begins with that of UTF-16. */
const MARKS = [
  { encoding: 'utf-32le', mark: [0xff, 0xfe, 0, 0] },
  { encoding: 'utf-32be', mark: [0, 0, 0xfe, 0xff] },
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
] as const;

export type MarkedEncoding = (typeof MARKS)[number]['encoding'];

/** What a byte-order mark at the start says; undefined for UTF-8, marked or not. */
export function markedEncoding(
  start: Uint8Array,
): { readonly encoding: MarkedEncoding; readonly markBytes: number } | undefined {
  const found = MARKS.find(({ mark }) => mark.every((byte, i) => start[i] === byte));
  return found && { encoding: found.encoding, markBytes: found.mark.length };
}

/** The whole text, the mark of UTF-8 kept as the character that it is; undefined if it is no text. */
export function decodeText(data: Uint8Array): string | undefined {
  const marked = markedEncoding(data);
  if (marked === undefined && data.subarray(0, BINARY_PROBE_BYTES).includes(0)) return undefined;
  const text = data.subarray(marked?.markBytes ?? 0);
  try {
    if (marked === undefined) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
    const decoded = decodeMarked(text, marked.encoding);
    // Two bytes are a mark by chance sooner than three.
    return decoded.slice(0, BINARY_PROBE_BYTES).includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/** {@link decodeText} of what is a text for sure: what is not in its encoding is read as UTF-8, broken bytes as U+FFFD. */
export function decodeLeniently(data: Buffer): string {
  return decodeText(data) ?? data.toString('utf8');
}

/** Bytes that decide what the mark is. */
const LONGEST_MARK = 4;

/**
 * The bytes of a text in UTF-8: as they are, or, after a byte-order mark of UTF-16 or UTF-32, converted, without the mark.
 *
 * @param path names the text in messages
 * @throws InputError `ERR_FILE_FORMAT` for what is not in the encoding that its mark says
 */
export async function* toUtf8(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer, void> {
  let start: Buffer = Buffer.alloc(0);
  let convert: ((bytes?: Buffer) => Buffer) | undefined;
  let begun = false;
  const begin = () => {
    begun = true;
    const marked = markedEncoding(start);
    if (marked === undefined) return start;
    convert = converter(marked.encoding, path);
    return convert(start.subarray(marked.markBytes));
  };
  for await (const chunk of chunks) {
    if (begun) {
      yield convert?.(chunk) ?? chunk;
      continue;
    }
    // A pipe may give a byte at a time.
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    if (start.length >= LONGEST_MARK) yield begin();
  }
  if (!begun) yield begin();
  if (convert !== undefined) yield convert();
}

/** Takes pieces of a text, cut anywhere, and its end. */
function converter(encoding: MarkedEncoding, path: string): (bytes?: Buffer) => Buffer {
  const decode = streamDecoder(encoding);
  return (bytes) => {
    try {
      return Buffer.from(decode(bytes));
    } catch (cause) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected ${encoding.slice(0, 6).toUpperCase()} in ${path}, as its byte-order mark says, but found other bytes.`,
        { remedy: ENCODING_REMEDY, cause },
      );
    }
  };
}

function streamDecoder(encoding: MarkedEncoding): (bytes?: Uint8Array) => string {
  if (encoding === 'utf-16le' || encoding === 'utf-16be') {
    const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    return (bytes) => (bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }));
  }
  let rest: Uint8Array = new Uint8Array();
  return (bytes) => {
    if (bytes === undefined) return decodeUtf32(rest, encoding === 'utf-32le');
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const whole = all.length - (all.length % 4);
    // A chunk is valid until the next one is asked for.
    rest = all.slice(whole);
    return decodeUtf32(all.subarray(0, whole), encoding === 'utf-32le');
  };
}

function decodeMarked(data: Uint8Array, encoding: MarkedEncoding): string {
  const decode = streamDecoder(encoding);
  return decode(data) + decode();
}

/** @throws RangeError for what is no code point, or a part of one */
function decodeUtf32(data: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let text = '';
  for (let at = 0; at < data.length; at += 4) text += String.fromCodePoint(view.getUint32(at, littleEndian));
  if (/\p{Cs}/u.test(text)) throw new RangeError('a half of a surrogate pair');
  return text;
}
