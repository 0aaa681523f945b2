import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  findLibtorch,
  fits,
  inspectLibtorch,
  libraryName,
  managedDirectory,
} from '../../lib/native/libtorch.js';

let directory: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lethe-libtorch-'));
  // No PATH: whatever Python this machine has is not this test's.
  env = { HOME: directory, LETHE_CACHE: join(directory, 'cache'), PATH: join(directory, 'bin') };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Fake {
  readonly header?: string;
  readonly buildVersion?: string;
  readonly versionPy?: string;
  readonly cuda?: boolean;
}

function fake(path: string, { header, buildVersion, versionPy, cuda }: Fake): string {
  const root = join(directory, path);
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  put(`lib/${libraryName('torch_cpu')}`, '');
  put('include/ATen/ATen.h', '');
  if (cuda) put(`lib/${libraryName('torch_cuda')}`, '');
  if (buildVersion) put('build-version', `${buildVersion}\n`);
  if (versionPy)
    put('version.py', `from typing import Optional\n__version__ = '${versionPy}'\ndebug = False\n`);
  if (header) {
    const [major, minor, patch] = header.split('.');
    put(
      'include/torch/headeronly/version.h',
      `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`,
    );
  }
  return root;
}

/** A `python3` that answers with the place of a torch package. */
function fakePython(torch: string | undefined): void {
  const bin = join(directory, 'bin');
  mkdirSync(bin, { recursive: true });
  const answer = torch === undefined ? '' : join(torch, '__init__.py');
  writeFileSync(join(bin, 'python3'), `#!/bin/sh\nprintf '%s' '${answer}'\n`);
  chmodSync(join(bin, 'python3'), 0o755);
  env.PATH = `${bin}${delimiter}/bin${delimiter}/usr/bin`;
}

describe('LETHE_LIBTORCH', () => {
  test.each([
    ['libtorch itself', '', {}],
    ['a folder that holds a wheel', 'torch', {}],
    ['a folder that holds an archive', 'libtorch', {}],
  ])('may be %s', (_what, inner) => {
    const root = fake(join('mine', inner), { header: '2.13.0', versionPy: '2.13.0+cu130' });
    env.LETHE_LIBTORCH = join(directory, 'mine');
    expect(findLibtorch({ env })).toEqual({
      root,
      libDir: join(root, 'lib'),
      includeDir: join(root, 'include'),
      version: '2.13.0',
      // The wheel's CUDA libraries are not there.
      variant: 'cpu',
      source: 'LETHE_LIBTORCH',
      cuda: false,
    });
  });

  test('set to nothing useful is an error, whatever else there is', () => {
    fake('cache/libtorch/2.13.0-cpu/torch', { header: '2.13.0' });
    env.LETHE_LIBTORCH = join(directory, 'nowhere');
    expect(() => findLibtorch({ env })).toThrow(
      expect.objectContaining({
        code: 'ERR_LIBTORCH_NOT_FOUND',
        message: expect.stringMatching(/in LETHE_LIBTORCH, ".*nowhere", but did not find it\.$/),
        remedy: expect.stringContaining('unset it'),
      }),
    );
  });

  test('of another release is an error that names both', () => {
    const root = fake('mine', { header: '2.9.1' });
    env.LETHE_LIBTORCH = root;
    expect(() => findLibtorch({ env, version: '2.13.0' })).toThrow(
      expect.objectContaining({
        code: 'ERR_LIBTORCH_VERSION',
        message: `Found libtorch 2.9.1 in ${root} (LETHE_LIBTORCH), but the addon was built against libtorch 2.13.0.`,
        remedy: expect.stringContaining('lethe libtorch install'),
      }),
    );
  });
});

describe('the version', () => {
  test.each<[string, Fake, string, string]>([
    ['the headers', { header: '2.8.0' }, '2.8.0', 'cpu'],
    ['an archive', { buildVersion: '2.7.1+cu118', cuda: true }, '2.7.1', 'cu118'],
    ['a wheel', { versionPy: '2.13.0+cu130', cuda: true }, '2.13.0', 'cu130'],
    ['a wheel without tag', { versionPy: '2.13.0', cuda: true }, '2.13.0', 'unknown'],
  ])('is read from %s', (_what, contents, version, variant) => {
    expect(inspectLibtorch(fake('x', contents), 'managed copy')).toMatchObject({ version, variant });
  });

  test('nowhere to be read: not libtorch', () => {
    expect(inspectLibtorch(fake('x', {}), 'managed copy')).toBeUndefined();
  });

  test.each([
    ['2.13.0', '2.13.1', true],
    ['2.13.0', '2.1.0', false],
    ['2.7.1', undefined, true],
    ['2.7.0', undefined, false],
    ['2.13.4', undefined, true],
    ['2.14.0', undefined, false],
  ])('%s fits %s: %s', (version, wanted, expected) => {
    expect(fits(version, wanted)).toBe(expected);
  });
});

describe('the managed copy', () => {
  test('is preferred to Python, the default release to others, CUDA to the CPU', () => {
    fakePython(fake('site-packages/torch', { versionPy: '2.13.0' }));
    const old = fake('cache/libtorch/2.7.1-cu118/libtorch', { buildVersion: '2.7.1+cu118', cuda: true });
    expect(findLibtorch({ env }).root).toBe(old);
    const cpu = fake('cache/libtorch/2.13.0-cpu/torch', { header: '2.13.0' });
    expect(findLibtorch({ env })).toMatchObject({ root: cpu, source: 'managed copy' });
    const cuda = fake('cache/libtorch/2.13.0-cu130/torch', { versionPy: '2.13.0+cu130', cuda: true });
    expect(findLibtorch({ env })).toMatchObject({ root: cuda, cuda: true });
    expect(findLibtorch({ env, version: '2.7.1' }).root).toBe(old);
  });

  test('in the making is not found', () => {
    fake('cache/libtorch/.making-2.13.0-cpu-1-ab/torch', { header: '2.13.0' });
    expect(() => findLibtorch({ env })).toThrow(/Could not find libtorch/);
  });

  test.runIf(process.platform === 'linux')('lies where the environment says', () => {
    expect(managedDirectory({ HOME: '/h' })).toBe('/h/.cache/lethe/libtorch');
    expect(managedDirectory({ HOME: '/h', XDG_CACHE_HOME: '/x' })).toBe('/x/lethe/libtorch');
    expect(managedDirectory({ HOME: '/h', XDG_CACHE_HOME: '/x', LETHE_CACHE: '/c' })).toBe('/c/libtorch');
  });
});

describe('an installed Python torch', () => {
  test('is found by its origin', () => {
    const root = fake('site-packages/torch', { versionPy: '2.13.0+cpu' });
    fakePython(root);
    expect(findLibtorch({ env })).toMatchObject({ root, source: 'Python torch', version: '2.13.0' });
  });

  test('of another release is named', () => {
    fakePython(fake('site-packages/torch', { versionPy: '2.5.0' }));
    expect(() => findLibtorch({ env })).toThrow(
      expect.objectContaining({
        code: 'ERR_LIBTORCH_VERSION',
        message: expect.stringMatching(
          /^Found libtorch 2\.5\.0 in .* \(Python torch\), but Lethe compiles against/,
        ),
      }),
    );
  });
});

test('nothing anywhere: every place and the remedy', () => {
  expect(() => findLibtorch({ env })).toThrow(
    expect.objectContaining({
      code: 'ERR_LIBTORCH_NOT_FOUND',
      message: `Could not find libtorch: LETHE_LIBTORCH is not set, there is no managed copy in ${join(directory, 'cache', 'libtorch')}, and there is no Python that could have torch.`,
      remedy: expect.stringContaining('lethe libtorch install'),
    }),
  );
  fakePython(undefined);
  expect(() => findLibtorch({ env })).toThrow(/and python3 has no torch\.$/);
});
