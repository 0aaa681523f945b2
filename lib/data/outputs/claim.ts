/**
 * Claims on outputs, taken before any work. A claimed output is no input of the run, can be written, holds nothing of
 * another run (unless that is to be replaced), and is this process's alone until the claim ends. Every command that
 * writes claims what it writes; what it writes are plain files and, last, the record of the run.
 */
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError, InputError, LetheError } from '../../errors.js';
import { followLinks, isDirectory, isStream } from '../../files.js';
import { describeOwner, tryLock } from '../../lock.js';
import { type ClaimedPlace, type ClaimRequest, LOCK, OutputClaim } from './output-claim.js';
import { type OutputPlace, refuseOverlap } from './output-overlap.js';

export { type ClaimedPlace, type ClaimRequest, OutputClaim } from './output-claim.js';

/**
 * Claims all outputs or none. The directories above them are made; they go again if nothing was written.
 *
 * @throws InputError `ERR_INVALID_OPTION` for an output that is an input or of the wrong kind; `ERR_OUTPUT_IN_USE`
 *   while another process has it; `ERR_OUTPUT_EXISTS` for what is certainly of another run; `ERR_FILE_WRITE`,
 *   `ERR_FILE_NOT_FOUND`, `ERR_DISK_FULL` if it cannot be written
 */
export async function claimOutputs(request: ClaimRequest): Promise<ClaimedOutputs> {
  const claims: OutputClaim[] = [];
  try {
    for (const [i, place] of request.outputs.entries())
      claims.push(await claim(place, request, request.outputs.slice(0, i)));
  } catch (error) {
    for (const each of claims) await each[Symbol.asyncDispose]();
    throw error;
  }
  return {
    outputs: claims,
    async [Symbol.asyncDispose]() {
      for (const each of claims) await each[Symbol.asyncDispose]();
    },
  };
}

/** {@link claimOutputs} of one. */
export async function claimOutput(
  place: ClaimedPlace,
  request: Omit<ClaimRequest, 'outputs'>,
): Promise<OutputClaim> {
  return claim(place, { ...request, outputs: [place] }, []);
}

export interface ClaimedOutputs extends AsyncDisposable {
  /** In the order of the request. */
  readonly outputs: readonly OutputClaim[];
}

async function claim(
  place: ClaimedPlace,
  request: ClaimRequest,
  others: readonly ClaimedPlace[],
): Promise<OutputClaim> {
  const { kind, option, path } = place;
  if (await isStream(path)) {
    if (kind === 'directory') throw wrongKind(place, 'something that is neither file nor directory');
    return new OutputClaim(place, request, path, undefined, undefined);
  }
  await refuseOverlap(place, kind === 'directory' ? '.state' : '.part', request.inputs, others);
  const target = await followLinks(path);
  const found = await stat(target).catch(() => undefined);
  if (kind === 'file' && (found?.isDirectory() || /[\\/]$/.test(path))) throw wrongKind(place, 'a directory');
  if (kind === 'directory' && found?.isFile()) throw wrongKind(place, 'a file');

  const parent = kind === 'directory' ? target : dirname(target);
  const refused = (error: unknown) =>
    fileError('write', path, error instanceof LetheError ? error.cause : error);
  // The first directory that was made, if any.
  const made = await makeDirectory(parent).catch((error: unknown) => {
    throw refused(error);
  });
  const name = kind === 'directory' ? `.${LOCK}` : `.${basename(target)}.${LOCK}`;
  const attempt = await tryLock(join(parent, name), `lethe ${request.command}`).catch((error: unknown) => {
    throw refused(error);
  });
  if (attempt.lock === undefined)
    throw new InputError(
      'ERR_OUTPUT_IN_USE',
      `Expected ${option} to be free but ${path} is being written by another run (${describeOwner(attempt.owner)}).`,
      { remedy: 'Wait until that has ended, or name another output.' },
    );
  const claimed = new OutputClaim(place, request, target, attempt.lock, made);
  try {
    await claimed.refuseForeign();
    return claimed;
  } catch (error) {
    await claimed[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Makes a directory and those above it; returns the first that it made. Not by `recursive`, which never returns where
 * a file system refuses a new name as not found, as /proc does.
 */
async function makeDirectory(path: string): Promise<string | undefined> {
  if (await isDirectory(path)) return undefined;
  const above = dirname(path) === path ? undefined : await makeDirectory(dirname(path));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Two that begin at once make the same directories.
    if (error.code !== 'EEXIST') throw error;
  });
  return above ?? path;
}

function wrongKind({ option, path, kind }: OutputPlace, found: string): InputError {
  return new InputError('ERR_INVALID_OPTION', `Expected a ${kind} for ${option} but ${path} is ${found}.`, {
    remedy: `Name a ${kind} that is there or can be made.`,
  });
}
