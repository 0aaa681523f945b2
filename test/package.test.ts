/** What ships: the files that `npm pack` would put into the tarball. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Code, a small tokenizer and an addon: whatever is larger has come in by mistake. */
const MAX_PACKED_BYTES = 5_000_000;

let files: string[];
let sizeBytes: number;
beforeAll(() => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = JSON.parse(output) as [{ files: { path: string }[]; size: number }];
  files = packed.files.map(({ path }) => path);
  sizeBytes = packed.size;
});

test.each([
  'bin/lethe.js',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/cli/main.js',
  'dist/native/libtorch.js',
  // The beginnings of threads, which are found by name.
  'dist/clones/corpus/worker.js',
  'dist/clones/search/scan-worker.js',
  'dist/clones/spans/span-worker.js',
  'dist/model/chat/render-worker.js',
  'CMakeLists.txt',
  'native/preload/preload.cc',
  'native/binding/addon.cc',
  'scripts/native/build.mjs',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
])('%s ships', (file) => {
  expect(files).toContain(file);
});

test('neither tests nor builds nor libtorch ship', () => {
  const strays =
    /^(test|build|build-asan|bench|examples|node_modules)\/|^dist\/\.|\.(so|dylib)(\.|$)|libtorch_cpu|\.stamp$/;
  expect(files.filter((file) => strays.test(file))).toEqual([]);
  expect(sizeBytes).toBeLessThan(MAX_PACKED_BYTES);
});
