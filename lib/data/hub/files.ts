/** Files of a commit into the cache: what is missing of them, one after another, shared with whoever else downloads it. */

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../../errors.js';
import { exists } from '../../files.js';
import type { CachedRepository } from '../../model/hub/hub-cache.js';
import type { NoteEvent } from '../../native/download.js';
import { acquireLock } from '../../native/lock.js';
import { type ProgressEvent, progress } from '../../progress.js';
import type { HubClient, HubFile } from './client.js';
import { downloadBlob } from './download.js';

export type HubEvent = ProgressEvent | NoteEvent;

const PROGRESS_BYTES = 1 << 20;

/** @throws LetheError what {@link downloadBlob} throws */
export async function* downloadFiles(
  client: HubClient,
  cached: CachedRepository,
  commit: string,
  files: readonly HubFile[],
  retryDelayMs: number,
): AsyncGenerator<HubEvent, void, void> {
  const missing: HubFile[] = [];
  for (const file of files) if (!(await cached.has(commit, file.path))) missing.push(file);
  const total = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const step = `download ${client.address.name}`;
  const began = performance.now();
  let before = 0;
  let received = 0;
  let shown = 0;
  for (const file of missing) {
    const blob = cached.blob(file.etag);
    await using _lock = yield* lockBlob(cached, file, client.signal);
    if (!(await exists(blob))) {
      let last: number | undefined;
      for await (const event of downloadBlob(client, commit, file, blob, { retryDelayMs })) {
        if (typeof event !== 'number') {
          yield event;
          continue;
        }
        // What an earlier run has left says nothing about the rate.
        received += Math.max(0, event - (last ?? event));
        last = event;
        if (before + event - shown < PROGRESS_BYTES) continue;
        shown = before + event;
        yield progress(step, shown, total, 'bytes', rate(received, performance.now() - began));
      }
    }
    await cached.link(commit, file.path, file.etag);
    before += file.sizeBytes;
    yield progress(step, before, total, 'bytes', rate(received, performance.now() - began));
  }
}

/** Two that download the same share the work. Beside Python's own locks, which are of another kind. */
async function* lockBlob(
  cached: CachedRepository,
  file: HubFile,
  signal: AbortSignal | undefined,
): AsyncGenerator<NoteEvent, AsyncDisposable, void> {
  const path = `${cached.blob(file.etag)}.lock`;
  await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw fileError('write', path, cause);
  });
  const waiting = acquireLock(path, signal);
  for (;;) {
    const next = await waiting.next();
    if (next.done) return next.value;
    yield { type: 'note', message: `Waiting for another process that downloads ${file.path}.` };
  }
}

function rate(bytes: number, elapsedMs: number): string {
  return `${(bytes / 1e3 / Math.max(elapsedMs, 1)).toFixed(1)} MB/s`;
}
