/**
 * Where the package lies, whichever of its files asks: modules are bundled into a few when it is built, and their own
 * addresses say nothing then.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = fileURLToPath(import.meta.url);

/** The directory of the package's `package.json`. */
export const PACKAGE = findPackage(dirname(HERE));

function findPackage(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : findPackage(dirname(directory));
}

/** Of `package.json`. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }).version;
}

/**
 * The module that a thread begins with, beside the code that runs: in `dist`, or in `lib` (lib/parallel.ts) and so on.
 *
 * @param name as JavaScript in `lib`, e.g. `clones/search/scan-worker.js`
 */
export function moduleFile(name: string): URL {
  const [root = ''] = relative(PACKAGE, HERE).split(sep);
  return pathToFileURL(join(PACKAGE, root, name));
}
