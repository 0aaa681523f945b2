/** How the addon is built where this package lies: in a checkout, below a project's node_modules, or globally. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * The commands that build the addon of the package at `root`, one line for a shell. An installed package has not brought
 * what only its build needs, so that comes first, into the same node_modules.
 */
export function buildCommand(root: string): string {
  const build = `npm run --prefix ${quote(root)} build:native`;
  const modules = dirname(root);
  if (basename(modules) !== 'node_modules') return build;
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  const tools = ['cmake-js', 'node-addon-api']
    .map((name) => quote(`${name}@${devDependencies[name]}`))
    .join(' ');
  const project = dirname(modules);
  const where = existsSync(join(project, 'package.json')) ? `--prefix ${quote(project)}` : '--global';
  return `npm install ${where} --no-save ${tools} && ${build}`;
}

function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
