/** What `unlearn` came to: as run.json has it, in words, and as an exit code. */
import * as z from 'zod';
import { check } from '../../check.js';
import { counted } from '../../counted.js';
import { readRunManifest } from '../../data/outputs/run-manifest.js';
import { isDamaged, type VerdictReason } from '../../unlearning/verdict.js';
import { EXIT_CODES, type ExitCode } from '../exit-code.js';
import { type METHODS, takesOption } from './methods.js';

const findings = z.object({
  epoch: z.int(),
  memorizationAccuracy: z.number(),
  extractionLikelihood: z.number().nullable(),
  retainedLoss: z.number().nullable(),
});

const REASONS = [
  'below-thresholds',
  'not-finite',
  'damaged',
  'unchanged',
  'stalled',
  'unfinished',
] as const satisfies readonly VerdictReason[];

const outcomeSchema = z.object({
  verdict: z.enum(['forgotten', 'not forgotten']),
  reason: z.enum(REASONS),
  thresholds: z.object({
    memorizationAccuracy: z.number(),
    extractionLikelihood: z.record(z.string(), z.number()),
  }),
  /** Before the first step. */
  before: findings,
  stopReason: z.enum(['forgotten', 'stalled', 'epochs', 'not-finite']),
  epochs: z.int(),
  bestEpoch: z.int(),
  /** With the weights that were kept. */
  best: findings,
});

export type UnlearningOutcome = z.infer<typeof outcomeSchema>;

/** Of a finished run in this directory. */
export async function outcomeOf(directory: string): Promise<UnlearningOutcome> {
  const { results } = await readRunManifest(directory);
  return check(outcomeSchema, results, `results in ${directory}/run.json`);
}

export function exitCodeOf({ verdict }: UnlearningOutcome): ExitCode {
  return verdict === 'forgotten' ? EXIT_CODES.done : EXIT_CODES.missed;
}

export interface TriedSettings {
  readonly method: keyof typeof METHODS;
  readonly learningRate: number;
  readonly maxEpochs: number;
}

/** The verdict first, then why, and what to change; the figures on a line of their own. */
export function describeOutcome(outcome: UnlearningOutcome, tried: TriedSettings): string {
  const { reason, before, best, thresholds } = outcome;
  const lines = [
    reason === 'below-thresholds'
      ? `Forgotten after ${epochsOf(outcome)}: MA and EL_10 are below their thresholds. Kept epoch ${outcome.bestEpoch}.`
      : `Not forgotten: ${WHY[reason](outcome, tried)} Kept epoch ${outcome.bestEpoch}.`,
    `MA ${figure(before.memorizationAccuracy)} -> ${figure(best.memorizationAccuracy)} (threshold ${figure(thresholds.memorizationAccuracy)}), EL_10 ${figure(best.extractionLikelihood)} (threshold ${figure(thresholds.extractionLikelihood[10]!)}).`,
  ];
  if (before.retainedLoss !== null)
    lines.push(
      `Loss of the retained documents ${figure(before.retainedLoss)} -> ${figure(best.retainedLoss)} nats a token${
        isDamaged(before, best)
          ? ': the model has lost much of what it was to keep. Lower --learning-rate' +
            (takesOption(tried.method, 'alpha') ? ' or raise --alpha' : '')
          : ''
      }.`,
    );
  return lines.join('\n');
}

const WHY: Readonly<
  Record<
    Exclude<VerdictReason, 'below-thresholds'>,
    (outcome: UnlearningOutcome, tried: TriedSettings) => string
  >
> = {
  'not-finite': ({ epochs }, { learningRate }) =>
    `the loss became NaN or infinite in epoch ${epochs + 1}, and the last good weights were kept. Lower --learning-rate (now ${learningRate}).`,
  damaged: (_, { learningRate }) =>
    `what was to be kept was lost first. Lower --learning-rate (now ${learningRate}).`,
  unchanged: (outcome, { learningRate }) =>
    `MA hardly changed in ${epochsOf(outcome)}. Raise --learning-rate (now ${learningRate}), say tenfold.`,
  stalled: (outcome) =>
    `MA is below its threshold, but EL_10 is not and fell no further; stopped after ${epochsOf(outcome)}. Raise --patience, or change --learning-rate.`,
  unfinished: (outcome, { learningRate, maxEpochs }) =>
    `it was on its way when ${epochsOf(outcome)} had passed. Raise --max-epochs (now ${maxEpochs}) or --learning-rate (now ${learningRate}).`,
};

function epochsOf({ epochs }: UnlearningOutcome): string {
  return counted(epochs, 'epoch');
}

function figure(value: number | null): string {
  return value === null ? 'not measured' : value.toFixed(4);
}
