/** What the command line loads before it does anything: time that every call waits for. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../build-test/cli/main.js', import.meta.url));

/** A loader that prints the address of every module that is not Node's own. */
const LIST_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`
    import { writeSync } from 'node:fs';
    export async function load(url, context, next) {
      if (url.startsWith('file:')) writeSync(2, url + '\\\\n');
      return next(url, context);
    }\`));
`)}`;

test.each(['--help', '--version'])(
  '%s loads commander and the table of commands, no schemas, no scanner',
  async (flag) => {
    const { stderr } = await promisify(execFile)(process.execPath, ['--import', LIST_MODULES, MAIN, flag]);
    const modules = stderr.trim().split('\n');
    const packages = modules.flatMap((url) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(url) ?? []);
    expect(new Set(packages)).toEqual(new Set(['node_modules/commander']));
    expect(modules.length).toBeLessThan(15);
  },
);
