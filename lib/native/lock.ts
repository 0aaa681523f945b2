/**
 * One installer at a time in a cache directory. The lock only saves work: what is installed appears by rename and is
 * checked by digest, so two that run together do no harm.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from '../errors.js';
import { describeOwner, type HeldLock, tryLock } from '../lock.js';
import type { NoteEvent } from './download.js';

const POLL_MS = 250;

/** Takes the lock file `path`, waiting while another process holds it and saying so once. */
export async function* acquireLock(
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<NoteEvent, HeldLock, void> {
  for (let waited = false; ; waited = true) {
    throwIfAborted(signal);
    const attempt = await tryLock(path, 'installation');
    if (attempt.lock !== undefined) return attempt.lock;
    if (!waited)
      yield { type: 'note', message: `Waiting for another installation (${describeOwner(attempt.owner)}).` };
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
