/** A directory of sampled outputs: `separate/<i>`, one file an output, and `campaign.json`, how they were made. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { check } from '../check.js';
import { fileError, InputError } from '../errors.js';
import { writeFileAtomic } from '../files.js';

export const OUTPUTS_FOLDER = 'separate';
const RECORD_FILE = 'campaign.json';

const settingsSchema = z.strictObject({
  /** null: the single BOS token. */
  prompt: z.string().nullable(),
  maxTokens: z.int(),
  temperatures: z.array(z.number()),
  topK: z.int(),
  topP: z.number(),
  stopAtEnd: z.boolean(),
});

const recordSchema = z.strictObject({
  settings: settingsSchema,
  runs: z.array(z.strictObject({ first: z.int(), count: z.int(), seed: z.int() })),
});

/** What all outputs of a directory have in common. */
export type CampaignSettings = z.infer<typeof settingsSchema>;
type CampaignRecord = z.infer<typeof recordSchema>;

/** The outputs that a run is to make: numbers `first` to `first + count - 1`, of which `missing` are not there yet. */
export interface OutputRange {
  readonly first: number;
  readonly count: number;
  readonly missing: readonly number[];
}

/** The numbers of the outputs in a directory, ascending; none if it does not exist yet. */
export async function listOutputs(directory: string): Promise<number[]> {
  const folder = join(directory, OUTPUTS_FOLDER);
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^(0|[1-9]\d{0,14})$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError('read', folder, error);
  }
}

export function outputPath(directory: string, number: number): string {
  return join(directory, OUTPUTS_FOLDER, String(number));
}

/**
 * Takes up the last run if some of its outputs are missing, else begins a new one that numbers on from what is there,
 * and records it.
 *
 * @throws InputError `ERR_RUN_MISMATCH` if the directory was filled in another way
 */
export async function claimOutputs(
  directory: string,
  settings: CampaignSettings,
  count: number,
  seed: number,
): Promise<OutputRange> {
  const present = await listOutputs(directory);
  const record = await readRecord(directory);
  if (record !== undefined) requireSameSettings(directory, record.settings, settings);

  const there = new Set(present);
  const last = record?.runs.at(-1);
  const unfinished = last === undefined ? [] : missingOf(last.first, last.count, there);
  if (last !== undefined && unfinished.length > 0) {
    if (last.seed === seed && last.count === count) return { ...last, missing: unfinished };
    throw new InputError(
      'ERR_RUN_MISMATCH',
      `Expected the unfinished run in ${directory} to be finished first (${last.count} outputs, seed ${last.seed}) but received ${count} outputs, seed ${seed}.`,
      { remedy: 'Run it again with the same count and seed, or use another directory.' },
    );
  }

  const first = Math.max((present.at(-1) ?? -1) + 1, last === undefined ? 0 : last.first + last.count);
  const next: CampaignRecord = { settings, runs: [...(record?.runs ?? []), { first, count, seed }] };
  try {
    await mkdir(join(directory, OUTPUTS_FOLDER), { recursive: true });
  } catch (error) {
    throw fileError('write', join(directory, OUTPUTS_FOLDER), error);
  }
  await writeFileAtomic(join(directory, RECORD_FILE), `${JSON.stringify(next, null, 2)}\n`);
  return { first, count, missing: missingOf(first, count, there) };
}

function missingOf(first: number, count: number, present: ReadonlySet<number>): number[] {
  return Array.from({ length: count }, (_, i) => first + i).filter((number) => !present.has(number));
}

async function readRecord(directory: string): Promise<CampaignRecord | undefined> {
  const path = join(directory, RECORD_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError('ERR_FILE_FORMAT', `Expected JSON in ${path} but could not parse it.`, { cause });
  }
  return check(recordSchema, value, path);
}

function requireSameSettings(directory: string, before: CampaignSettings, now: CampaignSettings): void {
  for (const key of Object.keys(now) as (keyof CampaignSettings)[]) {
    const [was, is] = [before[key], now[key]].map((value) => JSON.stringify(value));
    if (was === is) continue;
    throw new InputError(
      'ERR_RUN_MISMATCH',
      `Expected outputs like those in ${directory} (${key} ${was}) but received ${key} ${is}.`,
      { remedy: 'Use another directory for other settings.' },
    );
  }
}
