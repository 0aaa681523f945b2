/** Which encoding a text is stored in: UTF-8, unless a byte-order mark says UTF-16. */
import { TextDecoder } from 'node:util';
import { InputError } from '../errors.js';

/** What to do about a text in another encoding. */
export const ENCODING_REMEDY =
  'Store it as UTF-8, for instance by iconv -f windows-1252 -t utf-8, or as UTF-16 with a byte-order mark.';

/** What the byte-order mark at the start of a text says; undefined for UTF-8, with its mark or without one. */
export function markedEncoding(start: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : undefined;
}

/**
 * The bytes of a text in UTF-8: as they are, or, after a byte-order mark of UTF-16, converted, without the mark.
 *
 * @param path names the text in messages
 * @throws InputError `ERR_FILE_FORMAT` for UTF-16 with an unpaired surrogate or half a character at its end
 */
export async function* toUtf8(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer, void> {
  let start: Buffer | undefined;
  let convert: ((bytes?: Buffer) => Buffer) | undefined;
  for await (const chunk of chunks) {
    if (convert !== undefined) {
      yield convert(chunk);
      continue;
    }
    if (start !== undefined && start.length >= 2) {
      yield chunk;
      continue;
    }
    // A pipe may give a byte at a time.
    start = start === undefined ? chunk : Buffer.concat([start, chunk]);
    if (start.length < 2) continue;
    const encoding = markedEncoding(start);
    if (encoding !== undefined) convert = converter(encoding, path);
    yield convert?.(start) ?? start;
  }
  if (start?.length === 1) yield start;
  if (convert !== undefined) yield convert();
}

function converter(encoding: 'utf-16le' | 'utf-16be', path: string): (bytes?: Buffer) => Buffer {
  // Drops the mark.
  const decoder = new TextDecoder(encoding, { fatal: true });
  return (bytes) => {
    try {
      return Buffer.from(bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }));
    } catch (cause) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected UTF-16 in ${path}, as its byte-order mark says, but found other bytes.`,
        { remedy: ENCODING_REMEDY, cause },
      );
    }
  };
}
