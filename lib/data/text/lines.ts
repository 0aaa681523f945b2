/** Files as lines of text, compressed or not, without ever holding more than one line. */
import { InputError } from '../../errors.js';
import { ENCODING_REMEDY } from '../../text-encoding.js';
import { type OnRead, readTextBytes } from './plain-bytes.js';

/** A line longer than this is no record: V8's longest string has twice as many characters. */
export const MAX_LINE_BYTES = 256 * 2 ** 20;

const NEWLINE = 0x0a;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line end (`\n` or `\r\n`), and without a byte-order mark on the first line. */
  readonly text: string;
}

/**
 * Lines of a text file, blank ones left out but counted. Only `\n` ends a line: JSON may hold U+2028 as it is.
 * The file may be compressed by gzip, zstd, bzip2 or xz, whatever its name, and a pipe; its text is UTF-8, or UTF-16
 * with a byte-order mark.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` for compressed data that is damaged, bytes
 *   that are not of the encoding (with the line's number) and lines over 256 MiB
 */
export function readLines(path: string, onRead?: OnRead): AsyncGenerator<Line, void> {
  return linesOf(readTextBytes(path, onRead), path);
}

/** {@link readLines} of bytes that have been opened already. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Line, void> {
  let number = 0;
  for await (const bytes of splitLines(chunks, path)) {
    number++;
    const text = decodeLine(bytes, number, path);
    if (text.trim() !== '') yield { number, text };
  }
}

/** @throws InputError `ERR_FILE_FORMAT` for bytes that are not UTF-8 */
export function decodeLine(bytes: Buffer, number: number, path: string): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected UTF-8 in ${path} line ${number} but found other bytes.`,
      { remedy: ENCODING_REMEDY, cause },
    );
  }
  if (number === 1 && text.startsWith('\ufeff')) text = text.slice(1);
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** Lines as bytes, without `\n`, blank ones too; what follows the last `\n` is one if there is any. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer, void> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let lines = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const tail = chunk.subarray(start, end);
      yield rest.length === 0 ? tail : Buffer.concat([...rest, tail]);
      lines++;
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
    }
    if (restBytes > MAX_LINE_BYTES)
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected lines of at most ${MAX_LINE_BYTES} bytes in ${path} but line ${lines + 1} is longer.`,
      );
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}
