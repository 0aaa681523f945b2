/** `campaign.json` beside the outputs: how they were made, and which run claimed which numbers. */
import { join } from 'node:path';
import * as z from 'zod';
import { check } from '../check.js';
import { InputError } from '../errors.js';
import { readOptionalJsonFile, writeFileAtomic } from '../files.js';
import { type CampaignModel, campaignModelSchema } from './campaign-model.js';
import { LAYOUTS, layoutOf, openOutputStore } from './output-directory.js';

export const CAMPAIGN_FILE = 'campaign.json';

const settingsSchema = z.strictObject({
  /** null: a single token. */
  prompt: z.string().nullable(),
  /** That token's id; null: BOS. */
  startToken: z.int().nullable().default(null),
  maxTokens: z.int(),
  temperatures: z.array(z.number()),
  topK: z.int(),
  topP: z.number(),
  stopAtEnd: z.boolean(),
  layout: z.enum(LAYOUTS),
  logProbs: z.boolean(),
});

const runSchema = z.strictObject({
  /** From 1; runs over many prompts have one number in all their directories. */
  round: z.int().min(1),
  first: z.int().min(0),
  count: z.int().min(1),
  seed: z.int().min(0),
  /** ISO 8601. */
  startedAt: z.string(),
  versions: z.record(z.string(), z.string()),
});

const recordSchema = z.strictObject({
  version: z.literal(1),
  model: campaignModelSchema.optional(),
  settings: settingsSchema,
  runs: z.array(runSchema),
});

/** What all outputs of a directory have in common. */
export type CampaignSettings = z.infer<typeof settingsSchema>;
export type CampaignRecord = z.infer<typeof recordSchema>;
type CampaignRun = z.infer<typeof runSchema>;

/** What is asked of a directory. */
export interface Place {
  readonly directory: string;
  readonly settings: CampaignSettings;
}

export interface RunRequest {
  readonly count: number;
  readonly seed: number;
  /** `count` is that of all outputs, those that are there included. */
  readonly fill?: boolean | undefined;
  readonly model?: CampaignModel | undefined;
  readonly versions: Readonly<Record<string, string>>;
}

/** The outputs that a run is to make: numbers `first` to `first + count - 1`, of which `missing` are not there yet. */
export interface OutputRange {
  readonly first: number;
  readonly count: number;
  readonly missing: readonly number[];
}

/** A directory's record, undefined if it has none. @throws InputError if it cannot be read */
export async function readCampaignRecord(directory: string): Promise<CampaignRecord | undefined> {
  const path = join(directory, CAMPAIGN_FILE);
  const value = await readOptionalJsonFile(path);
  return value === undefined ? undefined : check(recordSchema, value, path);
}

/**
 * Takes up the last run if some of its outputs are missing in any of the directories, else begins a new one in all of
 * them, which numbers on from what is there. All directories are claimed before any output is made, so that a run over
 * many prompts that is stopped leaves those that had not begun unfinished, and not for another run.
 *
 * @throws InputError `ERR_RUN_MISMATCH` if a directory was filled in another way
 */
export async function claimOutputs(places: readonly Place[], request: RunRequest): Promise<OutputRange[]> {
  const found = [];
  for (const place of places) found.push(await lookInto(place, request));
  const rounds = found.map(({ last }) => last?.round ?? 0);
  const round = rounds.reduce((most, value) => Math.max(most, value), 0);
  const current = round === 0 || found.every(({ unfinished }) => !unfinished) ? round + 1 : round;

  const ranges: OutputRange[] = [];
  for (const [i, place] of places.entries()) {
    const { record, present, last, unfinished } = found[i]!;
    if (last !== undefined && (unfinished || last.round === current)) {
      await writeRecord(place, request.model, record!.runs, record!.model?.stamp === request.model?.stamp);
      ranges.push({ first: last.first, count: last.count, missing: missingOf(last, present) });
      continue;
    }
    const first = Math.max((present.at(-1) ?? -1) + 1, last === undefined ? 0 : last.first + last.count);
    const { seed, versions } = request;
    const count = request.fill ? request.count - first : request.count;
    if (count <= 0) {
      ranges.push({ first: 0, count: first, missing: [] });
      continue;
    }
    const startedAt = new Date().toISOString();
    const run = { round: current, first, count, seed, startedAt, versions: { ...versions } };
    await writeRecord(place, request.model, [...(record?.runs ?? []), run], false);
    ranges.push({ first, count, missing: missingOf(run, present) });
  }
  return ranges;
}

interface Found {
  readonly record: CampaignRecord | undefined;
  readonly present: readonly number[];
  readonly last: CampaignRun | undefined;
  readonly unfinished: boolean;
}

async function lookInto({ directory, settings }: Place, request: RunRequest): Promise<Found> {
  const record = await readCampaignRecord(directory);
  if (record !== undefined) {
    requireSameModel(directory, record.model, request.model);
    requireSameSettings(directory, record.settings, settings);
  }
  const layout = await layoutOf(directory);
  if (layout !== undefined && layout !== settings.layout)
    throw differs(directory, 'layout', layout, settings.layout);
  const store = openOutputStore(directory, settings.layout);
  const present = await store.present();
  const last = record?.runs.at(-1);
  const unfinished = last !== undefined && missingOf(last, present).length > 0;
  if (unfinished && (last.seed !== request.seed || last.count !== wanted(request, last)))
    throw new InputError(
      'ERR_RUN_MISMATCH',
      `Expected the unfinished run in ${directory} to be finished first (${last.count} outputs, seed ${last.seed}) but received ${request.count} outputs, seed ${request.seed}.`,
      { remedy: 'Run it again with the same count and seed, or use another directory.' },
    );
  return { record, present, last, unfinished };
}

/** Outputs that the run would have claimed with this request. */
function wanted({ count, fill }: RunRequest, { first }: CampaignRun): number {
  return fill ? count - first : count;
}

async function writeRecord(
  { directory, settings }: Place,
  model: CampaignModel | undefined,
  runs: readonly CampaignRun[],
  unchanged: boolean,
): Promise<void> {
  if (unchanged) return;
  const record = { version: 1, ...(model === undefined ? {} : { model }), settings, runs };
  await writeFileAtomic(join(directory, CAMPAIGN_FILE), `${JSON.stringify(record, null, 2)}\n`);
}

/** `present` is in ascending order: a run is looked up in it once, however many outputs there are. */
function missingOf(
  { first, count }: Pick<CampaignRun, 'first' | 'count'>,
  present: readonly number[],
): number[] {
  const there = new Uint8Array(count);
  for (const number of present) if (number >= first && number < first + count) there[number - first] = 1;
  const missing: number[] = [];
  for (let i = 0; i < count; i++) if (there[i] === 0) missing.push(first + i);
  return missing;
}

function requireSameModel(
  directory: string,
  before: CampaignModel | undefined,
  now: CampaignModel | undefined,
): void {
  if (before?.digest === now?.digest && before?.dtype === now?.dtype) return;
  const describe = (model: CampaignModel | undefined): string =>
    model === undefined
      ? 'a model without a digest'
      : `${model.name} (digest ${model.digest.slice(0, 12)}${model.dtype === undefined ? '' : `, ${model.dtype}`})`;
  throw new InputError(
    'ERR_RUN_MISMATCH',
    `Expected the model of the outputs in ${directory}, ${describe(before)}, but received ${describe(now)}.`,
    { remedy: 'Use another directory for another model.' },
  );
}

function requireSameSettings(directory: string, before: CampaignSettings, now: CampaignSettings): void {
  for (const key of Object.keys(now) as (keyof CampaignSettings)[])
    if (JSON.stringify(before[key]) !== JSON.stringify(now[key]))
      throw differs(directory, key, before[key], now[key]);
}

function differs(directory: string, key: string, was: unknown, is: unknown): InputError {
  return new InputError(
    'ERR_RUN_MISMATCH',
    `Expected outputs like those in ${directory} (${key} ${JSON.stringify(was)}) but received ${key} ${JSON.stringify(is)}.`,
    { remedy: 'Use another directory for other settings.' },
  );
}
