/** The report of what `lethe unlearn` writes: history.jsonl and run.json, beside the model that has forgotten. */
import { basename, join, resolve } from 'node:path';
import * as z from 'zod';
import { check } from '../check.js';
import { readRunManifest } from '../data/outputs/run-manifest.js';
import { readJsonLines } from '../data/text/json-lines.js';
import { reportModel, reportRun } from './from-run.js';
import type { Measured, ReportInput, ReportTerm } from './input.js';

export const HISTORY_FILE = 'history.jsonl';

const measured = z.number().nullable();
const share = z.number().min(0).max(1);

const epochSchema = z.looseObject({
  epoch: z.int().min(0),
  memorizationAccuracy: measured,
  extractionLikelihood: measured,
  steps: z.array(z.looseObject({ on: z.string(), loss: measured })),
});
type Epoch = z.infer<typeof epochSchema>;

const term = z.looseObject({
  loss: z.enum(['nll', 'kl']),
  tokens: z.enum(['all', 'secret', 'context']),
  reduction: z.enum(['mean', 'perDocument']).optional(),
  weight: z.number(),
});
const counts = z.looseObject({ documents: z.int().min(0), secrets: z.int().min(0).optional() });
const runSchema = z.looseObject({
  options: z.looseObject({
    objective: z.looseObject({
      name: z.string(),
      forget: z.array(term),
      retain: z.array(term),
      schedule: z.enum(['alternate', 'joint']),
    }),
  }),
  results: z.looseObject({
    thresholds: z.looseObject({
      memorizationAccuracy: share,
      extractionLikelihood: z.record(z.string(), share),
    }),
    /** Runs of old did not count them. */
    forget: counts.optional(),
    retain: counts.optional(),
    stopReason: z.string(),
    bestEpoch: z.int().min(0),
  }),
});

const REASONS: Readonly<Record<string, string>> = {
  forgotten: 'MA and EL_10 fell below their thresholds.',
  stalled: 'MA fell below its threshold and EL_10 did not fall any more.',
  epochs: 'All epochs had passed.',
};

/**
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT`, `ERR_INVALID_OPTION` for files that
 *   `lethe unlearn` did not write
 */
export async function readUnlearningReport(directory: string): Promise<ReportInput> {
  const manifest = await readRunManifest(directory);
  const { options, results } = check(runSchema, manifest, join(directory, 'run.json'));
  const { objective } = options;
  const history: Epoch[] = [];
  for await (const epoch of readJsonLines(join(directory, HISTORY_FILE), epochSchema)) history.push(epoch);
  const first = history[0];
  const kept = history.find(({ epoch }) => epoch === results.bestEpoch);
  const terms = (list: readonly z.infer<typeof term>[]): ReportTerm[] =>
    list.map(({ loss, tokens, reduction, weight }) => ({ loss, tokens, reduction, weight }));
  const lossOn = ({ steps }: Epoch, on: string): Measured =>
    steps.find((step) => step.on === on || step.on === 'joint')?.loss ?? null;
  // Secrets decide where the objective tells their tokens apart, whole documents otherwise (UnlearnOptions.evaluate).
  const bySecrets = [...objective.forget, ...objective.retain].some(({ tokens }) => tokens === 'secret');
  const means = {
    memorizationAccuracy: {
      before: first?.memorizationAccuracy ?? null,
      after: kept?.memorizationAccuracy ?? null,
    },
    extractionLikelihood: {
      10: { before: first?.extractionLikelihood ?? null, after: kept?.extractionLikelihood ?? null },
    },
  };
  const count = results.forget?.[bySecrets ? 'secrets' : 'documents'];
  const group = { ...(count === undefined ? {} : { count }), ...means };
  return {
    version: 1,
    run: reportRun(`Unlearning: ${basename(resolve(directory))}`, manifest),
    model: await reportModel(directory, {
      name: manifest.model?.path ?? directory,
      digestBefore: manifest.model?.digest ?? '',
      digestAfter: typeof manifest.results.weights === 'string' ? manifest.results.weights : null,
    }),
    thresholds: {
      memorizationAccuracy: results.thresholds.memorizationAccuracy,
      extractionLikelihood: results.thresholds.extractionLikelihood,
      source: 'As the run was given them, or found them in its unseen documents.',
    },
    unlearning: {
      method: objective.name,
      forget: terms(objective.forget),
      retain: terms(objective.retain),
      schedule: objective.schedule,
      hyperparameters: plainOptions(options),
      forgetDocuments: results.forget?.documents,
      retainDocuments: results.retain?.documents,
      course: history.map((epoch) => ({
        epoch: epoch.epoch,
        memorizationAccuracy: epoch.memorizationAccuracy,
        extractionLikelihood: epoch.extractionLikelihood,
        forgetLoss: lossOn(epoch, 'forget'),
        retainLoss: lossOn(epoch, 'retain'),
      })),
      stop: { epoch: results.bestEpoch, reason: REASONS[results.stopReason] ?? `${results.stopReason}.` },
    },
    summary: bySecrets ? { secrets: group } : { documents: group },
    notes: [
      'The run measured means over the documents to forget; for each secret by itself, and for what the model keeps, measure both models (lethe secrets probe, lethe measure).',
    ],
  };
}

function plainOptions(options: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const entries = Object.entries(options).filter((entry): entry is [string, string | number | boolean] =>
    ['string', 'number', 'boolean'].includes(typeof entry[1]),
  );
  return Object.fromEntries(entries);
}
