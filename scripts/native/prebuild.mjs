// Makes prebuilds/<platform>-<arch>/: the addon, named for node-gyp-build, and the preload addon in a folder of its
// own beside it. libtorch stays out: it is 480 MB, found or installed on the user's machine.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const prebuildify = join(
  dirname(createRequire(import.meta.url).resolve('prebuildify/package.json')),
  'bin.js',
);
const place = join(root, 'prebuilds', `${process.platform}-${process.arch}`);

rmSync(place, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [
    prebuildify,
    '--napi',
    '--strip',
    // The binary names the C library that it needs: there is no libtorch for musl.
    ...(process.platform === 'linux' ? ['--tag-libc'] : []),
    `--node-gyp=${fileURLToPath(new URL('node-gyp-shim.mjs', import.meta.url))}`,
    `--target=${process.versions.node}`,
  ],
  { cwd: root, stdio: 'inherit' },
);
if (status === 0) {
  mkdirSync(join(place, 'preload'), { recursive: true });
  cpSync(join(root, 'build/Release/preload/lethe_preload.node'), join(place, 'preload/lethe_preload.node'));
  // prebuildify moved lethe.node away, so the build in build/ is no longer one.
  rmSync(join(root, 'build/lethe.stamp'), { force: true });
  const strays = readdirSync(place).filter((name) => name !== 'preload' && !name.endsWith('.node'));
  if (strays.length > 0) {
    process.stderr.write(`Expected only the addons in ${place} but found ${strays.join(', ')}.\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write('prebuildify failed; it says why above.\n');
  process.exitCode = 1;
}
