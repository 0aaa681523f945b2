/** Source files as documents: those below a directory that are text, or one by itself. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileError, InputError } from '../../errors.js';
import { decodeText } from '../../text-encoding.js';
import { isMetadata, isShard } from '../corpus/find-shards.js';
import { readShards } from '../corpus/read-corpus.js';
import type { Document } from '../document.js';
import type { OnLeftOut } from '../left-out.js';
import type { FullTreeOptions } from './tree-options.js';
import { type FoundFile, locationOf, reasonOfFailure, type WalkOptions, walkFiles } from './walk.js';

/** What git keeps about a tree is none of it, hidden files asked for or not; `--exclude '!.git'` takes it all the same. */
const ALWAYS_EXCLUDED = ['.git'];

/** The files below a directory that are taken as far as name and size say. What only describes a corpus is not. */
export async function* walkTree(
  directory: string,
  tree: FullTreeOptions,
  onLeftOut?: OnLeftOut,
): AsyncGenerator<FoundFile, void> {
  for await (const file of walkFiles(directory, { ...selectionOf(tree), onLeftOut })) {
    if (await isMetadata(file.path)) onLeftOut?.('metadata', file.path);
    else yield file;
  }
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
    for await (const document of readTreeFile(file, onLeftOut)) {
      taken++;
      yield document;
    }
  }
  if (taken === 0) throw noTextFiles(directory);
}

function noTextFiles(directory: string): InputError {
  return new InputError('ERR_FILE_FORMAT', `Expected text files in ${directory} but found none.`, {
    remedy: 'Name a directory of source files, or JSON-lines files one by one.',
  });
}

/** A file of a tree as a document, a shard of a corpus as several; none, and told, if it is no text or cannot be read. */
export async function* readTreeFile(file: FoundFile, onLeftOut?: OnLeftOut): AsyncGenerator<Document, void> {
  if (await isShard(file.path)) {
    yield* readTreeShard(file, onLeftOut);
    return;
  }
  const text = await readTreeText(file, onLeftOut);
  if (text !== undefined) yield { id: file.name, text, path: file.path };
}

/** Documents are called by the shard too: that of another corpus may have documents of the same names. */
async function* readTreeShard(
  { name, path }: FoundFile,
  onLeftOut: OnLeftOut | undefined,
): AsyncGenerator<Document, void> {
  try {
    for await (const { id, text, path: origin = path, licence } of readShards([path]))
      yield { id: `${name}:${id}`, text, path: origin, ...(licence === undefined ? {} : { licence }) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    onLeftOut?.('unreadable', path);
  }
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
