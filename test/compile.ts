/**
 * Bundles lib to `build-test/` once before the tests, as it ships, for those that run the command line as a process of
 * its own: it starts in a quarter of the time that it takes to translate TypeScript as it is loaded. Types are checked
 * elsewhere.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/bundle.mjs';

/** Modules of which a test makes a script of its own. */
const ENTRIES = ['files.ts', 'data/outputs/claim.ts', 'data/outputs/run-recorder.ts'];

export default function compile(): void {
  const outdir = fileURLToPath(new URL('../build-test', import.meta.url));
  for (const { path, text } of bundle(outdir, ENTRIES).files) if (!holds(path, text)) write(path, text);
}

/** Files that are as they should be stay: another run of the tests may be reading them. */
function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false;
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
