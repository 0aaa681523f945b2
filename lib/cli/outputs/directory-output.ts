/** What commands that write a model have in common: a claimed directory, and the state of the run beside it. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { claimOutput, type OutputClaim } from '../../data/outputs/claim.js';
import type { RunManifest } from '../../data/outputs/run-manifest.js';
import { InputError } from '../../errors.js';
import { exists, writeFileAtomic } from '../../files.js';
import { STATE_FILE } from '../../training/run-directory.js';
import type { Session } from '../session.js';

interface CheckpointOptions {
  readonly output: string;
  readonly force?: boolean;
}

/** Claims `--output`, before any work. Inputs that were not given count as none. */
export async function claimCheckpoint(
  command: string,
  { output, force }: CheckpointOptions,
  inputs: readonly { readonly option: string; readonly path: string | undefined }[],
): Promise<OutputClaim> {
  const given = inputs.flatMap(({ option, path }) => (path === undefined ? [] : [{ option, path }]));
  const place = { option: '--output', path: output, kind: 'directory' } as const;
  return claimOutput(place, { command, inputs: given, force });
}

/** See {@link claimState}. */
export interface ClaimedState {
  readonly directory: string;
  /** Marks the directory as this run's: at its first event, before which it keeps nothing. */
  readonly mark: () => Promise<void>;
}

/**
 * The directory in which unfinished work is kept, `<output>.state`, when it is free or of this run. That of another run
 * goes with `--force`.
 *
 * @throws InputError `ERR_RUN_MISMATCH`
 */
export async function claimState(
  { output, force }: CheckpointOptions,
  runKey: string,
): Promise<ClaimedState> {
  const directory = `${output.replace(/[\\/]+$/, '')}.state`;
  const keyFile = join(directory, 'run.key');
  const key = await readFile(keyFile, 'utf8').catch(() => '');
  if ((await exists(join(directory, STATE_FILE))) && key.trim() !== runKey) {
    if (force !== true)
      throw new InputError(
        'ERR_RUN_MISMATCH',
        `Expected ${directory} to be of a run with the same options and inputs but it was begun with others.`,
        { remedy: 'Run again with the options of that run, or begin anew with --force, which deletes it.' },
      );
    await rm(directory, { recursive: true, force: true });
  }
  let marked = false;
  return {
    directory,
    async mark() {
      if (!marked) await writeFileAtomic(keyFile, `${runKey}\n`);
      marked = true;
    },
  };
}

/** Writes the record, and says which files of a directory that was replaced are still there: it is no longer all one model. */
export async function finishDirectory(
  claim: OutputClaim,
  manifest: RunManifest,
  session: Session,
): Promise<void> {
  const others = await claim.finish(manifest);
  if (others.length === 0) return;
  const more = others.length > 5 ? ` and ${others.length - 5} more` : '';
  session.say(
    `lethe: warning: ${claim.path} also holds files that are not of this run: ${others.slice(0, 5).join(', ')}${more}.`,
  );
}
