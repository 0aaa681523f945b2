/**
 * Loads the addon: finds the binary and a libtorch that fits it, opens libtorch by absolute path, then requires the
 * binary. No LD_LIBRARY_PATH, no path inside the binary; each thread that asks gets the addon's instance for it.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type LetheError, NativeError } from '../errors.js';
import { PACKAGE } from '../package.js';
import { buildCommand } from './build-command.js';
import type { NativeAddon } from './contract.js';
import { findLibtorch, type Libtorch, libraryName } from './libtorch.js';

/** What was loaded, for `lethe doctor` and run manifests. */
export interface LoadedAddon {
  readonly addon: NativeAddon;
  readonly path: string;
  readonly libtorch: Libtorch;
  /** Why CUDA is out of reach although libtorch has it; undefined when it is loaded, or was never there. */
  readonly cudaProblem: string | undefined;
}

interface PreloadAddon {
  readonly builtAgainst: string;
  /** dlopen, for the whole process. */
  open(path: string): void;
}

const require = createRequire(import.meta.url);

let loaded: LoadedAddon | undefined;

/**
 * The addon, loaded on the first call of each thread.
 *
 * @throws NativeError `ERR_NATIVE_NOT_BUILT`, `ERR_LIBTORCH_NOT_FOUND`, `ERR_LIBTORCH_VERSION`, or `ERR_NATIVE` if a
 * library does not load.
 */
export function loadAddon(): NativeAddon {
  return loadAddonDetails().addon;
}

/** {@link loadAddon}, with what was found on the way. */
export function loadAddonDetails(): LoadedAddon {
  loaded ??= load();
  return loaded;
}

/** The binaries on this machine and the libtorch release that they were built against. */
export function findAddon(): { path: string; builtAgainst: string } {
  const { path, preload } = resolveAddon();
  return { path, builtAgainst: preload.builtAgainst };
}

function load(): LoadedAddon {
  const { path, preload } = resolveAddon();
  const libtorch = findLibtorch({ version: preload.builtAgainst });
  openLibtorch(preload, libtorch);
  const cudaProblem = libtorch.cuda ? openCuda(preload, libtorch) : undefined;
  try {
    return { addon: require(path) as NativeAddon, path, libtorch, cudaProblem };
  } catch (error) {
    throw loadError(`Could not load the addon ${path}`, error, libtorch);
  }
}

function resolveAddon(): { path: string; preload: PreloadAddon } {
  const remedy = `Run \`${buildCommand(PACKAGE)}\` (it needs a C++20 compiler and CMake), or install a release with a prebuilt binary for this platform.`;
  const gypBuild = require('node-gyp-build') as { resolve(directory: string): string };
  let path: string;
  try {
    path = gypBuild.resolve(PACKAGE);
  } catch (error) {
    throw new NativeError(
      'ERR_NATIVE_NOT_BUILT',
      `Could not find Lethe's native addon for ${process.platform}-${process.arch} and Node ${process.versions.node} in ${PACKAGE}.`,
      { remedy, cause: error },
    );
  }
  const preloadPath = join(dirname(path), 'preload', 'lethe_preload.node');
  try {
    return { path, preload: require(preloadPath) as PreloadAddon };
  } catch (error) {
    throw new NativeError('ERR_NATIVE_NOT_BUILT', `Could not load ${preloadPath}: ${messageOf(error)}.`, {
      remedy,
      cause: error,
    });
  }
}

/** Dependencies first: a library opened by absolute path answers later needs for its name. */
function openLibtorch(preload: PreloadAddon, libtorch: Libtorch): void {
  // OpenMP reads this when it is loaded. Its default, spinning while others compute, is fast on an idle machine only:
  // beside two busy processes on two cores a training step took four times as long.
  process.env.OMP_WAIT_POLICY ??= 'PASSIVE';
  const openmp = ['libgomp.so.1', 'libomp.dylib', 'libiomp5.dylib']
    .map((name) => join(libtorch.libDir, name))
    .filter((path) => existsSync(path));
  const libraries = ['c10', 'torch_cpu'].map((name) => join(libtorch.libDir, libraryName(name)));
  for (const path of [...openmp, ...libraries]) {
    try {
      preload.open(path);
    } catch (error) {
      throw loadError('Could not load libtorch', error, libtorch);
    }
  }
}

/** Opens the CUDA half where there is a driver; without one libtorch runs on the CPU, and the reason is kept. */
function openCuda(preload: PreloadAddon, libtorch: Libtorch): string | undefined {
  try {
    preload.open('libcuda.so.1');
  } catch {
    return 'there is no NVIDIA driver (libcuda.so.1) on this machine';
  }
  try {
    for (const name of ['c10_cuda', 'torch_cuda']) preload.open(join(libtorch.libDir, libraryName(name)));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function loadError(what: string, error: unknown, libtorch: Libtorch): LetheError {
  return new NativeError(
    'ERR_NATIVE',
    `${what}: ${messageOf(error)} (libtorch ${libtorch.version} from ${libtorch.source}, ${libtorch.root}).`,
    {
      remedy:
        libtorch.source === 'managed copy'
          ? 'Run `lethe libtorch install --force`, then `lethe doctor`.'
          : 'Run `lethe doctor`; `lethe libtorch install` provides a libtorch that fits (unset LETHE_LIBTORCH to use it).',
      cause: error,
    },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
