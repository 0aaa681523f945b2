/** The options of every command that reads directories of source files: what of them is taken. */
import type { Command } from 'commander';
import { readCorpusManifest } from '../data/corpus/manifest.js';
import { MAX_SINGLE_FILE_BYTES } from '../data/trees/source-tree.js';
import {
  DEFAULT_TREE_FILE_BYTES,
  MAX_TREE_FILE_BYTES,
  type TreeOptions,
} from '../data/trees/tree-options.js';
import { InputError } from '../errors.js';
import { isDirectory } from '../files.js';
import { integerOption } from './options.js';

export interface TreeFlags {
  readonly hidden?: boolean;
  readonly maxFileBytes?: number;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

export interface TreeDefaults {
  readonly hidden: boolean;
  readonly maxFileBytes: number;
}

/** For what is read as text to learn from: hidden files are settings, large ones data. */
export const TEXT_DEFAULTS: TreeDefaults = { hidden: false, maxFileBytes: DEFAULT_TREE_FILE_BYTES };

/** For what is searched for secrets: keys lie in .env and in large dumps as well, so whatever can be read is looked at. */
export const SCAN_DEFAULTS: TreeDefaults = { hidden: true, maxFileBytes: MAX_SINGLE_FILE_BYTES };

/** Adds `--hidden --max-file-bytes --include --exclude`. */
export function addTreeOptions(
  command: Command,
  { hidden, maxFileBytes }: TreeDefaults = TEXT_DEFAULTS,
): Command {
  command.option(
    '--hidden',
    `of directories, also files and folders that begin with a dot${hidden ? ' (default)' : ''}`,
  );
  if (hidden) command.option('--no-hidden', 'leave out files and folders that begin with a dot');
  const more = (pattern: string, patterns: readonly string[] = []) => [...patterns, pattern];
  return command
    .addOption(
      integerOption(
        '--max-file-bytes <n>',
        `of directories, leave out larger files (default: ${maxFileBytes})`,
        {
          min: 1,
          max: MAX_TREE_FILE_BYTES,
        },
      ),
    )
    .option(
      '--include <pattern>',
      'of directories, only what matches, as in .gitignore; may be given again',
      more,
    )
    .option(
      '--exclude <pattern>',
      'of directories, leave out what matches, as in .gitignore; may be given again',
      more,
    );
}

/**
 * The options as the library takes them.
 *
 * @param inputs what the command reads: with no directory among them, the options would be without effect
 * @throws InputError `ERR_INVALID_OPTION`
 */
export async function treeOptions(
  { hidden, maxFileBytes, include, exclude }: TreeFlags,
  inputs: readonly string[],
  defaults: TreeDefaults = TEXT_DEFAULTS,
): Promise<TreeOptions> {
  const given = {
    '--hidden': hidden,
    '--max-file-bytes': maxFileBytes,
    '--include': include,
    '--exclude': exclude,
  };
  const flag = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (flag !== undefined && !(await someDirectory(inputs)))
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a directory of files among the inputs, since ${flag === '--hidden' && hidden === false ? '--no-hidden' : flag} is about directories, but received ${inputs.join(', ')}.`,
    );
  return {
    hidden: hidden ?? defaults.hidden,
    maxFileBytes: maxFileBytes ?? defaults.maxFileBytes,
    include,
    exclude,
  };
}

async function someDirectory(paths: readonly string[]): Promise<boolean> {
  for (const path of paths)
    if ((await isDirectory(path)) && (await readCorpusManifest(path)) === undefined) return true;
  return false;
}
