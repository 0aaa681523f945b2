import { join } from 'node:path';
import * as z from 'zod';
import { describeIssue } from '../../check.js';
import { InputError } from '../../errors.js';
import { readJsonFile, writeFileAtomic } from '../../files.js';

const source = z.looseObject({
  /** As it was given. */
  path: z.string(),
  /** SHA-256 in hex; of a directory as `digestDirectory` has it. */
  digest: z.string(),
});

const step = z.looseObject({ name: z.string(), seconds: z.number().min(0) });

const runManifest = z.looseObject({
  version: z.literal(1),
  /** Name of the command or call, e.g. `unlearn`. */
  command: z.string(),
  /** As they were after defaults were filled in. */
  options: z.record(z.string(), z.unknown()),
  seed: z.union([z.number(), z.string()]).optional(),
  /** Name to version: lethe, node, platform, and what else the caller knows. */
  versions: z.record(z.string(), z.string()),
  model: source.optional(),
  inputs: z.array(source),
  /** ISO 8601. */
  startedAt: z.string(),
  finishedAt: z.string(),
  /** In the order in which they ended. */
  steps: z.array(step),
  /** Peak resident memory of the process. */
  peakMemoryBytes: z.number().min(0),
  /** The run's figures, as the command defines them. */
  results: z.record(z.string(), z.unknown()),
});

export type RunSource = z.infer<typeof source>;
export type RunStep = z.infer<typeof step>;
export type RunManifest = z.infer<typeof runManifest>;

export const RUN_MANIFEST_FILE = 'run.json';

/** Where the record of a run stands: in the directory that it filled, or beside the file that it wrote. */
export function runRecordPath(output: string, kind: 'file' | 'directory'): string {
  return kind === 'directory' ? join(output, RUN_MANIFEST_FILE) : `${output}.${RUN_MANIFEST_FILE}`;
}

/** Writes `run.json` into the directory, atomically. @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL` */
export async function writeRunManifest(directory: string, manifest: RunManifest): Promise<void> {
  await writeRunRecord(join(directory, RUN_MANIFEST_FILE), manifest);
}

/** {@link writeRunManifest} under a name of its own, as {@link runRecordPath} has it. */
export async function writeRunRecord(path: string, manifest: RunManifest): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` if it is no manifest */
export async function readRunManifest(directory: string): Promise<RunManifest> {
  return readRunRecord(join(directory, RUN_MANIFEST_FILE));
}

/** {@link readRunManifest} of a file by its path. */
export async function readRunRecord(path: string): Promise<RunManifest> {
  const value = await readJsonFile(path);
  const result = runManifest.safeParse(value);
  if (result.success) return result.data;
  throw new InputError('ERR_FILE_FORMAT', describeIssue(result.error.issues[0]!, value, path));
}
