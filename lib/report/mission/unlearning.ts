/** How a mission's model was made to forget, from the record and the history of `lethe unlearn`. */
import { join } from 'node:path';
import { z } from 'zod';
import { check } from '../../check.js';
import { readJsonLines } from '../../data/json-lines.js';
import { readRunManifest } from '../../data/run-manifest.js';
import type { MissionPaths } from '../../mission/paths.js';
import type { ReportUnlearning } from '../input.js';
import { isThere } from './secrets.js';

const measured = z.number().nullable();

const epochSchema = z.looseObject({
  epoch: z.int().min(0),
  steps: z.array(z.looseObject({ on: z.string(), loss: z.number() })),
  memorizationAccuracy: measured,
  extractionLikelihood: measured,
});

const term = z.looseObject({
  loss: z.enum(['nll', 'kl']),
  tokens: z.enum(['all', 'secret', 'context']),
  reduction: z.enum(['mean', 'perDocument']).optional(),
  weight: z.number(),
});

const optionsSchema = z.looseObject({
  objective: z.looseObject({
    name: z.string(),
    forget: z.array(term),
    retain: z.array(term),
    schedule: z.enum(['alternate', 'joint']),
  }),
});

const resultsSchema = z.looseObject({ bestEpoch: z.int().min(0), stopReason: z.string() });

const REASONS: Readonly<Record<string, string>> = {
  forgotten: 'MA and EL_10 fell below their thresholds',
  stalled: 'MA fell below its threshold and EL_10 did not fall any more',
  epochs: 'all epochs had passed',
  'not-finite': 'the loss was no number any more',
};

/** Undefined where nothing was erased. */
export async function readUnlearning(
  paths: MissionPaths,
  counts: { readonly forget: number; readonly retain: number },
): Promise<ReportUnlearning | undefined> {
  if (!(await isThere(join(paths.unlearned, 'run.json')))) return undefined;
  const { options, results } = await readRunManifest(paths.unlearned);
  const { objective, ...rest } = check(optionsSchema, options, `${paths.unlearned}/run.json`);
  const { bestEpoch, stopReason } = check(resultsSchema, results, `${paths.unlearned}/run.json`);
  const course: ReportUnlearning['course'][number][] = [];
  for await (const { epoch, steps, memorizationAccuracy, extractionLikelihood } of readJsonLines(
    paths.history,
    epochSchema,
  )) {
    const lossOn = (set: string) => steps.find(({ on }) => on === set)?.loss ?? null;
    course.push({
      epoch,
      memorizationAccuracy,
      extractionLikelihood,
      forgetLoss: lossOn('forget'),
      retainLoss: lossOn('retain'),
    });
  }
  const terms = (list: readonly z.infer<typeof term>[]) =>
    list.map(({ loss, tokens, reduction, weight }) => ({ loss, tokens, reduction, weight }));
  return {
    method: objective.name,
    forget: terms(objective.forget),
    retain: terms(objective.retain),
    schedule: objective.schedule,
    hyperparameters: {
      optimizer: 'adam',
      ...Object.fromEntries(
        Object.entries(rest).filter((entry): entry is [string, string | number | boolean] =>
          ['string', 'number', 'boolean'].includes(typeof entry[1]),
        ),
      ),
    },
    forgetDocuments: counts.forget,
    retainDocuments: counts.retain,
    course,
    stop: { epoch: bestEpoch, reason: `${REASONS[stopReason] ?? stopReason}.` },
  };
}
