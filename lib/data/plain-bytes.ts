/** The bytes of a file as they were before gzip, whether it is gzip'd or not. */
import { createReadStream, type ReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileError, InputError } from '../errors.js';

/** Told how many bytes more have been read from disk, before they are decompressed. */
export type OnRead = (bytes: number) => void;

/**
 * A file that begins with gzip's magic number is decompressed, whatever its name, as it is read; `path` may be a pipe.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` for a broken gzip stream
 */
export async function* readPlainBytes(path: string, onRead?: OnRead): AsyncGenerator<Buffer, void> {
  // A Node parent connects stdin by a socket, which cannot be opened by its name.
  const file: Readable = path === '/dev/stdin' ? process.stdin : createReadStream(path);
  let told = 0;
  try {
    // `destroyOnReturn: false`: the stream goes on after its first chunk has been looked at.
    const first = await firstChunk(file);
    if (first === undefined) return;
    file.unshift(first);
    const zipped = first[0] === 0x1f && first[1] === 0x8b;
    for await (const chunk of zipped ? gunzip(file, path) : (file as AsyncIterable<Buffer>)) {
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

async function firstChunk(file: Readable): Promise<Buffer | undefined> {
  for await (const chunk of file.iterator({ destroyOnReturn: false })) return chunk as Buffer;
  return undefined;
}

async function* gunzip(file: Readable, path: string): AsyncGenerator<Buffer, void> {
  const plain = createGunzip({ chunkSize: GUNZIP_BYTES });
  // pipeline() would report a reader that stops early as an error; pipe() only has to hand the file's errors on.
  file.on('error', (error) => plain.destroy(error));
  file.pipe(plain);
  try {
    yield* plain as AsyncIterable<Buffer>;
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw cause;
    throw new InputError('ERR_FILE_FORMAT', `Expected a whole gzip file in ${path} but ${message}.`, {
      cause,
    });
  } finally {
    plain.destroy();
  }
}

/** Node's default of 16 KiB costs a turn of the event loop for each. */
const GUNZIP_BYTES = 2 ** 18;
