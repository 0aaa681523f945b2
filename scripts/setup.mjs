// Brings a checkout into working order: dependencies, compiled TypeScript, libtorch, native addon. Each step is
// skipped when nothing changed, so `npm test` and `npm run demo` start with it. Imports nothing that it installs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

async function main() {
  requireNode();
  await step('dependencies', installDependencies);
  await step('TypeScript', compileTypeScript);
  await step('libtorch', provisionLibtorch);
  await step('native addon', buildAddon);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 17)) {
    throw new Error(`Lethe needs Node 20.17 or newer, and this is Node ${process.versions.node}.`);
  }
}

/** `npm ci` unless the lock file that npm left in node_modules is as new as ours. */
function installDependencies() {
  const installed = 'node_modules/.package-lock.json';
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs)
    return 'up to date';
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  return 'installed';
}

/** dist, when a source is not the one that was compiled last: checked by content, a checkout changes dates at will. */
function compileTypeScript() {
  const hash = createHash('sha256');
  for (const file of [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
    ...sourcesUnder('lib'),
  ].sort()) {
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  }
  const digest = hash.digest('hex');
  const stamp = 'dist/.stamp';
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return 'up to date';
  npm(['run', '--silent', 'build']);
  mkdirSync('dist', { recursive: true });
  writeFileSync(stamp, digest);
  return 'compiled';
}

async function provisionLibtorch() {
  const { findLibtorch } = await import('../dist/native/libtorch.js');
  const describe = ({ version, variant, source }) => `${version} (${variant}), ${source}`;
  try {
    return describe(findLibtorch());
  } catch (error) {
    // A LETHE_LIBTORCH that is set wrongly is the user's to mend; everything else a managed copy mends.
    if (process.env.LETHE_LIBTORCH) throw error;
  }
  run(process.execPath, ['bin/lethe.js', 'libtorch', 'install'], ['ignore', 'ignore', 'inherit']);
  return describe(findLibtorch());
}

async function buildAddon() {
  const { buildNative } = await import('./native/build.mjs');
  return (await buildNative({ quiet: true })) ? 'built' : 'up to date';
}

async function step(name, work) {
  const start = performance.now();
  const outcome = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stderr.write(`setup: ${name}: ${outcome} (${seconds} s)\n`);
}

function npm(args) {
  // Inside an npm script this is the npm that runs us; on its own, the one on PATH.
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('.js')) run(process.execPath, [cli, ...args]);
  else run('npm', args);
}

function run(command, args, stdio = ['ignore', 'inherit', 'inherit']) {
  const { status, error } = spawnSync(command, args, { stdio });
  if (error) throw new Error(`Could not run ${command}: ${error.message}.`);
  if (status !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` failed; it says why above.`);
}

function sourcesUnder(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? sourcesUnder(path) : [path];
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`setup: ${error.message}${error.remedy ? ` ${error.remedy}` : ''}\n`);
  process.exitCode = 1;
}
