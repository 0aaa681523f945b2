/** SHA-256 of texts, files and directories: what a run was made from, and whether that is still the same. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileError } from '../errors.js';
import { type WalkOptions, walkFiles } from './walk.js';

/** SHA-256 of the text's UTF-8, in hex. */
export function digestText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256 of the file's bytes, in hex. @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ` */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw fileError('read', path, error);
  }
  return hash.digest('hex');
}

/**
 * SHA-256, in hex, of what `sha256sum` prints for the files below the directory, sorted by name: a line `<digest>  <name>`
 * for each. Names, contents and nothing else count; links to files count as what they point at.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`
 */
export async function digestDirectory(
  directory: string,
  options: WalkOptions = { hidden: true },
): Promise<string> {
  const files: string[] = [];
  for await (const file of walkFiles(directory, options)) files.push(file.name);
  const hash = createHash('sha256');
  for (const name of files.sort((a, b) => (a < b ? -1 : 1)))
    hash.update(`${await digestFile(`${directory}/${name}`)}  ${name}\n`);
  return hash.digest('hex');
}

/** {@link digestFile} or {@link digestDirectory}, as `path` is. */
export async function digestPath(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  return found.isDirectory() ? digestDirectory(path) : digestFile(path);
}
