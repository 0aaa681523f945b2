/** The report of a mission: what its stages wrote, put into the shape of a report. */
import { basename, join, resolve } from 'node:path';
import * as z from 'zod';
import { check } from '../../check.js';
import { resolveModel } from '../../data/hub/hub.js';
import { type RunManifest, readRunRecord, runRecordPath } from '../../data/outputs/run-manifest.js';
import { exists, readJsonFile } from '../../files.js';
import type { Mission } from '../../mission/mission.js';
import { MISSION_FILE, type MissionPaths, missionPaths } from '../../mission/paths.js';
import { stagesOf } from '../../mission/stages.js';
import { readStoredMission } from '../../mission/stored-mission.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { drain } from '../../progress.js';
import { readSet } from '../../sets/set-file.js';
import { reportModel } from '../from-run.js';
import { HISTORY_FILE, readUnlearningReport } from '../from-unlearning.js';
import type { ReportInput, ReportModel, ReportRun, ReportThresholds, ReportUnlearning } from '../input.js';
import { notesOnBlocks, readClones } from './blocks.js';
import { readScored } from './documents.js';
import { readSecrets, summarizeSecrets } from './secrets.js';

/** Whether the directory is that of a mission. */
export function isMission(directory: string): Promise<boolean> {
  return exists(join(directory, MISSION_FILE));
}

/**
 * Reads the files of a mission's stages, of those that have run.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`, `ERR_INVALID_OPTION`
 */
export async function readMissionReport(directory: string): Promise<ReportInput> {
  const { mission, file: source } = await readStoredMission(directory);
  const paths = missionPaths(mission);
  const model = await drain(
    resolveModel(mission.model, { revision: mission.revision, localFilesOnly: true }),
  );
  const tokenizer = await Tokenizer.load(model);

  const idsOf = async (set: string) =>
    new Set((await exists(set)) ? (await readSet(set)).map(({ id }) => String(id)) : []);
  const forget = await idsOf(paths.forgetSet);
  const retain = await idsOf(paths.retainSet);
  const secrets = await readSecrets(paths, mission.secrets.el, forget);
  const erased = secrets.filter((secret) => secret.forget);
  const retained = await readScored('retained', paths, tokenizer, retain);
  const unseen = await readScored('unseen', paths, tokenizer);
  const forgotten = await readScored('forget', paths, tokenizer);
  return {
    version: 1,
    run: await describeRun(mission, source),
    model: await describeModel(mission, model, paths),
    thresholds: await readThresholds(mission, paths),
    unlearning: await readUnlearning(paths, { forgetDocuments: forget.size, retainDocuments: retain.size }),
    summary: {
      secrets: summarizeSecrets(erased.length > 0 ? erased : secrets, mission.secrets.el),
      retained: retained.figures,
      unseen: unseen.figures,
    },
    secrets,
    documents: [...forgotten.shown, ...retained.shown, ...unseen.shown],
    clones: await readClones(mission, paths),
    notes: [
      ...mission.notes,
      ...notesOn(mission, secrets.length, erased.length, forget.size),
      ...(await notesOnBlocks(paths)),
    ],
  };
}

function notesOn(mission: Mission, secrets: number, erased: number, documents: number): string[] {
  const heldOut =
    'The unseen code was held out of the corpus: if the model was trained on it, the thresholds are too high, and forgotten means less.';
  const chosen =
    erased === 0
      ? `None of the ${secrets} secrets that were probed was to be forgotten: in no document was their mean MA above the limit, or too few of their tokens.`
      : `Of ${secrets} secrets that were probed, the ${erased} in ${documents} documents were to be forgotten; the others show what the model does with secrets that nobody asked it to forget.`;
  return [...(secrets > 0 ? [chosen] : []), ...(mission.unseen.source === undefined ? [heldOut] : [])];
}

/** Undefined where nothing was erased. */
async function readUnlearning(
  { unlearned }: MissionPaths,
  counts: Pick<ReportUnlearning, 'forgetDocuments' | 'retainDocuments'>,
): Promise<ReportUnlearning | undefined> {
  if (!(await exists(join(unlearned, HISTORY_FILE)))) return undefined;
  const { unlearning } = await readUnlearningReport(unlearned);
  return { ...unlearning!, ...counts };
}

/** The record of a stage, in the directory that it filled or beside its file. */
async function readRecord(output: string): Promise<RunManifest | undefined> {
  for (const kind of ['directory', 'file'] as const) {
    const path = runRecordPath(output, kind);
    if (await exists(path)) return readRunRecord(path);
  }
  return undefined;
}

async function describeRun(mission: Mission, file: string): Promise<ReportRun> {
  const steps: { name: string; seconds: number }[] = [];
  let [versions, finishedAt, peak]: [Record<string, string>, string, number] = [{}, '', 0];
  for (const { name, output } of stagesOf(mission)) {
    const record = name === 'report' ? undefined : await readRecord(output);
    if (record === undefined) continue;
    const seconds = (Date.parse(record.finishedAt) - Date.parse(record.startedAt)) / 1000;
    steps.push({ name, seconds: Math.max(0, seconds) });
    versions = { ...versions, ...record.versions };
    if (record.finishedAt > finishedAt) finishedAt = record.finishedAt;
    peak = Math.max(peak, record.peakMemoryBytes);
  }
  return {
    title: mission.title,
    createdAt: finishedAt === '' ? new Date().toISOString() : finishedAt,
    command: `lethe run ${file}`,
    seed: mission.seed,
    versions,
    steps,
    peakMemoryBytes: peak,
    device: mission.device ?? 'cpu',
  };
}

async function describeModel(mission: Mission, directory: string, paths: MissionPaths): Promise<ReportModel> {
  const before = await readRecord(paths.probes('before'));
  const after = await readRecord(paths.probes('after'));
  return reportModel(directory, {
    name: mission.name ?? (directory === mission.model ? basename(resolve(directory)) : mission.model),
    digestBefore: before?.model?.digest ?? '',
    digestAfter: after?.model?.digest ?? null,
  });
}

const share = z.number().min(0).max(1);
const thresholdsSchema = z.looseObject({
  memorizationAccuracy: share,
  extractionLikelihood: z.record(z.string(), share),
  sequences: z.int().min(0),
  runs: z.array(z.unknown()),
});

async function readThresholds(mission: Mission, paths: MissionPaths): Promise<ReportThresholds | undefined> {
  if (!(await exists(paths.thresholds))) return undefined;
  const { memorizationAccuracy, extractionLikelihood, sequences, runs } = check(
    thresholdsSchema,
    await readJsonFile(paths.thresholds),
    paths.thresholds,
  );
  const { maxTokens = 128 } = mission.thresholds;
  const source =
    mission.unseen.source === undefined ? 'held out of the corpus' : 'that the model was not trained on';
  return {
    memorizationAccuracy,
    extractionLikelihood,
    sequences,
    runs: runs.length,
    source: `The first ${maxTokens} tokens of code ${source}.`,
  };
}
