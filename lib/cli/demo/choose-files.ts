/**
 * Which real source files the demo works on: those that lie on every installation because Lethe depends on them.
 * The choice is deterministic, and no two files chosen share much: else "unseen" code would have been seen.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InputError } from '../../errors.js';

/** Runtime dependencies of the package, which every installation has. */
export const SOURCE_PACKAGES: readonly string[] = [
  '@huggingface/tokenizers',
  'commander',
  'node-gyp-build',
  'yauzl',
  'zod',
];

export interface SourceFile {
  /** Package and path in it, `/` on every system: `zod/src/v4/core/doc.ts`. */
  readonly id: string;
  readonly licence: string;
  readonly text: string;
}

/** Type declarations repeat their sources, minified bundles are no code that anyone wrote. */
const IS_SOURCE = /(?<!\.d|\.min)\.(?:js|mjs|ts)$/;

/** A bundle larger than this is many files in one. */
const MAX_FILE_BYTES = 256 * 1024;

/** Every source file of the packages, sorted by id. */
export async function readSourceFiles(packages: readonly string[] = SOURCE_PACKAGES): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const name of packages) {
    const { directory, licence } = await findPackage(name);
    for (const path of await listFiles(directory, '')) {
      const place = join(directory, path);
      if (!IS_SOURCE.test(path) || (await stat(place)).size > MAX_FILE_BYTES) continue;
      files.push({ id: `${name}/${path}`, licence, text: await readFile(place, 'utf8') });
    }
  }
  return files.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

async function findPackage(name: string): Promise<{ directory: string; licence: string }> {
  const parents = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const parent of parents) {
    const directory = join(parent, name);
    try {
      const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
        license?: string;
      };
      return { directory, licence: manifest.license ?? 'unknown' };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new InputError(
    'ERR_FILE_NOT_FOUND',
    `Expected the package ${name} beside lethe but found it in none of ${parents.length} places.`,
    { remedy: 'Install lethe with its dependencies: npm install.' },
  );
}

/** Paths of the files below a directory, `/` between the parts. Packages inside the package are others' code. */
async function listFiles(directory: string, prefix: string): Promise<string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(directory, path);
      return entry.isFile() ? [path] : [];
    }),
  );
  return found.flat();
}

/** Shorter lines, such as `});`, are in every file. */
const MIN_LINE_LENGTH = 12;

/**
 * Keeps each file, in order, of which at most `maxShared` (0..1) of the longer lines stand in the files kept before.
 */
export function keepDistinct<T extends { readonly text: string }>(
  files: readonly T[],
  maxShared: number,
): T[] {
  const seen = new Set<string>();
  return files.filter(({ text }) => {
    const lines = new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.length >= MIN_LINE_LENGTH),
    );
    const shared = [...lines].filter((line) => seen.has(line)).length;
    if (lines.size === 0 || shared > maxShared * lines.size) return false;
    for (const line of lines) seen.add(line);
    return true;
  });
}
