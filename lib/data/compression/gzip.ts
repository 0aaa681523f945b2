/** gzip, members that follow one another included, by Node's zlib. */
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Node's default of 16 KiB costs a turn of the event loop for each. */
const CHUNK_BYTES = 2 ** 18;

/** @throws Error what is wrong with the stream, or whatever `source` fails with */
export async function* decompressGzip(source: Readable): AsyncGenerator<Buffer, void> {
  const plain = createGunzip({ chunkSize: CHUNK_BYTES });
  // pipeline() would report a reader that stops early as an error; pipe() only has to hand the source's errors on.
  source.on('error', (error) => plain.destroy(error));
  source.pipe(plain);
  try {
    yield* plain as AsyncIterable<Buffer>;
  } finally {
    plain.destroy();
  }
}
