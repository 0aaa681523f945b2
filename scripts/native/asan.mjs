// Runs the tests of the native layer and of models on an addon built with AddressSanitizer (in build-asan/, beside the
// normal build), and fails on any report. Linux and GCC or Clang.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative } from './build.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);

/** Node is not built with the sanitizer, so its runtime has to be in the process before everything else. */
function runtimePath() {
  const compiler = process.env.CXX ?? 'c++';
  for (const name of ['libasan.so', 'libclang_rt.asan.so', 'libclang_rt.asan-x86_64.so']) {
    const path = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout?.trim();
    // A library that it does not have is printed back as it was asked for.
    if (path && path !== name) return path;
  }
  throw new Error(
    `Could not find the AddressSanitizer runtime of "${compiler}"; install it (e.g. \`apt install libasan8\`).`,
  );
}

function run() {
  const logs = mkdtempSync(join(tmpdir(), 'lethe-asan-'));
  const options = {
    // V8 and libtorch keep things until the process ends; that is not a leak of ours, and LeakSanitizer cannot tell.
    detect_leaks: 0,
    // std::vector is ours and, uninstrumented, libtorch's: annotations made on one side only are false alarms.
    detect_container_overflow: 0,
    // The same inline function lives in several of libtorch's libraries.
    detect_odr_violation: 0,
    // Forked test processes would swallow what goes to stderr.
    log_path: join(logs, 'report'),
    // A report must fail the test that caused it too.
    halt_on_error: 1,
    abort_on_error: 0,
    exitcode: 99,
  };
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', 'test/native', 'test/model'],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        LD_PRELOAD: runtimePath(),
        ASAN_OPTIONS: Object.entries(options)
          .map(([key, value]) => `${key}=${value}`)
          .join(':'),
        // Where node-gyp-build looks for build/Release of the package `lethe`.
        LETHE_PREBUILD: join(root, 'build-asan'),
      },
    },
  );
  const reports = readdirSync(logs);
  for (const report of reports) process.stderr.write(`\n${readFileSync(join(logs, report), 'utf8')}`);
  rmSync(logs, { recursive: true });
  process.stderr.write(
    `AddressSanitizer: ${reports.length} reports; tests ${status === 0 ? 'passed' : 'failed'}.\n`,
  );
  return reports.length === 0 && status === 0;
}

try {
  await buildNative({ asan: true });
  process.exitCode = run() ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error.message}${error.remedy ? ` ${error.remedy}` : ''}\n`);
  process.exitCode = 1;
}
