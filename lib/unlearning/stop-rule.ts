/**
 * When unlearning stops and which epoch it keeps: pure functions of the evaluations so far (REFERENCE section 8).
 */
import { isBelowThreshold, type Thresholds } from '../memorization/thresholds.js';

/** What an evaluation found. Epoch 0 is the model before unlearning. */
export interface Evaluation {
  readonly epoch: number;
  /** Mean MA, 0..1. */
  readonly memorizationAccuracy: number;
  /** Mean EL_n, 0..1; null where MA was too far from its threshold for it to be measured. */
  readonly extractionLikelihood: number | null;
}

export interface StopRule {
  readonly thresholds: Thresholds;
  /** The n of the EL_n that is watched. */
  readonly elN: number;
  /** EL_n is measured once MA is at most this far above its threshold. */
  readonly margin: number;
  /** Evaluations of EL_n without improvement after which it counts as stalled. */
  readonly patience: number;
  readonly maxEpochs: number;
}

/**
 * `forgotten`: MA and EL_n are below their thresholds. `stalled`: MA is, and EL_n has stopped improving.
 * `epochs`: the most that were allowed have passed. `not-finite`: a loss or a logit became NaN or infinite.
 */
export type UnlearnStopReason = 'forgotten' | 'stalled' | 'epochs' | 'not-finite';

/** Whether an evaluation that found this MA measures EL_n as well. */
export function needsExtraction(memorizationAccuracy: number, { thresholds, margin }: StopRule): boolean {
  return memorizationAccuracy <= thresholds.memorizationAccuracy + margin;
}

/** Whether MA is below its threshold. */
export function isAccuracyBelow(
  { memorizationAccuracy }: Evaluation,
  { thresholds }: Pick<StopRule, 'thresholds'>,
): boolean {
  return isBelowThreshold(memorizationAccuracy, thresholds.memorizationAccuracy);
}

/** Whether MA and EL_n are below their thresholds; not as long as EL_n was not measured. */
export function isForgotten(
  evaluation: Evaluation,
  { thresholds, elN }: Pick<StopRule, 'thresholds' | 'elN'>,
): boolean {
  const { extractionLikelihood } = evaluation;
  return (
    isAccuracyBelow(evaluation, { thresholds }) &&
    extractionLikelihood !== null &&
    isBelowThreshold(extractionLikelihood, thresholds.extractionLikelihood[elN]!)
  );
}

/** Why to stop after these evaluations, oldest first; undefined to go on. */
export function decideStop(history: readonly Evaluation[], rule: StopRule): UnlearnStopReason | undefined {
  const last = history.at(-1);
  if (last === undefined) return undefined;
  if (isForgotten(last, rule)) return 'forgotten';
  if (isAccuracyBelow(last, rule) && last.extractionLikelihood !== null)
    if (evaluationsSinceBest(history) >= rule.patience) return 'stalled';
  return last.epoch >= rule.maxEpochs ? 'epochs' : undefined;
}

/** Evaluations of EL_n after the first one that found its lowest value. */
function evaluationsSinceBest(history: readonly Evaluation[]): number {
  const measured = history.map((each) => each.extractionLikelihood).filter((value) => value !== null);
  return measured.length - 1 - measured.indexOf(Math.min(...measured));
}

/**
 * Whether the first evaluation is to be kept over the second. Until MA is below its threshold the lower MA is
 * better; of two below it, the lower EL_n, and then the lower MA. Published: whenever MA (and EL_10) are the best so
 * far, which would keep an epoch above the threshold where a later one below it has a slightly higher EL_10.
 */
export function isBetter(a: Evaluation, b: Evaluation, rule: StopRule): boolean {
  const below = (evaluation: Evaluation) => isAccuracyBelow(evaluation, rule);
  if (below(a) !== below(b)) return below(a);
  const [el, bestEl] = [a.extractionLikelihood, b.extractionLikelihood];
  if (below(a) && el !== null && bestEl !== null && el !== bestEl) return el < bestEl;
  return a.memorizationAccuracy < b.memorizationAccuracy;
}
