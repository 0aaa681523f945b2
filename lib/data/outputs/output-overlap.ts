/** Whether an output would destroy, or change for the next run, what the same run reads. */
import { stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { fileError, InputError } from '../../errors.js';
import { followLinks, isDirectory } from '../../files.js';
import { sourceOf } from '../spooled-input.js';

export interface InputPlace {
  /** What the user calls it, e.g. `--input`. */
  readonly option: string;
  /** What is not there is left for its reader to complain about: a name on the hub, say. */
  readonly path: string;
  /** Of a directory only certain files are read, and an output beside them is none of these. */
  readonly byName?: boolean;
}

export interface OutputPlace {
  /** What the user calls it, e.g. `--output`. */
  readonly option: string;
  readonly path: string;
  readonly kind: 'file' | 'directory';
}

/**
 * Refuses an output that is an input or another output, that lies in a directory which is read whole, or that is a
 * directory in which an input lies. Links, hard links and other spellings of a path are seen through.
 *
 * @param kept beside the output while the run goes on: `.part`, `.state`
 * @throws InputError `ERR_INVALID_OPTION`
 */
export async function refuseOverlap(
  output: OutputPlace,
  kept: string,
  inputs: readonly InputPlace[],
  others: readonly OutputPlace[],
): Promise<void> {
  const target = await locate(output.path);
  const beside = await locate(target.path + kept);
  for (const input of await withBases(inputs)) {
    // stdin may be a file that was redirected.
    const read = await locate(sourceOf(input.path));
    // Directories above the output are made first: what is to be read there must not come to be by that.
    if (read.identity === undefined) {
      if (target.path.startsWith(`${read.path}${sep}`))
        throw fileError('read', input.path, { code: 'ENOENT' });
      continue;
    }
    if (isSame(target, read)) throw overlap(`${output.option} and ${input.option} to differ`, output, input);
    if (isSame(beside, read))
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected ${input.option} to be no file that the run itself keeps but ${input.path} is where unfinished work for ${output.path} goes.`,
        { remedy: 'Rename that file, or name another output.' },
      );
    if (read.isDirectory && input.byName !== true && isInside(target, read))
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected ${output.option} to lie outside ${input.option}, all of which is read, but ${output.path} lies in ${input.path}.`,
        { remedy: 'Name another output.' },
      );
    if (output.kind === 'directory' && isInside(read, target))
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected ${output.option} to be a directory without inputs of the run but ${input.path}, ${input.option}, lies in ${output.path}.`,
        { remedy: 'Name another output.' },
      );
  }
  for (const other of others)
    if (isSame(target, await locate(other.path)))
      throw overlap(`${output.option} and ${other.option} to differ`, output, other);
}

/** An adapter alone is read with its base; where that cannot be found, whoever reads it says so. */
async function withBases(inputs: readonly InputPlace[]): Promise<InputPlace[]> {
  const bases: InputPlace[] = [];
  for (const { option, path } of inputs) {
    if (!(await isDirectory(path))) continue;
    // Loaded where there may be a model only: with it comes all that is known of adapters.
    const { modelDirectories } = await import('../model-digest.js');
    for (const base of (await modelDirectories(path).catch(() => [])).slice(1))
      bases.push({ option: `the base of ${option}`, path: base });
  }
  return [...inputs, ...bases];
}

interface Located {
  /** Absolute, without links. */
  readonly path: string;
  /** Device and inode; undefined where there is nothing. */
  readonly identity: string | undefined;
  readonly isDirectory: boolean;
  /** Of the directories above it. */
  readonly above: readonly string[];
}

async function locate(given: string): Promise<Located> {
  // A path that cannot be followed is for those who open it to complain about.
  const path = await followLinks(given).catch(() => given);
  const found = await identify(path);
  const above: string[] = [];
  for (let at = dirname(path), below = path; at !== below; below = at, at = dirname(at))
    above.push((await identify(at))?.identity ?? at);
  return { path, identity: found?.identity, isDirectory: found?.isDirectory ?? false, above };
}

async function identify(
  path: string,
): Promise<(Pick<Located, 'isDirectory'> & { identity: string }) | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined || !(found.isFile() || found.isDirectory())) return undefined;
  return { identity: `${found.dev}:${found.ino}`, isDirectory: found.isDirectory() };
}

function isSame(a: Located, b: Located): boolean {
  return a.path === b.path || (a.identity !== undefined && a.identity === b.identity);
}

function isInside(inner: Located, outer: Located): boolean {
  return outer.identity !== undefined && inner.above.includes(outer.identity);
}

function overlap(expected: string, output: OutputPlace, other: InputPlace | OutputPlace): InputError {
  const same = output.path === other.path ? `both are ${output.path}` : `${output.path} is ${other.path}`;
  return new InputError('ERR_INVALID_OPTION', `Expected ${expected} but ${same}.`, {
    remedy: 'Name another output.',
  });
}
