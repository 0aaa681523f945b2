/** Whether a run of unlearning did what it was for, and if not, why: a pure function of its history. */
import {
  type Evaluation,
  isAccuracyBelow,
  isForgotten,
  type StopRule,
  type UnlearnStopReason,
} from './stop-rule.js';

/** What an epoch left of what to forget, and of what to keep. */
export interface EpochFindings extends Evaluation {
  /** Mean next-token loss of the documents to retain, in nats a token; null where none were given. */
  readonly retainedLoss: number | null;
}

/**
 * `below-thresholds`: forgotten. All others are reasons why not: `not-finite`: a loss became NaN or infinite, and the
 * run ended there. `damaged`: what was to stay was lost first. `unchanged`: MA hardly moved. `stalled`: MA is below its
 * threshold, EL_n is not and no longer falls. `unfinished`: on its way when the epochs ran out.
 */
export type VerdictReason =
  | 'below-thresholds'
  | 'not-finite'
  | 'damaged'
  | 'unchanged'
  | 'stalled'
  | 'unfinished';

/** On the weights that the run ends with. */
export interface Verdict {
  /** Whether MA and EL_n are below their thresholds. */
  readonly forgotten: boolean;
  readonly reason: VerdictReason;
}

/** Retained documents whose loss rose by this many nats a token, each token e times less likely, are damaged. */
export const DAMAGE_NATS = 1;

/** MA that fell by less than this part of its way to the threshold has not moved. */
const HARDLY = 0.1;

/**
 * @param history of the run, epoch 0 first
 * @param bestEpoch the one whose weights were kept
 */
export function judge(
  history: readonly EpochFindings[],
  bestEpoch: number,
  stopReason: UnlearnStopReason,
  rule: StopRule,
): Verdict {
  const before = history[0]!;
  const best = history[bestEpoch]!;
  if (isForgotten(best, rule)) return { forgotten: true, reason: 'below-thresholds' };
  if (stopReason === 'not-finite') return { forgotten: false, reason: 'not-finite' };
  if (isDamaged(before, history.at(-1)!)) return { forgotten: false, reason: 'damaged' };
  if (stopReason === 'stalled') return { forgotten: false, reason: 'stalled' };
  const way = before.memorizationAccuracy - rule.thresholds.memorizationAccuracy;
  const fallen = before.memorizationAccuracy - best.memorizationAccuracy;
  const moved = isAccuracyBelow(best, rule) || fallen >= HARDLY * way;
  return { forgotten: false, reason: moved ? 'unfinished' : 'unchanged' };
}

/** Whether the retained documents' loss has risen by {@link DAMAGE_NATS} or more. */
export function isDamaged(
  before: Pick<EpochFindings, 'retainedLoss'>,
  after: Pick<EpochFindings, 'retainedLoss'>,
): boolean {
  return (
    before.retainedLoss !== null &&
    after.retainedLoss !== null &&
    after.retainedLoss >= before.retainedLoss + DAMAGE_NATS
  );
}
