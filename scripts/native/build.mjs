// Builds the native addon into build/ with cmake-js, against the libtorch that Lethe finds. A digest of everything
// that the result depends on is kept beside it: nothing changed, nothing built.
//
//   node scripts/native/build.mjs [--force] [--asan]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

/** A variant's build directory, and where node-gyp-build would look for the result (`<directory>/build/Release`). */
const VARIANTS = {
  release: { out: 'build', options: [] },
  asan: { out: 'build-asan/build', options: ['--CDLETHE_ASAN=ON'] },
};

/** Builds if need be, or from clean with `force`; returns whether it did. `quiet` keeps the compiler's output back unless it fails. */
export async function buildNative({ force = false, asan = false, quiet = false } = {}) {
  requireTools();
  const { out, options } = asan ? VARIANTS.asan : VARIANTS.release;
  const libtorch = await findLibtorch();
  const stamp = join(root, out, 'lethe.stamp');
  const digest = digestInputs(libtorch, options);
  const binary = join(root, out, 'Release', 'lethe.node');
  if (!force && existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest)
    return false;

  // A CMake cache remembers the libtorch of its first run, and objects do not know that its headers changed.
  if (force || !existsSync(stamp) || libtorchOf(readFileSync(stamp, 'utf8')) !== libtorchOf(digest)) {
    rmSync(join(root, out), { recursive: true, force: true });
  }
  mkdirSync(join(root, out), { recursive: true });
  rmSync(stamp, { force: true });
  const cmakeJs = findCmakeJs();
  const args = ['build', '--out', join(root, out), '--parallel', String(availableParallelism())];
  const result = spawnSync(
    process.execPath,
    [cmakeJs, ...args, `--CDLETHE_TORCH=${libtorch.root}`, ...options],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      maxBuffer: 1 << 28,
    },
  );
  if (result.status !== 0) {
    if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
    throw new Error('The native build failed; the compiler says why above.');
  }
  writeFileSync(stamp, digest);
  return true;
}

/** One sentence for a missing compiler or CMake, before CMake says it in forty lines. */
export function requireTools() {
  const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  if (!works('cmake', ['--version'])) {
    throw new Error('Could not find CMake on PATH; install CMake 3.18 or newer (e.g. `apt install cmake`).');
  }
  const compiler = [process.env.CXX, 'c++', 'g++', 'clang++'].find(
    (name) => name && works(name, ['--version']),
  );
  if (!compiler) {
    throw new Error(
      'Could not find a C++ compiler on PATH; install GCC 11 or Clang 14 or newer (e.g. `apt install g++`).',
    );
  }
  const probe = spawnSync(compiler, ['-std=c++20', '-fsyntax-only', '-x', 'c++', '-'], {
    input:
      '#include <concepts>\ntemplate <std::integral T> T twice(T x) { return 2 * x; }\nint main() { return twice(0); }\n',
    encoding: 'utf8',
  });
  if (probe.status !== 0) {
    throw new Error(
      `The C++ compiler "${compiler}" does not compile C++20; install GCC 11 or Clang 14 or newer.`,
    );
  }
}

function findCmakeJs() {
  try {
    return join(dirname(require.resolve('cmake-js/package.json')), 'bin', 'cmake-js');
  } catch {
    throw new Error(
      'Could not find cmake-js beside the package; `lethe doctor` says how to build the addon.',
    );
  }
}

async function findLibtorch() {
  const module = join(root, 'dist', 'native', 'libtorch.js');
  if (!existsSync(module)) throw new Error('Could not look for libtorch: run `npm run build` first.');
  return (await import(pathToFileURL(module).href)).findLibtorch();
}

/** `<libtorch and options>\n<sources>`: what forces a build from clean, and what forces a build. */
function digestInputs(libtorch, options) {
  const fixed = createHash('sha256');
  for (const value of [libtorch.root, libtorch.version, libtorch.variant, ...options])
    fixed.update(`${value}\0`);
  fixed.update(`${process.arch}\0${process.versions.modules}`);
  const sources = createHash('sha256');
  for (const file of ['CMakeLists.txt', ...filesUnder('native')].sort()) {
    sources
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  sources.update(readFileSync(require.resolve('node-addon-api/package.json')));
  return `${fixed.digest('hex')}\n${sources.digest('hex')}\n`;
}

function libtorchOf(digest) {
  return digest.split('\n')[0];
}

function filesUnder(directory) {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(path);
    return /\.(cc|h)$/.test(entry.name) ? [path] : [];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const has = (flag) => process.argv.includes(flag);
  try {
    const built = await buildNative({ force: has('--force'), asan: has('--asan') });
    process.stderr.write(built ? 'The native addon is built.\n' : 'The native addon is up to date.\n');
  } catch (error) {
    process.stderr.write(`${error.message}${error.remedy ? ` ${error.remedy}` : ''}\n`);
    process.exitCode = 1;
  }
}
