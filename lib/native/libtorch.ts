/**
 * Where libtorch lies: `LETHE_LIBTORCH`, then the managed copy, then an installed Python torch. Nothing is loaded
 * here; `load.ts` opens what this finds, and `provision.ts` makes the managed copy.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { NativeError } from '../errors.js';

/** The release that is provisioned and built against unless something else is asked for. */
export const DEFAULT_VERSION = '2.13.0';

/** The sources compile against these releases and those between them (2.7.1: the last one with CUDA 11.8). */
const OLDEST = '2.7.1';
const NEWEST = '2.13';

/** A libtorch that was found on this machine. */
export interface Libtorch {
  /** The directory that holds `lib` and `include`. */
  readonly root: string;
  readonly libDir: string;
  readonly includeDir: string;
  /** Release without the build tag, e.g. `2.13.0`. */
  readonly version: string;
  /** Build tag, `cpu` or `cu130`; `unknown` where nothing in the directory tells. */
  readonly variant: string;
  readonly source: 'LETHE_LIBTORCH' | 'managed copy' | 'Python torch';
  /** CUDA kernels are there; whether they can be used depends on the driver. */
  readonly cuda: boolean;
}

export interface FindLibtorchOptions {
  /** Only a release with this major and minor number will do, e.g. `2.13.0` (default: any that the sources support). */
  readonly version?: string | undefined;
  /** Environment to read `LETHE_LIBTORCH`, `LETHE_CACHE`, `XDG_CACHE_HOME` and `PATH` from (default `process.env`). */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** File name of a shared library on this platform, e.g. `libc10.so`. */
export function libraryName(name: string): string {
  return `lib${name}.${process.platform === 'darwin' ? 'dylib' : 'so'}`;
}

/** Directory of managed copies, one folder `<version>-<variant>` each; `LETHE_CACHE` replaces its parent. */
export function managedDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.LETHE_CACHE) return resolve(env.LETHE_CACHE, 'libtorch');
  const home = env.HOME || homedir();
  const base =
    process.platform === 'darwin'
      ? join(home, 'Library', 'Caches')
      : env.XDG_CACHE_HOME || join(home, '.cache');
  return join(base, 'lethe', 'libtorch');
}

/**
 * Finds libtorch. If `LETHE_LIBTORCH` is set it is the only place looked at.
 *
 * @throws NativeError `ERR_LIBTORCH_NOT_FOUND` with every place looked at; `ERR_LIBTORCH_VERSION` if there is a
 * libtorch, but of a release that does not fit.
 */
export function findLibtorch(options: FindLibtorchOptions = {}): Libtorch {
  const env = options.env ?? process.env;
  const explicit = env.LETHE_LIBTORCH;
  if (explicit) return fromEnvironment(explicit, options.version);

  const managed = managedCopies(env);
  const fitting = managed.find((copy) => fits(copy.version, options.version));
  if (fitting) return fitting;

  const python = pythonTorch(env);
  if (python.found && fits(python.found.version, options.version)) return python.found;

  const misfit = managed[0] ?? python.found;
  if (misfit) throw versionError(misfit, options.version);
  throw new NativeError(
    'ERR_LIBTORCH_NOT_FOUND',
    `Could not find libtorch: LETHE_LIBTORCH is not set, there is no managed copy in ${managedDirectory(env)}, and ${python.reason}.`,
    {
      remedy: 'Run `lethe libtorch install`, or set LETHE_LIBTORCH to a libtorch or Python torch directory.',
    },
  );
}

/** Whether two releases have the same major and minor number, or, without `wanted`, the sources support this one. */
export function fits(version: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return compare(version, OLDEST) >= 0 && compare(minorOf(version), NEWEST) <= 0;
  return minorOf(version) === minorOf(wanted);
}

/** Reads what lies in `directory` (libtorch itself, or a folder that holds it), undefined if that is not libtorch. */
export function inspectLibtorch(directory: string, source: Libtorch['source']): Libtorch | undefined {
  // A managed copy keeps the layout it was published in: wheels hold `torch`, archives hold `libtorch`.
  const root = [directory, join(directory, 'torch'), join(directory, 'libtorch')].find((candidate) =>
    existsSync(join(candidate, 'lib', libraryName('torch_cpu'))),
  );
  if (root === undefined) return undefined;
  const libDir = join(root, 'lib');
  const includeDir = join(root, 'include');
  const tagged = taggedVersion(root);
  const version = headerVersion(includeDir) ?? tagged?.split('+')[0];
  if (version === undefined) return undefined;
  const cuda = existsSync(join(libDir, libraryName('torch_cuda')));
  // The managed CPU copy may come from a CUDA wheel without its CUDA libraries, so the tag alone does not tell.
  const variant = cuda ? (tagged?.split('+')[1] ?? 'unknown') : 'cpu';
  return { root, libDir, includeDir, version, variant, source, cuda };
}

function fromEnvironment(directory: string, wanted: string | undefined): Libtorch {
  const found = inspectLibtorch(resolve(directory), 'LETHE_LIBTORCH');
  if (!found) {
    throw new NativeError(
      'ERR_LIBTORCH_NOT_FOUND',
      `Expected libtorch (lib/${libraryName('torch_cpu')} and a version in include, build-version or version.py) in LETHE_LIBTORCH, "${directory}", but did not find it.`,
      {
        remedy:
          'Set LETHE_LIBTORCH to a directory that holds libtorch, or unset it and run `lethe libtorch install`.',
      },
    );
  }
  if (!fits(found.version, wanted)) throw versionError(found, wanted);
  return found;
}

/** Managed copies, best first: the default release, then CUDA (someone asked for it), then the newest. */
function managedCopies(env: NodeJS.ProcessEnv): Libtorch[] {
  const directory = managedDirectory(env);
  let names: string[];
  try {
    // Dot names are copies in the making.
    names = readdirSync(directory).filter((name) => /^\d/.test(name));
  } catch {
    return [];
  }
  const rank = (copy: Libtorch) => (fits(copy.version, DEFAULT_VERSION) ? 2 : 0) + (copy.cuda ? 1 : 0);
  return names
    .map((name) => inspectLibtorch(join(directory, name), 'managed copy'))
    .filter((copy) => copy !== undefined)
    .sort((a, b) => rank(b) - rank(a) || compare(b.version, a.version) || (a.root < b.root ? -1 : 1));
}

/** Asks the Python on PATH where torch lies, without importing it. */
function pythonTorch(env: NodeJS.ProcessEnv): { found?: Libtorch; reason: string } {
  const code =
    'import importlib.util as u; s = u.find_spec("torch"); print(s.origin if s and s.origin else "", end="")';
  for (const python of ['python3', 'python']) {
    let origin: string;
    try {
      origin = execFileSync(python, ['-c', code], {
        encoding: 'utf8',
        env,
        // From a neutral place: Python would take a folder called torch in the working directory for the package.
        cwd: '/',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 20_000,
      });
    } catch {
      continue;
    }
    if (origin === '') return { reason: `${python} has no torch` };
    const found = inspectLibtorch(dirname(origin), 'Python torch');
    return found
      ? { found, reason: '' }
      : { reason: `the torch of ${python} has no ${libraryName('torch_cpu')}` };
  }
  return { reason: 'there is no Python that could have torch' };
}

function versionError(found: Libtorch, wanted: string | undefined): NativeError {
  const expected =
    wanted === undefined
      ? `Lethe compiles against libtorch ${OLDEST} to ${NEWEST}`
      : `the addon was built against libtorch ${wanted}`;
  const remedy =
    wanted === undefined || fits(wanted, DEFAULT_VERSION)
      ? 'Run `lethe libtorch install`'
      : `Provide libtorch ${minorOf(wanted)}`;
  return new NativeError(
    'ERR_LIBTORCH_VERSION',
    `Found libtorch ${found.version} in ${found.root} (${found.source}), but ${expected}.`,
    {
      remedy: `${found.source === 'LETHE_LIBTORCH' ? 'Unset LETHE_LIBTORCH or point it to a release that fits; otherwise: ' : ''}${remedy}, or build the addon against this one: \`lethe doctor\` says how.`,
    },
  );
}

function headerVersion(includeDir: string): string | undefined {
  for (const header of ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']) {
    const text = readText(join(includeDir, header));
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => new RegExp(`#define TORCH_VERSION_${part} (\\d+)`).exec(text ?? '')?.[1],
    );
    if (parts.every((part) => part !== undefined)) return parts.join('.');
  }
  return undefined;
}

/** `2.13.0+cu130` from an archive's build-version or a wheel's version.py. */
function taggedVersion(root: string): string | undefined {
  const archive = readText(join(root, 'build-version'))?.trim();
  if (archive && /^\d+\.\d+\.\d+/.test(archive)) return archive;
  const wheel = readText(join(root, 'version.py'));
  return /__version__\s*=\s*'([^']+)'/.exec(wheel ?? '')?.[1];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) =>
    version.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let i = 0; i < 3; i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
