/** Files appear whole or not at all, written beside their place and renamed into it; small JSON files are read whole. */
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ErrorCode, fileError, InputError, LetheError } from './errors.js';
import { parseJson } from './json.js';

let written = 0;

/**
 * Creates or replaces the file at `path` with what `write` puts into the handle. Until `write` has succeeded and the
 * bytes are on disk, `path` stays as it was; the directories above it are made. What is no file, as `/dev/null` and named
 * pipes are, is written to and stays what it is.
 *
 * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL`; whatever `write` throws, with nothing left behind
 */
export async function replaceFile(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  if (await isDevice(path)) return writeToDevice(path, write);
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

async function isDevice(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
}

async function writeToDevice(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await using handle = await open(path, 'w');
    await write(handle);
  } catch (error) {
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

/**
 * The JSON value of a whole file, of at most `maxBytes`; NaN and Infinity as Python writes them are numbers.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `code` if it is not JSON, or larger
 */
export async function readJsonFile(
  path: string,
  code: ErrorCode = 'ERR_FILE_FORMAT',
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<unknown> {
  const failed = (cause: unknown) => {
    throw fileError('read', path, cause);
  };
  // Asked first: a file that claims gigabytes must not be read to find that out.
  const { size } = await stat(path).catch(failed);
  if (size > maxBytes)
    throw new InputError(code, `Expected at most ${maxBytes} bytes in ${path} but found ${size}.`);
  const text = await readFile(path, 'utf8').catch(failed);
  try {
    return parseJson(text);
  } catch (cause) {
    // V8 quotes the text, line ends and all.
    const reason = (cause as Error).message.replace(/[\s\p{C}]+/gu, ' ');
    throw new InputError(code, `Expected JSON in ${path} but ${reason}.`, { cause });
  }
}

/** {@link readJsonFile}, undefined if there is no such file. */
export async function readOptionalJsonFile(
  path: string,
  code?: ErrorCode,
  maxBytes?: number,
): Promise<unknown> {
  return readJsonFile(path, code, maxBytes).catch((error: LetheError) => {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
    throw error;
  });
}
