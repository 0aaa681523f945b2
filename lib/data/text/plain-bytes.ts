/** The bytes of a file or a pipe as they were before they were compressed, and those of its text as UTF-8. */
import { createReadStream, type ReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { fileError, InputError } from '../../errors.js';
import { toUtf8 } from '../../text-encoding.js';
import { decompress } from '../compression/decompress.js';

/** Told how many bytes more have been read from disk, before they are decompressed. */
export type OnRead = (bytes: number) => void;

/**
 * A file that begins as gzip, zstd, bzip2 or xz is decompressed, whatever its name, as it is read; `path` may be a pipe.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` for a compressed file that is damaged
 */
export async function* readPlainBytes(path: string, onRead?: OnRead): AsyncGenerator<Buffer, void> {
  // A Node parent connects stdin by a socket, which cannot be opened by its name.
  const file: Readable = path === '/dev/stdin' ? process.stdin : createReadStream(path);
  let told = 0;
  try {
    for await (const chunk of decompress(file, path)) {
      const { bytesRead = 0 } = file as Partial<ReadStream>;
      onRead?.(bytesRead - told);
      told = bytesRead;
      yield chunk;
    }
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error);
  } finally {
    file.destroy();
  }
}

/** {@link readPlainBytes} of a text, in UTF-8 whatever its byte-order mark says that it is stored in. */
export function readTextBytes(path: string, onRead?: OnRead): AsyncGenerator<Buffer, void> {
  return toUtf8(readPlainBytes(path, onRead), path);
}

/** {@link readTextBytes} as pieces of the text, cut between characters; bytes that are no UTF-8 are U+FFFD. */
export async function* readTextPieces(path: string): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  for await (const bytes of readTextBytes(path)) yield decoder.write(bytes);
  yield decoder.end();
}
