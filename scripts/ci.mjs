// Runs `npm test` and ends with one line, `N passed, N failed`, counted by vitest itself. Fails if anything did:
// set-up, lint, types, a test, or that no test ran. Imports nothing that set-up installs.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const directory = mkdtempSync(join(tmpdir(), 'lethe-ci-'));
const results = join(directory, 'results.json');

// What follows `--` lands at the end of `npm test`, which is vitest: the usual report to read, and one to count.
const args = ['test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
const { status, error } = spawnSync('npm', args, { stdio: ['ignore', 'inherit', 'inherit'] });
if (error) process.stderr.write(`Could not run npm: ${error.message}.\n`);

let passed = 0;
let failed = 0;
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(results, 'utf8'));
  passed = numPassedTests;
  // A file that does not load holds no test that could fail.
  const unloaded = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  failed = numFailedTests + unloaded.length;
} catch {
  process.stderr.write('The tests did not run; what stopped them is above.\n');
}
rmSync(directory, { recursive: true, force: true });

const fine = status === 0 && failed === 0 && passed > 0;
// A step before the tests that failed counts as one failure, so that the line never reads like a success.
if (!fine && failed === 0) failed = 1;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = fine ? 0 : 1;
