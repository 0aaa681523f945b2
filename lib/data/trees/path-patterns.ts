/** Which files of a tree are asked for: patterns as in .gitignore, by the library that reads them as git does. */
import { InputError } from '../../errors.js';

export interface PathPatterns {
  /** Only files that match one of these, or that lie in a directory that does. Default: all. */
  readonly include?: readonly string[] | undefined;
  /** Neither files nor directories that match one of these; a later `!pattern` takes back what an earlier one took away. */
  readonly exclude?: readonly string[] | undefined;
}

export interface PathMatcher {
  /** @param name within the tree, with `/`; of a directory with `/` at the end */
  excludes(name: string): boolean;
  includes(name: string): boolean;
}

/** @throws InputError `ERR_INVALID_OPTION` for what is no pattern */
export async function matchPaths({ include = [], exclude = [] }: PathPatterns): Promise<PathMatcher> {
  for (const pattern of [...include, ...exclude]) refuseNonPattern(pattern);
  if (include.length + exclude.length === 0) return { excludes: () => false, includes: () => true };
  const { default: ignore } = await import('ignore');
  // As git on Linux: names that differ in case are different names.
  const compile = (patterns: readonly string[]) => ignore({ ignorecase: false }).add([...patterns]);
  const [excluded, included] = [compile(exclude), compile(include)];
  return {
    excludes: (name) => excluded.ignores(name),
    includes: (name) => include.length === 0 || included.ignores(name),
  };
}

/** Git passes over empty lines, comments and what ends with an unfinished escape: here they would be without effect. */
function refuseNonPattern(pattern: string): void {
  const backslashes = /\\*$/.exec(pattern)![0].length;
  if (pattern.trim() !== '' && !pattern.startsWith('#') && !/[\r\n]/.test(pattern) && backslashes % 2 === 0)
    return;
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected a pattern as in .gitignore for --include or --exclude but received ${JSON.stringify(pattern)}.`,
    { remedy: 'Write \\# for a name that begins with #.' },
  );
}
