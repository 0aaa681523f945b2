/** The files under a directory, in an order that is the same on every machine. Nothing that lies there ends the walk. */
import { isUtf8 } from 'node:buffer';
import type { Dirent, PathLike, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../errors.js';
import type { LeftOutReason, OnLeftOut } from '../left-out.js';
import { matchPaths, type PathPatterns } from './path-patterns.js';

interface Place {
  /** Relative to the directory, with `/`. Bytes that are not UTF-8 are shown as U+FFFD; each name stands once. */
  readonly name: string;
  /** Below the directory as it was given; shown likewise. */
  readonly path: string;
  /** By what the file system knows it: bytes where a name on the way is not UTF-8. For {@link locationOf}. */
  readonly location: string | Uint8Array;
}

export interface FoundFile extends Place {
  readonly sizeBytes: number;
  /** When its content changed last, as of the walk. */
  readonly modifiedMs: number;
}

export interface WalkOptions extends PathPatterns {
  /** Also names that begin with a dot. */
  readonly hidden: boolean;
  /** Larger files are left out. Default: none are. */
  readonly maxFileBytes?: number | undefined;
  readonly onLeftOut?: OnLeftOut | undefined;
}

/** What file-system calls take: bytes that went through a message between threads are no Buffer any more. */
export function locationOf({ location }: Pick<Place, 'location'>): PathLike {
  return typeof location === 'string' ? location : Buffer.from(location);
}

/**
 * Regular files, sorted by name in code units, whole directories at their place. Links to files count as files,
 * as in Hugging Face's cache; links to directories are not followed, since they may run in circles. What is left out
 * is told: a directory by one name.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ` for the directory itself; `ERR_INVALID_OPTION` for a pattern
 */
export async function* walkFiles(directory: string, options: WalkOptions): AsyncGenerator<FoundFile, void> {
  const { hidden, maxFileBytes = Number.POSITIVE_INFINITY, onLeftOut } = options;
  const matcher = await matchPaths(options);
  // The last one is next: no recursion, since a tree may be deeper than a stack.
  const waiting = await list({ name: '', path: directory, location: directory }).catch((error: unknown) => {
    throw fileError('read', directory, error);
  });
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const { kind, place } = entry;
    const isDirectory = kind.isDirectory();
    const shown = isDirectory ? '/' : '';
    const leaveOut = (reason: LeftOutReason) => onLeftOut?.(reason, place.path + shown);
    try {
      if (!hidden && entry.isHidden) leaveOut('hidden');
      else if (matcher.excludes(place.name + shown)) leaveOut('excluded');
      else if (isDirectory) for (const child of await list(place)) waiting.push(child);
      else if (!matcher.includes(place.name)) leaveOut('not-included');
      else {
        const found = await stat(locationOf(place));
        const reason = reasonAgainst(found, maxFileBytes);
        if (reason === undefined) yield { ...place, sizeBytes: found.size, modifiedMs: found.mtimeMs };
        else leaveOut(reason);
      }
    } catch (error) {
      leaveOut(kind.isSymbolicLink() && isBroken(error) ? 'link' : reasonOfFailure(error, place.path));
    }
  }
}

function reasonAgainst(found: Stats, maxFileBytes: number): LeftOutReason | undefined {
  if (found.isDirectory()) return 'linked-directory';
  if (!found.isFile()) return 'special';
  return found.size > maxFileBytes ? 'large' : undefined;
}

function isBroken(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/**
 * Why something below a directory could not be read. @throws InputError `ERR_FILE_READ` where the process and not the
 * file is at fault: it has no memory or may open no more files, so that all others would be left out as well
 */
export function reasonOfFailure(error: unknown, path: string): LeftOutReason {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'vanished';
  if (code === '' || ['EMFILE', 'ENFILE', 'ENOMEM'].includes(code)) throw fileError('read', path, error);
  return 'unreadable';
}

interface Entry {
  readonly kind: Dirent<Buffer>;
  readonly place: Place;
  readonly isHidden: boolean;
}

/** What lies in a directory, the first one last. */
async function list(directory: Place): Promise<Entry[]> {
  const found = await readdir(locationOf(directory), { encoding: 'buffer', withFileTypes: true });
  const named = found.map((kind) => ({ kind, shown: kind.name.toString('utf8') }));
  named.sort((a, b) => (a.shown === b.shown ? a.kind.name.compare(b.kind.name) : a.shown < b.shown ? -1 : 1));
  const taken = new Set<string>();
  const entries = named.map(({ kind, shown }): Entry => {
    // Two names may be shown alike where they are not UTF-8; documents are told apart by them.
    let name = shown;
    for (let copy = 2; taken.has(name); copy++) name = `${shown}#${copy}`;
    taken.add(name);
    const place = {
      name: directory.name === '' ? name : `${directory.name}/${name}`,
      path: join(directory.path, name),
      location: locate(directory, kind.name),
    };
    return { kind, place, isHidden: name.startsWith('.') };
  });
  return entries.reverse();
}

function locate({ location }: Place, name: Buffer): string | Uint8Array {
  if (typeof location === 'string' && isUtf8(name)) return join(location, name.toString('utf8'));
  return Buffer.concat([Buffer.from(location as string), Buffer.from('/'), name]);
}
