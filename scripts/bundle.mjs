// Bundles lib into a few files, so that a command starts at once: it takes longer to find and read 300 modules than to
// run most commands. Packages made of many small modules are bundled with it, all others stay where npm puts them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Modules that are loaded by their names: by users, by scripts, and as the beginnings of threads. */
const ENTRIES = ['index.ts', 'cli/main.ts', 'native/libtorch.ts'];
const THREAD = /(?:^|[/-])worker\.ts$/;

/** The innermost of a path. */
const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

const BUNDLED = new Set(['zod', 'hyparquet', 'hyparquet-compressors', 'csv-stringify']);

/**
 * What esbuild would write to `outdir`, and the packages in it. `entries`, as they lie in `lib`, come on top of the
 * package's own.
 */
export function bundle(outdir, entries = []) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const lib = join(root, 'lib');
  const threads = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => THREAD.test(name));
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [...ENTRIES, ...threads, ...entries].map((name) => join(lib, name)),
    outbase: lib,
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    external: Object.keys(dependencies).filter((name) => !BUNDLED.has(name)),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    write: false,
  });
  const packages = Object.keys(metafile.inputs).flatMap((input) => PACKAGE.exec(input)?.[1] ?? []);
  return { files: outputFiles, packages: [...new Set(packages)].sort() };
}
