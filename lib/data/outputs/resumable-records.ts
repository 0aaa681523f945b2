/**
 * Records that are written over a long time: each is on disk when it is finished, an interrupted run is gone on with,
 * and the file appears under its name only when it is complete.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, InputError } from '../../errors.js';
import { exists, followLinks, type ReplaceOptions, writeFileAtomic } from '../../files.js';
import type { RecordFormat } from './record-format.js';

/**
 * Opens `<path>.part` to append to, with the records that an earlier run left there; a last record that was torn
 * by the interruption is dropped. `<path>` itself stays as it is until `commit`.
 *
 * @param runKey says what the records depend on (a digest of options and inputs): records of another run are refused
 * @param discardOthers begins anew in place of those of another run
 * @throws InputError `ERR_RUN_MISMATCH` if `<path>.part` was begun with another key; `ERR_FILE_FORMAT` for what is
 *   no record; `ERR_FILE_READ`, `ERR_FILE_WRITE`, `ERR_DISK_FULL`
 */
export async function openResumableRecords<T extends object>(
  given: string,
  format: RecordFormat<T>,
  runKey: string,
  { discardOthers = false }: { readonly discardOthers?: boolean } = {},
): Promise<ResumableRecords<T>> {
  const path = await followLinks(given);
  const partPath = `${path}.part`;
  const keyPath = `${partPath}.key`;
  if (await isOfAnother(partPath, keyPath, runKey)) {
    if (!discardOthers) throw ofAnother(partPath);
    for (const stale of [partPath, keyPath]) await rm(stale, { force: true });
  }
  let handle: FileHandle | undefined;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(keyPath, `${runKey}\n`);
    handle = await open(partPath, 'a+');
    let sizeBytes = await format.endOfLast(handle);
    await handle.truncate(sizeBytes);
    let kept = 0;
    for await (const _ of format.read(partPath)) kept++;
    // A header without records is written again with the first one.
    if (kept === 0) {
      sizeBytes = 0;
      await handle.truncate(sizeBytes);
    }
    return new ResumableRecords(path, format, handle, sizeBytes, kept);
  } catch (error) {
    await handle?.close();
    throw error instanceof InputError ? error : fileError('write', partPath, error);
  }
}

/** See {@link openResumableRecords}. One of `commit` and `close` ends it; `await using` closes. */
export class ResumableRecords<T extends object> implements AsyncDisposable {
  readonly path: string;
  /** Records that an earlier run had finished. */
  readonly keptCount: number;
  readonly #format: RecordFormat<T>;
  readonly #handle: FileHandle;
  #sizeBytes: number;
  #open = true;
  /** Appends run one after another, whoever awaits them. */
  #last: Promise<void> = Promise.resolve();

  /** @internal */
  constructor(
    path: string,
    format: RecordFormat<T>,
    handle: FileHandle,
    sizeBytes: number,
    keptCount: number,
  ) {
    this.path = path;
    this.keptCount = keptCount;
    this.#format = format;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** All records so far, in the order in which they were appended. */
  records(): AsyncGenerator<T, void> {
    return this.#format.read(`${this.path}.part`);
  }

  /**
   * Adds a record. When the promise is fulfilled, the record outlives this process.
   *
   * @throws InputError `ERR_DISK_FULL`, `ERR_FILE_WRITE`; the records before it stay
   */
  append(record: T): Promise<void> {
    const data = Buffer.from(this.#format.format(record, this.path));
    return this.#afterLast(async () => {
      try {
        await this.#handle.appendFile(data);
      } catch (error) {
        // What a full disk still took of the record would otherwise stand before the next one.
        await this.#handle.truncate(this.#sizeBytes).catch(() => {});
        throw fileError('write', `${this.path}.part`, error);
      }
      this.#sizeBytes += data.length;
    });
  }

  /** The file is complete: it takes its name, after `beforeRename` has succeeded. */
  async commit({ beforeRename }: ReplaceOptions = {}): Promise<void> {
    await this.#afterLast(() => this.#handle.sync()).catch((error: unknown) => {
      throw error instanceof InputError ? error : fileError('write', `${this.path}.part`, error);
    });
    await this.#shut();
    await beforeRename?.(`${this.path}.part`);
    try {
      await rename(`${this.path}.part`, this.path);
      await rm(`${this.path}.part.key`, { force: true });
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  /** Leaves the records for a later run; where there are none, nothing stays. Does nothing after `commit`. */
  async close(): Promise<void> {
    if (!this.#open) return;
    await this.#shut();
    if (this.#sizeBytes > 0) return;
    // A run that failed before its first record, at a bad option say, must not bar the next one.
    for (const path of [`${this.path}.part`, `${this.path}.part.key`]) await rm(path, { force: true });
  }

  async #shut(): Promise<void> {
    this.#open = false;
    await this.#last;
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #afterLast(work: () => Promise<void>): Promise<void> {
    if (!this.#open)
      throw new InputError('ERR_FILE_WRITE', `Expected ${this.path}.part to be open but it has been closed.`);
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

async function isOfAnother(partPath: string, keyPath: string, runKey: string): Promise<boolean> {
  if (!(await exists(partPath))) return false;
  const found = await readFile(keyPath, 'utf8').catch(() => '');
  return found.trim() !== runKey;
}

function ofAnother(partPath: string): InputError {
  return new InputError(
    'ERR_RUN_MISMATCH',
    `Expected ${partPath} to be of a run with the same options and inputs but it was begun with others.`,
    {
      remedy: `Run again with the options of that run, or begin anew with --force, which deletes ${partPath}.`,
    },
  );
}
