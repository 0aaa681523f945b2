/**
 * Inputs that can be read but once, stdin and pipes, copied into a file before the work begins: from then on they are
 * counted, digested, read again and gone on with as any file is. Records and messages call them as the user did.
 */
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AbortedError, fileError } from '../errors.js';

/** What the user called each copy. */
const names = new Map<string, string>();

/**
 * Copies all of a stream, for its owner alone to read, and returns where it lies until the process ends.
 *
 * @param name `-` for stdin, or the path of a pipe
 * @throws InputError `ERR_FILE_READ`, `ERR_DISK_FULL`; AbortedError when the signal fires
 */
export async function spoolInput(name: string, signal: AbortSignal): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lethe-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, name === '-' ? 'stdin' : basename(name));
  // A Node parent connects stdin by a socket, which cannot be opened by its name.
  const source = name === '-' ? process.stdin : createReadStream(name);
  try {
    await pipeline(source, createWriteStream(path, { mode: 0o600 }), { signal });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw signal.aborted
      ? new AbortedError('Stopped.', { cause: error })
      : fileError('read', shown(name), error);
  }
  names.set(path, name);
  return path;
}

/** Whether it is a copy, whose own name says nothing of its format. */
export function isSpooled(path: string): boolean {
  return names.has(path);
}

/** What the user called an input: `-` for stdin. */
export function givenName(path: string): string {
  return names.get(path) ?? path;
}

/** Where an input comes from: what it is a copy of, as a path. */
export function sourceOf(path: string): string {
  const name = givenName(path);
  return name === '-' ? '/dev/stdin' : name;
}

/** The text of a message with the names of inputs that the user knows. */
export function withGivenNames(text: string): string {
  let named = text;
  for (const [path, name] of names) named = named.replaceAll(path, shown(name));
  return named;
}

function shown(name: string): string {
  return name === '-' ? 'stdin' : name;
}
