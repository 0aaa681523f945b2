/** The report of what `lethe measure` and `lethe secrets probe` write: figures by record, with the run's record beside them. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { check } from '../check.js';
import { resolveModel } from '../data/hub/hub.js';
import { readInput } from '../data/input-records.js';
import { describeLeftOut, leftOutSchema } from '../data/left-out.js';
import { type RunManifest, readRunRecord, runRecordPath } from '../data/outputs/run-manifest.js';
import { recordIdSchema } from '../data/record-id.js';
import { InputError } from '../errors.js';
import { exists, isDirectory } from '../files.js';
import { parseJson } from '../json.js';
import { drain } from '../progress.js';
import { reportModel, reportRun } from './from-run.js';
import type {
  ExtractionLikelihoods,
  Measured,
  ReportInput,
  ReportMeasure,
  ReportModel,
  ReportSecret,
} from './input.js';
import { summarizeSecrets } from './mission/secrets.js';

const COMMANDS: readonly string[] = ['measure', 'secrets probe'];

const share = z.number().min(0).max(1).nullable();

const secretSchema = z.looseObject({
  ma: share,
  tag: z.string(),
  type: z.string(),
  value: z.string(),
  /** Of its tokens; absent where it was encoded apart. */
  first: z.int().min(0).optional(),
  last: z.int().min(0).optional(),
  completion: z.string().optional(),
});
const recordSchema = z.looseObject({
  id: recordIdSchema.transform(String),
  ma: share,
  extractionStrength: share,
  secrets: z.array(secretSchema).optional(),
});
type MeasuredRecord = z.infer<typeof recordSchema>;

const runSchema = z.looseObject({
  options: z.looseObject({ el: z.array(z.int().min(1)) }),
  results: z.looseObject({ leftOut: leftOutSchema.optional() }),
});

/**
 * The file of measures that `path` names, itself or as the only one in a directory; undefined for anything else.
 *
 * @throws InputError `ERR_INVALID_OPTION` for a directory with several
 */
export async function findMeasures(path: string): Promise<string | undefined> {
  if (!(await isDirectory(path))) return (await isOfMeasures(path)) ? path : undefined;
  const suffix = runRecordPath('', 'file');
  const names = (await readdir(path).catch(() => [])).filter((name) => name.endsWith(suffix)).sort();
  const found: string[] = [];
  for (const name of names) {
    const file = join(path, name.slice(0, -suffix.length));
    if (await isOfMeasures(file)) found.push(file);
  }
  if (found.length > 1)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected one file of measures in ${path} but found ${found.length}.`,
      { remedy: `Name one: lethe report ${found[0]}` },
    );
  return found[0];
}

async function isOfMeasures(file: string): Promise<boolean> {
  const record = await readRunRecord(runRecordPath(file, 'file')).catch(() => undefined);
  return record !== undefined && COMMANDS.includes(record.command) && (await exists(file));
}

/**
 * @param file as {@link findMeasures} has it
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`, `ERR_INVALID_OPTION`, also for a model that
 *   is not there any more
 */
export async function readMeasuresReport(file: string): Promise<ReportInput> {
  const recordPath = runRecordPath(file, 'file');
  const manifest = await readRunRecord(recordPath);
  const { options, results } = check(runSchema, manifest, recordPath);
  const { el } = options;
  const records: MeasuredRecord[] = [];
  for await (const { value, where } of readInput(file))
    records.push(check(recordSchema, withLists(value), where));
  const secrets = records.flatMap((record) => secretsOf(record, el));
  // What a probe says of a record is the mean of its secrets.
  const measures =
    manifest.command === 'measure' ? records.map((record) => measureOf(record, el)) : undefined;
  return {
    version: 1,
    run: reportRun(`Measures: ${basename(file)}`, manifest),
    model: await describeModel(manifest),
    summary: {
      secrets: summarizeSecrets(secrets, el),
      ...(measures === undefined ? {} : { documents: summarize(measures, el) }),
    },
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(measures === undefined ? {} : { measures }),
    notes: describeLeftOut(results.leftOut ?? {}),
  };
}

/** CSV holds lists as JSON, and figures as texts. */
function withLists(value: unknown): unknown {
  const fields = Object.entries(value as Record<string, unknown>).map(([name, cell]) => {
    if (name === 'id' || typeof cell !== 'string') return [name, cell];
    if (cell === '') return [name, name === 'secrets' ? undefined : null];
    return [name, parsed(cell)];
  });
  return Object.fromEntries(fields);
}

/** What is no JSON is for the check to complain about. */
function parsed(cell: string): unknown {
  try {
    return parseJson(cell);
  } catch {
    return cell;
  }
}

function measureOf(record: MeasuredRecord, el: readonly number[]): ReportMeasure {
  return {
    document: record.id,
    memorizationAccuracy: once(record.ma),
    extractionLikelihood: likelihoodsOf(record, el),
    extractionStrength: record.extractionStrength,
  };
}

function secretsOf(record: MeasuredRecord, el: readonly number[]): ReportSecret[] {
  return (record.secrets ?? []).map((secret) => {
    const { tag, type, value, first, last, completion } = secret;
    return {
      ...{ document: record.id, tag, type, value, forget: false },
      tokens: first === undefined || last === undefined ? null : last - first + 1,
      memorizationAccuracy: once(secret.ma),
      extractionLikelihood: likelihoodsOf(secret, el),
      completion: { before: completion ?? null, after: null },
    };
  });
}

function once(before: Measured) {
  return { before, after: null };
}

function likelihoodsOf(
  figures: Readonly<Record<string, unknown>>,
  el: readonly number[],
): ExtractionLikelihoods {
  return Object.fromEntries(el.map((n) => [n, once(share.catch(null).parse(figures[`el${n}`] ?? null))]));
}

function summarize(
  measures: readonly ReportMeasure[],
  el: readonly number[],
): ReportInput['summary']['documents'] {
  const mean = (values: readonly Measured[]): Measured => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return {
    count: measures.length,
    memorizationAccuracy: once(mean(measures.map(({ memorizationAccuracy }) => memorizationAccuracy.before))),
    extractionLikelihood: Object.fromEntries(
      el.map((n) => [n, once(mean(measures.map((measure) => measure.extractionLikelihood[n]!.before)))]),
    ),
  };
}

async function describeModel({ model }: RunManifest): Promise<ReportModel> {
  const { path, digest } = model ?? { path: '', digest: '' };
  const revision = typeof model?.commit === 'string' ? model.commit : undefined;
  const directory = await drain(resolveModel(path, { revision, localFilesOnly: true }));
  return reportModel(directory, { name: path, digestBefore: digest, digestAfter: null });
}
