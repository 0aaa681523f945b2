/** SHA-256 of texts, files and directories: what a run was made from, and whether that is still the same. */
import { createHash } from 'node:crypto';
import { createReadStream, type PathLike } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileError } from '../errors.js';
import { type FoundFile, locationOf, reasonOfFailure, type WalkOptions, walkFiles } from './trees/walk.js';

/** SHA-256 of the text's UTF-8, in hex. */
export function digestText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256 of the file's bytes, in hex. @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ` */
export async function digestFile(path: string): Promise<string> {
  return digestBytes(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
}

async function digestBytes(location: PathLike): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(location), hash);
  return hash.digest('hex');
}

/**
 * SHA-256, in hex, of what `sha256sum` prints for the files below the directory, sorted by name: a line `<digest>  <name>`
 * for each. Names, contents and nothing else count; links to files count as what they point at. What cannot be read is
 * left out, as by whoever reads the directory, and told.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`
 */
export async function digestDirectory(
  directory: string,
  options: WalkOptions = { hidden: true },
): Promise<string> {
  const files: FoundFile[] = [];
  for await (const file of walkFiles(directory, options)) files.push(file);
  const hash = createHash('sha256');
  for (const file of files.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const digest = await digestBytes(locationOf(file)).catch((error: unknown) => {
      options.onLeftOut?.(reasonOfFailure(error, file.path), file.path);
    });
    if (digest !== undefined) hash.update(`${digest}  ${file.name}\n`);
  }
  return hash.digest('hex');
}

/** {@link digestFile} or {@link digestDirectory}, as `path` is. */
export async function digestPath(path: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  return found.isDirectory() ? digestDirectory(path) : digestFile(path);
}
