/** The files under a directory, in an order that is the same on every machine. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../errors.js';

export interface FoundFile {
  /** Relative to the directory, with `/`. */
  readonly name: string;
  /** Below the directory as it was given. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface WalkOptions {
  /** Also names that begin with a dot. */
  readonly hidden: boolean;
}

/**
 * Regular files, sorted by name in code units, whole directories at their place. Links to files count as files,
 * as in Hugging Face's cache; links to directories are not followed, since they may run in circles.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`
 */
export async function* walkFiles(
  directory: string,
  options: WalkOptions,
  prefix = '',
): AsyncGenerator<FoundFile, void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read', directory, error);
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (!options.hidden && entry.name.startsWith('.')) continue;
    const name = prefix + entry.name;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* walkFiles(path, options, `${name}/`);
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      // A link to nowhere is not a file of this directory.
      if (error.code === 'ENOENT' && entry.isSymbolicLink()) return undefined;
      throw fileError('read', path, error);
    });
    if (found?.isFile()) yield { name, path, sizeBytes: found.size };
  }
}
