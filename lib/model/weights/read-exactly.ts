/** Reading from an open file without taking a short read for the end of it. */
import type { FileHandle } from 'node:fs/promises';
import { fileError, InputError } from '../../errors.js';

/**
 * So many bytes of an open file, from a position that its size was asked for.
 *
 * @throws InputError `ERR_FILE_READ`; `ERR_MODEL_FORMAT` if the file ends before
 */
export async function readExactly(
  path: string,
  handle: FileHandle,
  position: number,
  sizeBytes: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(sizeBytes);
  for (let done = 0; done < sizeBytes; ) {
    const { bytesRead } = await handle
      .read(buffer, done, sizeBytes - done, position + done)
      .catch((cause: unknown) => {
        throw fileError('read', path, cause);
      });
    if (bytesRead === 0) {
      throw new InputError(
        'ERR_MODEL_FORMAT',
        `Expected ${sizeBytes} bytes at ${position} in ${path} but found ${done}.`,
      );
    }
    done += bytesRead;
  }
  return buffer;
}
