/**
 * Lock files: one process at a time. A lock names its owner; that of a process which has died is taken over, by one of
 * those that want it.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { link, open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileError } from './errors.js';

/**
 * An owner touches its lock this often. Whether a process of this machine lives is asked of the system; one of another
 * machine that has left its lock untouched for a minute is taken for dead.
 */
const HEARTBEAT_MS = 5_000;
const DEAD_AFTER_MS = 60_000;

export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** Boot and process namespace, where the system tells: process ids mean nothing across them. */
  readonly system?: string;
  /** When the process began, in ticks since boot: a process id that was given again is another process. */
  readonly started?: string;
  /** What it holds the lock for, e.g. `lethe train`. */
  readonly doing?: string;
  /** Tells this lock from every other. */
  readonly token?: string;
}

/** What became of {@link tryLock}. */
export type LockAttempt =
  | { readonly lock: HeldLock }
  /** Whose it is; undefined where the file does not say. */
  | { readonly lock?: undefined; readonly owner: LockOwner | undefined };

/** A lock of this process. It is removed by `await using`, and when the process exits. */
export interface HeldLock extends AsyncDisposable {
  readonly path: string;
}

/**
 * Takes the lock file `path`, or says whose it is.
 *
 * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL` if none can be made there
 */
export async function tryLock(path: string, doing: string): Promise<LockAttempt> {
  const me: LockOwner = { ...SELF, doing, token: randomUUID() };
  for (;;) {
    if (await create(path, JSON.stringify(me))) return { lock: hold(path, me.token!) };
    const found = await readLock(path);
    // Gone between the two calls: it may be had now.
    if (found === undefined) continue;
    if (!isDead(found)) return { owner: found.owner };
    if (!(await removeStale(path, found.text, doing))) return { owner: found.owner };
  }
}

/** `lethe train, process 12 on host`. */
export function describeOwner(owner: LockOwner | undefined): string {
  if (owner === undefined) return 'a process of unknown origin';
  const { doing, pid, host } = owner;
  return `${doing === undefined ? '' : `${doing}, `}process ${pid} on ${host}`;
}

/**
 * Removes the lock of a dead process. Two that find it dead must not remove each other's new one, so whoever removes
 * it holds a lock on doing so, and looks again. False: another one is at it.
 */
async function removeStale(path: string, text: string, doing: string): Promise<boolean> {
  const attempt = await tryLock(`${path}.takeover`, doing);
  if (attempt.lock === undefined) return false;
  await using _ = attempt.lock;
  if ((await readLock(path))?.text === text) await rm(path, { force: true });
  return true;
}

const held = new Map<string, string>();

function hold(path: string, token: string): HeldLock {
  if (held.size === 0) process.on('exit', releaseAll);
  held.set(path, token);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  beat.unref();
  return {
    path,
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      release(path, token);
      held.delete(path);
      if (held.size === 0) process.off('exit', releaseAll);
    },
  };
}

/** Only what is still ours: a lock that was taken for dead belongs to another process now. */
function release(path: string, token: string): void {
  try {
    if (parseOwner(readFileSync(path, 'utf8'))?.token === token) rmSync(path, { force: true });
  } catch {
    // Its directory has gone, and the lock with it.
  }
}

function releaseAll(): void {
  for (const [path, token] of held) release(path, token);
}

/** The file appears with all that it says, or not at all, where the file system has hard links. */
async function create(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${process.pid}-${randomUUID().slice(0, 8)}`;
  try {
    await writeFile(draft, text);
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code ?? ''))
      throw fileError('write', path, error);
    return await createWithoutLink(path, text);
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

async function createWithoutLink(path: string, text: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx');
    await file.writeFile(text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fileError('write', path, error);
  }
}

interface FoundLock {
  readonly text: string;
  readonly owner: LockOwner | undefined;
  readonly touchedMs: number;
}

async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return { text, owner: parseOwner(text), touchedMs: (await stat(path)).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  }
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(text) as LockOwner;
    return Number.isInteger(owner?.pid) && typeof owner.host === 'string' ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isDead({ owner, touchedMs }: FoundLock): boolean {
  const here = owner?.host === SELF.host && (owner.system === undefined || owner.system === SELF.system);
  if (owner === undefined || !here) return Date.now() - touchedMs > DEAD_AFTER_MS;
  if (!isRunning(owner.pid)) return true;
  const started = startOf(owner.pid);
  return owner.started !== undefined && started !== undefined && owner.started !== started;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of `/proc/<pid>/stat`; undefined where there is no such file. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses and may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended and waits for its parent only.
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}

function systemOf(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

const SELF: Omit<LockOwner, 'doing' | 'token'> = (() => {
  const system = systemOf();
  const started = startOf(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    ...(system === undefined ? {} : { system }),
    ...(started === undefined ? {} : { started }),
  };
})();
