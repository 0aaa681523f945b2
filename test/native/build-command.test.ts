import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildCommand } from '../../lib/native/build-command.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lethe-build-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function install(below: string): string {
  const root = join(directory, below, 'lethe');
  mkdirSync(root, { recursive: true });
  const devDependencies = { 'cmake-js': '^8.0.0', 'node-addon-api': '^8.9.2', vitest: '^4' };
  writeFileSync(join(root, 'package.json'), JSON.stringify({ devDependencies }));
  return root;
}

test('a checkout has what the build needs', () => {
  const root = install('src');
  expect(buildCommand(root)).toBe(`npm run --prefix ${root} build:native`);
});

test('a project gets it beside the package, and keeps its package.json', () => {
  const root = install('app/node_modules');
  writeFileSync(join(directory, 'app/package.json'), '{}');
  expect(buildCommand(root)).toBe(
    `npm install --prefix ${join(directory, 'app')} --no-save 'cmake-js@^8.0.0' 'node-addon-api@^8.9.2' && npm run --prefix ${root} build:native`,
  );
});

test('so does a global installation', () => {
  expect(buildCommand(install('lib/node_modules'))).toContain('npm install --global --no-save ');
});

test('a path with spaces and quotes is one word of the shell', () => {
  const root = install("it's my/src");
  expect(buildCommand(root)).toBe(`npm run --prefix '${root.replace("'", "'\\''")}' build:native`);
});
