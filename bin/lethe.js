#!/usr/bin/env node
// The command `lethe`. Everything it does is in lib/cli; this file only says so clearly when lib is not compiled.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'Could not start lethe: it has not been compiled yet. Run `npm run setup` in its directory.\n',
  );
  process.exitCode = 1;
}
