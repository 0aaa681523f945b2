/** Files appear whole or not at all: written beside their place, then renamed into it. */
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, LetheError } from './errors.js';

let written = 0;

/**
 * Creates or replaces the file at `path` with what `write` puts into the handle. Until `write` has succeeded and the
 * bytes are on disk, `path` stays as it was; the directories above it are made.
 *
 * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL`; whatever `write` throws, with nothing left behind
 */
export async function replaceFile(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const part = `${path}.${process.pid}-${written++}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(part, 'w');
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error instanceof LetheError ? error : fileError('write', path, error);
  }
}

/** {@link replaceFile} with the whole content at hand. */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await replaceFile(path, (handle) => handle.writeFile(data));
}

/** {@link replaceFile} with text that comes in pieces, for files larger than memory. */
export async function writeTextAtomic(
  path: string,
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  await replaceFile(path, async (handle) => {
    let waiting = '';
    for await (const piece of pieces) {
      waiting += piece;
      if (waiting.length < 2 ** 20) continue;
      await handle.writeFile(waiting);
      waiting = '';
    }
    await handle.writeFile(waiting);
  });
}
