/** Source files as documents: those below a directory that are text, or one by itself. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileError, InputError } from '../../errors.js';
import type { Document } from '../document.js';
import type { OnLeftOut } from '../left-out.js';
import { decodeText } from '../text/text-encoding.js';
import type { FullTreeOptions } from './tree-options.js';
import { type FoundFile, locationOf, reasonOfFailure, type WalkOptions, walkFiles } from './walk.js';

/** What git keeps about a tree is none of it, hidden files asked for or not; `--exclude '!.git'` takes it all the same. */
const ALWAYS_EXCLUDED = ['.git'];

/** The files below a directory that are taken as far as name and size say. */
export function walkTree(
  directory: string,
  tree: FullTreeOptions,
  onLeftOut?: OnLeftOut,
): AsyncGenerator<FoundFile, void> {
  return walkFiles(directory, { ...selectionOf(tree), onLeftOut });
}

/** {@link walkTree} for those who walk by themselves, as a digest does. */
export function selectionOf(tree: FullTreeOptions): WalkOptions {
  return { ...tree, exclude: [...ALWAYS_EXCLUDED, ...tree.exclude] };
}

/** One file is asked for by name, so it is taken up to a size that still makes sense as one text. */
export const MAX_SINGLE_FILE_BYTES = 64 * 2 ** 20;

/** The text files below a directory. @throws InputError `ERR_FILE_FORMAT` if there are none; those of reading */
export async function* readTree(
  directory: string,
  tree: FullTreeOptions,
  onLeftOut?: OnLeftOut,
): AsyncGenerator<Document, void> {
  let taken = 0;
  for await (const file of walkTree(directory, tree, onLeftOut)) {
    const document = await readTreeFile(file, onLeftOut);
    if (document === undefined) continue;
    taken++;
    yield document;
  }
  if (taken === 0) throw noTextFiles(directory);
}

function noTextFiles(directory: string): InputError {
  return new InputError('ERR_FILE_FORMAT', `Expected text files in ${directory} but found none.`, {
    remedy: 'Name a directory of source files, or JSON-lines files one by one.',
  });
}

/** A file of a tree as a document; undefined, and told, if it is no text or cannot be read. */
export async function readTreeFile(file: FoundFile, onLeftOut?: OnLeftOut): Promise<Document | undefined> {
  const text = await readTreeText(file, onLeftOut);
  return text === undefined ? undefined : { id: file.name, text, path: file.path };
}

/** {@link readTreeFile} for its text alone. */
export async function readTreeText(
  file: Pick<FoundFile, 'path' | 'location'>,
  onLeftOut?: OnLeftOut,
): Promise<string | undefined> {
  let text: string | undefined;
  try {
    text = decodeText(await readFile(locationOf(file)));
  } catch (error) {
    onLeftOut?.(reasonOfFailure(error, file.path), file.path);
    return undefined;
  }
  if (text === undefined) onLeftOut?.('not-text', file.path);
  return text;
}

/** A file that was named. @throws InputError `ERR_FILE_FORMAT` if it is not text of up to 64 MiB */
export async function readSingleFile(path: string, sizeBytes: number): Promise<Document> {
  if (sizeBytes > MAX_SINGLE_FILE_BYTES)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected at most ${MAX_SINGLE_FILE_BYTES} bytes of text in ${path} but it has ${sizeBytes}.`,
      { remedy: 'Put the texts into JSON lines, one document a line.' },
    );
  const data = await readFile(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  const text = decodeText(data);
  if (text === undefined)
    throw new InputError('ERR_FILE_FORMAT', `Expected UTF-8 text in ${path} but found binary data.`);
  return { id: basename(path), text, path };
}
