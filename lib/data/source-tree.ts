/** Source files as documents: those below a directory that are text, or one by itself. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileError, InputError } from '../errors.js';
import type { Document } from './document.js';
import { type FoundFile, walkFiles } from './walk.js';

/** Told of every file that is not taken. */
export type OnSkip = (path: string, reason: 'binary' | 'large') => void;

export interface ReadTreeOptions {
  /** Larger files are skipped. */
  readonly maxFileBytes: number;
  readonly onSkip?: OnSkip | undefined;
}

/** One file is asked for by name, so it is taken up to a size that still makes sense as one text. */
const MAX_SINGLE_FILE_BYTES = 64 * 2 ** 20;

/** Git's rule: a NUL among the first 8000 bytes. */
const BINARY_PROBE_BYTES = 8000;

/** The text files below a directory. @throws InputError `ERR_FILE_FORMAT` if there are none; those of reading */
export async function* readTree(directory: string, options: ReadTreeOptions): AsyncGenerator<Document, void> {
  let taken = 0;
  for await (const file of walkFiles(directory, { hidden: false })) {
    const document = await readTreeFile(file, options);
    if (document === undefined) continue;
    taken++;
    yield document;
  }
  if (taken === 0) throw noTextFiles(directory);
}

export function noTextFiles(directory: string): InputError {
  return new InputError('ERR_FILE_FORMAT', `Expected text files in ${directory} but found none.`, {
    remedy: 'Name a directory of source files, or JSON-lines files one by one.',
  });
}

/** A file of a tree; undefined if it is none to take. @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ` */
export async function readTreeFile(
  file: FoundFile,
  { maxFileBytes, onSkip }: ReadTreeOptions,
): Promise<Document | undefined> {
  const text = file.sizeBytes > maxFileBytes ? undefined : await readText(file);
  if (text !== undefined) return { id: file.name, text, path: file.path };
  onSkip?.(file.path, file.sizeBytes > maxFileBytes ? 'large' : 'binary');
  return undefined;
}

/** A file that was named. @throws InputError `ERR_FILE_FORMAT` if it is not UTF-8 text of up to 64 MiB */
export async function readSingleFile(path: string, sizeBytes: number): Promise<Document> {
  if (sizeBytes > MAX_SINGLE_FILE_BYTES)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected at most ${MAX_SINGLE_FILE_BYTES} bytes of text in ${path} but it has ${sizeBytes}.`,
      { remedy: 'Put the texts into JSON lines, one document a line.' },
    );
  const text = await readText({ name: basename(path), path, sizeBytes });
  if (text === undefined)
    throw new InputError('ERR_FILE_FORMAT', `Expected UTF-8 text in ${path} but found binary data.`);
  return { id: basename(path), text, path };
}

/** The text of a file, byte-order mark kept, or undefined if it is not UTF-8 text. */
async function readText(file: FoundFile): Promise<string | undefined> {
  const data = await readFile(file.path).catch((error: unknown) => {
    throw fileError('read', file.path, error);
  });
  if (data.subarray(0, BINARY_PROBE_BYTES).includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}
