import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { libraryName } from '../../lib/native/libtorch.js';
import { findAddon, loadAddon, loadAddonDetails } from '../../lib/native/load.js';
import { runFresh } from './fresh-process.js';

const LOAD = `
  const { loadAddonDetails } = await import('./lib/native/load.ts');
  const { addon, libtorch } = loadAddonDetails();
  return { runtime: addon.runtime(), root: libtorch.root, opened: process.report.getReport().sharedObjects };`;

interface Loaded {
  readonly runtime: { readonly torchVersion: string };
  readonly root: string;
  readonly opened: readonly string[];
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lethe-load-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the addon loads once, against the libtorch that it was built for', () => {
  const addon = loadAddon();
  expect(loadAddon()).toBe(addon);
  const { libtorch, path } = loadAddonDetails();
  expect(addon.builtAgainst).toBe(findAddon().builtAgainst);
  expect(path).toBe(findAddon().path);
  expect(addon.runtime().torchVersion.split('.').slice(0, 2)).toEqual(
    libtorch.version.split('.').slice(0, 2),
  );
});

test('libtorch may lie anywhere: no path in the binary, no LD_LIBRARY_PATH', () => {
  const { libtorch } = loadAddonDetails();
  // What is opened by this name is reported by this name.
  const elsewhere = join(directory, 'torch');
  mkdirSync(join(elsewhere, 'lib'), { recursive: true });
  for (const name of readdirSync(libtorch.libDir))
    symlinkSync(join(libtorch.libDir, name), join(elsewhere, 'lib', name));
  symlinkSync(libtorch.includeDir, join(elsewhere, 'include'));
  // Its own dependencies are found relative to where it seems to lie.
  symlinkSync(join(libtorch.root, '..', 'nvidia'), join(directory, 'nvidia'));
  const loaded = runFresh(LOAD, { LETHE_LIBTORCH: elsewhere, LD_LIBRARY_PATH: '' }) as Loaded;
  expect(loaded.root).toBe(elsewhere);
  expect(loaded.runtime.torchVersion).toBe(loadAddon().runtime().torchVersion);
  expect(loaded.opened).toContain(join(elsewhere, 'lib', libraryName('torch_cpu')));
  expect(loaded.opened).not.toContain(join(libtorch.libDir, libraryName('torch_cpu')));
});

test('worker threads load it too, one after another and at once', () => {
  const result = runFresh(`
    const { Worker } = await import('node:worker_threads');
    // Inherits --input-type=module from the command line, but not what --import registered.
    const code = \`
      import { parentPort } from 'node:worker_threads';
      import { register } from 'tsx/esm/api';
      register();
      const { loadAddon } = await import('./lib/native/load.ts');
      parentPort.postMessage(loadAddon().runtime().torchVersion);\`;
    const run = () => new Promise((resolve, reject) => {
      const worker = new Worker(code, { eval: true });
      let version;
      worker.on('message', (value) => { version = value; });
      worker.on('error', reject);
      worker.on('exit', (status) => resolve([version, status]));
    });
    const first = await run();
    const { loadAddon } = await import('./lib/native/load.ts');
    return [first, ...(await Promise.all([run(), run()])), [loadAddon().runtime().torchVersion, 0]];`);
  const { torchVersion } = loadAddon().runtime();
  expect(result).toEqual(Array.from({ length: 4 }, () => [torchVersion, 0]));
});

describe('failure is one sentence with a remedy', () => {
  function fakeLibtorch(version: string): string {
    mkdirSync(join(directory, 'lib'), { recursive: true });
    for (const name of ['c10', 'torch_cpu'])
      writeFileSync(join(directory, 'lib', libraryName(name)), 'not a library');
    writeFileSync(join(directory, 'build-version'), `${version}\n`);
    return directory;
  }

  test.each<[string, () => NodeJS.ProcessEnv, object]>([
    [
      'no addon',
      () => ({ LETHE_PREBUILD: directory }),
      {
        code: 'ERR_NATIVE_NOT_BUILT',
        message: expect.stringMatching(/^Could not find Lethe's native addon for .*\.$/),
        remedy: expect.stringMatching(/^Run `npm run --prefix \S+ build:native` /),
      },
    ],
    [
      'no libtorch where LETHE_LIBTORCH points',
      () => ({ LETHE_LIBTORCH: join(directory, 'none') }),
      { code: 'ERR_LIBTORCH_NOT_FOUND', message: expect.stringContaining('LETHE_LIBTORCH') },
    ],
    [
      'no libtorch at all',
      () => ({ LETHE_LIBTORCH: '', LETHE_CACHE: directory, PATH: '' }),
      { code: 'ERR_LIBTORCH_NOT_FOUND', remedy: expect.stringContaining('lethe libtorch install') },
    ],
    [
      'another release, found out before it is opened',
      () => ({ LETHE_LIBTORCH: fakeLibtorch('2.9.1') }),
      {
        code: 'ERR_LIBTORCH_VERSION',
        message: expect.stringMatching(
          /^Found libtorch 2\.9\.1 in .*, but the addon was built against libtorch .*\.$/,
        ),
      },
    ],
    [
      'a damaged library, named',
      () => ({ LETHE_LIBTORCH: fakeLibtorch(findAddon().builtAgainst) }),
      {
        code: 'ERR_NATIVE',
        message: expect.stringMatching(
          /^Could not load libtorch: .*libc10.*\(libtorch .* from LETHE_LIBTORCH, .*\)\.$/,
        ),
        remedy: expect.stringContaining('lethe doctor'),
      },
    ],
  ])('%s', (_what, env, error) => {
    expect(runFresh(LOAD, env())).toEqual({
      error: expect.objectContaining({ name: 'NativeError', ...error }),
    });
  });
});
