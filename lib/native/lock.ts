/**
 * One installer at a time in a cache directory. The lock only saves work: what is installed appears by rename and is
 * checked by digest, so two that run together do no harm.
 */
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileError, throwIfAborted } from '../errors.js';
import type { NoteEvent } from './download.js';

/** A holder touches its lock this often; one left untouched for a minute has died (perhaps on another machine). */
const HEARTBEAT_MS = 5_000;
const DEAD_AFTER_MS = 60_000;
const POLL_MS = 250;

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Takes the lock file `path`, waiting while another process holds it and saying so once. */
export async function* acquireLock(
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<NoteEvent, AsyncDisposable, void> {
  const me: Holder = { pid: process.pid, host: hostname() };
  for (let waited = false; ; ) {
    throwIfAborted(signal);
    try {
      const file = await open(path, 'wx');
      await file.writeFile(JSON.stringify(me));
      await file.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError('write', path, error);
    }
    const holder = await readHolder(path);
    if (await isDead(path, holder)) {
      await rm(path, { force: true });
      continue;
    }
    if (!waited)
      yield { type: 'note', message: `Waiting for another installation (${describeHolder(holder)}).` };
    waited = true;
    await sleep(POLL_MS, undefined, { signal: signal }).catch(() => {});
  }
  const beat = setInterval(() => {
    const now = new Date();
    // A lock that was taken away is not worth failing for, see above.
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  beat.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      await rm(path, { force: true });
    },
  };
}

function describeHolder(holder: Holder | undefined): string {
  return holder === undefined ? 'of unknown origin' : `process ${holder.pid} on ${holder.host}`;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function isDead(path: string, holder: Holder | undefined): Promise<boolean> {
  if (holder?.host === hostname() && Number.isInteger(holder.pid) && !isRunning(holder.pid)) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs > DEAD_AFTER_MS;
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
