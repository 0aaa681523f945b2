/** Files appear whole or not at all, written beside their place and renamed into it; small JSON files are read whole. */
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type ErrorCode, fileError, InputError, LetheError } from './errors.js';
import { parseJson } from './json.js';
import { decodeText, ENCODING_REMEDY } from './text-encoding.js';

let written = 0;

/** What happens on the way from a finished file to its name. */
export interface ReplaceOptions {
  /**
   * Called with the path of the whole file before it takes its name; what it throws leaves everything as it was, and so
   * does `keep`.
   */
  readonly beforeRename?: ((part: string) => Promise<unknown>) | undefined;
}

/**
 * Creates or replaces the file at `path` with what `write` puts into the handle. Until `write` has succeeded and the
 * bytes are on disk, `path` stays as it was; the directories above it are made. A link stays one: the file that it
 * points at is replaced. What is no file, as `/dev/null` and named pipes are, is written to and stays what it is.
 *
 * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL`; whatever `write` throws, with nothing left behind
 */
export async function replaceFile(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
  { beforeRename }: ReplaceOptions = {},
): Promise<void> {
  if (await isStream(path)) return writeToStream(path, write);
  const target = await followLinks(path);
  const part = `${target}.${process.pid}-${written++}.part`;
  try {
    await mkdir(dirname(target), { recursive: true });
    const handle = await open(part, 'w');
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await beforeRename?.(part)) === 'keep') await rm(part);
    else await rename(part, target);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error instanceof LetheError ? error : fileError('write', path, error);
  }
}

/** A file that is open already, by the names that systems give it. */
const OPEN_FILE = /^\/(dev\/(stdin|stdout|stderr|fd\/\d+)|proc\/(self|\d+)\/fd\/\d+)$/;

/** Whether what is at `path` is written to as it is, and never replaced: a device, a pipe, an open file by its number. */
export async function isStream(path: string): Promise<boolean> {
  if (OPEN_FILE.test(resolve(path))) return true;
  return stat(path).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
}

/** Opens what {@link isStream} is true for. Appending, so that what was redirected into a file stays there. */
export async function openStream(path: string): Promise<FileHandle> {
  return open(path, 'a').catch((error: unknown) => {
    throw fileError('write', path, error);
  });
}

async function writeToStream(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  await using handle = await openStream(path);
  await write(handle).catch((error: unknown) => {
    throw error instanceof LetheError ? error : fileError('write', path, error);
  });
}

/** The absolute path, without links, that writing to `path` reaches, whether there is something or not. */
export async function followLinks(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError('write', path, error);
  }
  const to = await readlink(whole).catch(() => undefined);
  if (to !== undefined) return followLinks(resolve(dirname(whole), to));
  const above = dirname(whole);
  return above === whole ? whole : join(await followLinks(above), basename(whole));
}

/** Whether anything is there, at the end of links. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether a directory is there, at the end of links. */
export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** {@link replaceFile} with the whole content at hand. */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: ReplaceOptions = {},
): Promise<void> {
  await replaceFile(path, (handle) => handle.writeFile(data), options);
}

/** {@link replaceFile} with text that comes in pieces, for files larger than memory. */
export async function writeTextAtomic(
  path: string,
  pieces: Iterable<string> | AsyncIterable<string>,
  options: ReplaceOptions = {},
): Promise<void> {
  const write = async (handle: FileHandle) => {
    let waiting = '';
    for await (const piece of pieces) {
      waiting += piece;
      if (waiting.length < 2 ** 20) continue;
      await handle.writeFile(waiting);
      waiting = '';
    }
    await handle.writeFile(waiting);
  };
  await replaceFile(path, write, options);
}

export interface ReadTextOptions {
  /** Of the error for a file that is no text, or larger. Default: `ERR_FILE_FORMAT`. */
  readonly code?: ErrorCode | undefined;
  /** Default: no limit. */
  readonly maxBytes?: number | undefined;
}

/**
 * The text of a whole file: UTF-8, or what its byte-order mark says, without the mark.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `code` for other bytes, or more of them
 */
export async function readTextFile(
  path: string,
  { code = 'ERR_FILE_FORMAT', maxBytes = Number.POSITIVE_INFINITY }: ReadTextOptions = {},
): Promise<string> {
  const failed = (cause: unknown) => {
    throw fileError('read', path, cause);
  };
  // Asked first: a file that claims gigabytes must not be read to find that out.
  const { size } = await stat(path).catch(failed);
  if (size > maxBytes)
    throw new InputError(code, `Expected at most ${maxBytes} bytes in ${path} but found ${size}.`);
  const text = decodeText(await readFile(path).catch(failed));
  if (text === undefined)
    throw new InputError(code, `Expected text in ${path} but found other bytes.`, {
      remedy: ENCODING_REMEDY,
    });
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/**
 * The JSON value of {@link readTextFile}; NaN and Infinity as Python writes them are numbers.
 *
 * @throws InputError as that; `code` if it is not JSON
 */
export async function readJsonFile(
  path: string,
  code: ErrorCode = 'ERR_FILE_FORMAT',
  maxBytes?: number,
): Promise<unknown> {
  const text = await readTextFile(path, { code, maxBytes });
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
