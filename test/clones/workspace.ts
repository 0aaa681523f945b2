/** Files for one test, and clone detection over them by name. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type CloneReport,
  type DetectClonesEvent,
  type DetectClonesOptions,
  type DetectClonesResult,
  detectClones,
} from '../../lib/clones/search/detect.js';
import { drain } from '../../lib/progress.js';
import { type NamedFile, type PlainGroup, sortGroups } from './brute-force.js';

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lethe-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export interface DetectInput extends Omit<DetectClonesOptions, 'outputs' | 'shards'> {
  readonly outputs: readonly NamedFile[];
  readonly shards: readonly NamedFile[];
}

/** Writes the files into `directory` and compares them. */
export async function detectIn(
  directory: string,
  { outputs, shards, ...options }: DetectInput,
  onEvent?: (event: DetectClonesEvent) => void,
): Promise<DetectClonesResult> {
  for (const { name, bytes } of [...outputs, ...shards]) await writeFile(join(directory, name), bytes);
  const paths = (files: readonly NamedFile[]) => files.map(({ name }) => join(directory, name));
  return drain(detectClones({ outputs: paths(outputs), shards: paths(shards), ...options }), onEvent);
}

/** A report in the shape of the brute-force form. */
export function plain({ groups }: CloneReport): PlainGroup[] {
  return sortGroups(
    groups.map(({ length, fingerprint, occurrences }) => ({
      length,
      fingerprint,
      occurrences: occurrences.map(({ file, start, end }) => `${basename(file)}:${start}-${end}`).sort(),
    })),
  );
}

export function file(name: string, text: string | Uint8Array): NamedFile {
  return { name, bytes: Buffer.from(text) };
}
