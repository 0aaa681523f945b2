/**
 * Unpacks selected files of a zip archive (a wheel, or libtorch's own archive) that nobody has vouched for: names
 * that leave the directory, links, and sizes beyond reason are refused before the first byte is written.
 */
import { mkdir, open } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { AbortedError, fileError, InputError, LetheError, throwIfAborted } from '../errors.js';
import { type ProgressEvent, progress } from '../progress.js';

export interface ExtractOptions {
  readonly archive: string;
  /** Where to; made if missing. The caller removes it if this throws. */
  readonly directory: string;
  /** Which files, by their name in the archive (default all). */
  readonly select?: ((name: string) => boolean) | undefined;
  /** Most bytes that may come out (default {@link MAX_EXTRACTED_BYTES}). */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Extracted {
  readonly files: number;
  readonly sizeBytes: number;
}

/** A CUDA libtorch with everything takes 7 GB unpacked; more than this is a zip bomb or not libtorch. */
export const MAX_EXTRACTED_BYTES = 24 * 2 ** 30;
/** A torch wheel holds 13 000 files. */
const MAX_ENTRIES = 200_000;

/** Unpacks, checking every file's size and CRC. */
export async function* extractZip(options: ExtractOptions): AsyncGenerator<ProgressEvent, Extracted, void> {
  const name = basename(options.archive);
  const refuse = (reason: string, cause?: unknown) =>
    new InputError('ERR_FILE_FORMAT', `Could not unpack ${name}: ${reason}.`, {
      remedy: 'Delete the file and run the same command again.',
      cause,
    });

  let zip: ZipFile;
  try {
    zip = await openPromise(options.archive, { lazyEntries: true, autoClose: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw fileError('read', options.archive, error);
    throw refuse(messageOf(error), error);
  }
  try {
    if (zip.entryCount > MAX_ENTRIES) throw refuse(`it holds ${zip.entryCount} files`);
    const entries: Entry[] = [];
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/') || !(options.select?.(entry.fileName) ?? true)) continue;
      assertInside(options.directory, entry.fileName, refuse);
      // The high half of the attributes is a Unix mode; 0o120000 is a link, which could point anywhere.
      if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000)
        throw refuse(`"${entry.fileName}" is a link`);
      total += entry.uncompressedSize;
      entries.push(entry);
    }
    const limit = options.maxBytes ?? MAX_EXTRACTED_BYTES;
    if (total > limit) throw refuse(`it would unpack to ${total} bytes, more than the ${limit} allowed`);

    const made = new Set<string>();
    let done = 0;
    yield progress(`unpack ${name}`, 0, total, 'bytes');
    for (const entry of entries) {
      throwIfAborted(options.signal);
      const path = join(options.directory, entry.fileName);
      if (!made.has(dirname(path))) {
        await makeDirectory(dirname(path));
        made.add(dirname(path));
      }
      const sum = await writeEntry(zip, entry, path, options.signal);
      if (sum !== entry.crc32) throw refuse(`"${entry.fileName}" is damaged (its checksum does not fit)`);
      done += entry.uncompressedSize;
      yield progress(`unpack ${name}`, done, total, 'bytes');
    }
    return { files: entries.length, sizeBytes: total };
  } catch (error) {
    if (error instanceof LetheError) throw error;
    throw refuse(messageOf(error), error);
  } finally {
    zip.close();
  }
}

/** yauzl refuses `..`, absolute names and backslashes itself; this holds even if it one day does not. */
function assertInside(directory: string, name: string, refuse: (reason: string) => LetheError): void {
  const root = resolve(directory);
  if (!resolve(root, name).startsWith(root + sep)) throw refuse(`"${name}" lies outside the archive`);
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw fileError('write', path, error);
  }
}

/** Writes one file and returns the CRC-32 of what was written. */
async function writeEntry(
  zip: ZipFile,
  entry: Entry,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const stream = await zip.openReadStreamPromise(entry);
  const file = await open(path, 'w').catch((error: unknown) => {
    stream.destroy();
    throw fileError('write', path, error);
  });
  try {
    let sum = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      sum = crc32(chunk, sum);
      try {
        await file.appendFile(chunk);
      } catch (error) {
        throw fileError('write', path, error);
      }
    }
    return sum;
  } finally {
    await file.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
