/** One file of the hub into a blob of the cache: resumed where it stopped, and given its name only if its digest is right. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileError, LetheError, NativeError, throwIfAborted } from '../../errors.js';
import type { NoteEvent } from '../../native/download.js';
import { type HubClient, type HubFile, HubUnreachable, RangeIgnored } from './client.js';

/** Tries in a row that bring no byte. */
const MAX_TRIES = 5;

export interface DownloadBlobOptions {
  /** Pause before the first retry in milliseconds, doubled for each one after it. */
  readonly retryDelayMs: number;
}

/**
 * Downloads `file` of `commit` to `path`; bytes gather in `path.incomplete`. Yields how many bytes it has so far, first
 * those of an earlier run.
 *
 * @throws LetheError what {@link HubClient} throws; `ERR_DOWNLOAD` for content that is not what the hub announced
 */
export async function* downloadBlob(
  client: HubClient,
  commit: string,
  file: HubFile,
  path: string,
  options: DownloadBlobOptions,
): AsyncGenerator<number | NoteEvent, void, void> {
  const part = `${path}.incomplete`;
  let handle: FileHandle;
  try {
    await mkdir(dirname(part), { recursive: true });
    handle = await open(part, 'r+').catch(() => open(part, 'w+'));
  } catch (error) {
    throw fileError('write', part, error);
  }
  try {
    let done = Math.min((await handle.stat()).size, file.sizeBytes);
    let hash = await hashOfPart(part, file, done);
    yield done;
    for (let tries = 1; done < file.sizeBytes; tries++) {
      throwIfAborted(client.signal);
      const before = done;
      try {
        for await (const chunk of await client.open(commit, file, done)) {
          if (done + chunk.length > file.sizeBytes) throw corrupt(file, 'more bytes');
          await writeAt(handle, chunk, done, part);
          hash.update(chunk);
          done += chunk.length;
          yield done;
        }
        if (done < file.sizeBytes) throw new HubUnreachable('the other end', 'the connection was closed');
      } catch (cause) {
        const error = client.translate(cause);
        if (error instanceof RangeIgnored) {
          done = 0;
          hash = await hashOfPart(part, file, 0);
        } else if (done > before) tries = 0;
        if (!(error instanceof HubUnreachable) || tries >= MAX_TRIES) throw error;
        yield { type: 'note', message: `The download of ${file.path} was interrupted; trying again.` };
        await sleep(options.retryDelayMs * 2 ** Math.max(0, tries - 1), undefined, {
          ...(client.signal === undefined ? {} : { signal: client.signal }),
        }).catch(() => {});
      }
    }
    if (hash.digest('hex') !== file.etag) throw corrupt(file, 'others');
    await handle.truncate(file.sizeBytes);
    await handle.sync();
    await rename(part, path);
  } catch (error) {
    if (error instanceof CorruptError) await rm(part, { force: true });
    throw error instanceof LetheError ? error : fileError('write', part, error);
  } finally {
    await handle.close();
  }
}

class CorruptError extends NativeError {}

function corrupt(file: HubFile, found: string): CorruptError {
  return new CorruptError(
    'ERR_DOWNLOAD',
    `Expected ${file.sizeBytes} bytes with digest ${file.etag} in ${file.path} but found ${found}; they were deleted.`,
    { remedy: 'Run the same command again.' },
  );
}

/** The digest so far of a file that is gone on with, in the way that its etag was made. */
async function hashOfPart(part: string, file: HubFile, sizeBytes: number): Promise<Hash> {
  const hash = file.etag.length === 64 ? createHash('sha256') : createHash('sha1');
  if (file.etag.length === 40) hash.update(`blob ${file.sizeBytes}\0`);
  if (sizeBytes === 0) return hash;
  try {
    for await (const chunk of createReadStream(part, { end: sizeBytes - 1, highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  } catch (error) {
    throw fileError('read', part, error);
  }
  return hash;
}

async function writeAt(handle: FileHandle, chunk: Uint8Array, position: number, path: string): Promise<void> {
  try {
    for (let written = 0; written < chunk.length; )
      written += (await handle.write(chunk, written, chunk.length - written, position + written))
        .bytesWritten;
  } catch (error) {
    throw fileError('write', path, error);
  }
}
