/** The run in one sentence, computed from its numbers. */
import { isBelowThreshold } from '../memorization/thresholds.js';
import { change, counted, decimal, integer, percent } from './format.js';
import type { Measured, ReportInput, ReportSecret } from './input.js';
import { likelihoodOrder } from './likelihoods.js';

/** MA from which published work calls a secret memorized (REFERENCE, section 6). */
export const MEMORIZED = 0.9;

/**
 * `forgotten`: the MA of every secret of the forget set is below the threshold, and their mean EL_n too where it was
 * measured; `partly`: only the mean MA is, or EL_n is not; `remembered`: not even the mean MA; `audit`: nothing was
 * erased; `unmeasured`: no secrets, no threshold, or no measurement after.
 */
export type VerdictState = 'forgotten' | 'partly' | 'remembered' | 'audit' | 'unmeasured';

export interface Verdict {
  readonly state: VerdictState;
  /** One sentence. */
  readonly headline: string;
  /** Further sentences. */
  readonly details: readonly string[];
}

/** What a nat is, where it is first met. */
export const NAT = 'the natural logarithm of how improbable a token was: 0.69 is one chance in two';

/** The secrets that the run was to erase: the forget set, or all of them where none is marked. */
export function targets(input: ReportInput): readonly ReportSecret[] {
  const secrets = input.secrets ?? [];
  const forget = secrets.filter((secret) => secret.forget);
  return forget.length > 0 ? forget : secrets;
}

/** {@link isBelowThreshold} of figures of which either may be unknown: undefined then. */
export function isBelow(value: Measured, threshold: number | undefined): boolean | undefined {
  return Number.isFinite(value) && Number.isFinite(threshold)
    ? isBelowThreshold(value!, threshold!)
    : undefined;
}

/**
 * How a mean over the secrets stands to its threshold, with a mark: a tick only where no single secret that was
 * measured fails it. Undefined where either is unknown.
 */
export function judgeMean(
  mean: Measured,
  threshold: number | undefined,
  singles: readonly Measured[],
): string | undefined {
  const below = isBelow(mean, threshold);
  if (below === undefined) return undefined;
  const known = singles.map((value) => isBelow(value, threshold)).filter((single) => single !== undefined);
  const failing = known.filter((single) => !single).length;
  const limit = percent(threshold);
  if (!below) return `\u2715 not below ${limit}`;
  if (failing === 0) return `\u2713 below ${limit}`;
  return `\u25d0 the mean is below ${limit}; ${integer(failing)} of ${counted(known.length, 'secret')} ${failing === 1 ? 'is' : 'are'} not`;
}

export function judge(input: ReportInput): Verdict {
  if (input.unlearning === undefined) return judgeAudit(input);

  const threshold = input.thresholds?.memorizationAccuracy;
  const known = targets(input)
    .map((secret) => isBelow(secret.memorizationAccuracy.after, threshold))
    .filter((below) => below !== undefined);
  const below = known.filter(Boolean).length;
  const mean = input.summary.secrets ?? input.summary.documents;
  const meanBelow = isBelow(mean?.memorizationAccuracy.after ?? null, threshold) ?? false;

  let state: VerdictState = 'unmeasured';
  let forgetting = 'Whether the secrets were forgotten was not measured';
  if (known.length > 0) {
    const all = below === known.length;
    state = all && !likelihoodAbove(input) ? 'forgotten' : all || meanBelow ? 'partly' : 'remembered';
    const share = known.length === 1 ? (below === 1 ? 'The secret is' : 'The secret is not') : undefined;
    const verb = below === 1 ? 'is' : 'are';
    forgetting = `${share ?? `${integer(below)} of ${integer(known.length)} secrets ${verb}`} below the forgetting threshold`;
  } else if (
    threshold !== undefined &&
    mean !== undefined &&
    mean.count !== 0 &&
    mean.memorizationAccuracy.after !== null
  ) {
    state = meanBelow ? 'partly' : 'remembered';
    forgetting = `On average the ${input.summary.secrets ? 'secrets' : 'documents'} are ${meanBelow ? '' : 'not '}below the forgetting threshold`;
  }
  const kept = retainedClause(input);
  return {
    state,
    headline: `${forgetting}${kept === undefined ? '' : `; ${kept}`}.`,
    details: detailSentences(input),
  };
}

/** The EL_n that is not below its threshold after unlearning, for the largest n; undefined if it is, or is unknown. */
function likelihoodAbove({ summary, thresholds }: ReportInput): string | undefined {
  const likelihoods = summary.secrets?.extractionLikelihood ?? {};
  const n = likelihoodOrder(likelihoods);
  if (n === undefined) return undefined;
  const value = likelihoods[n]!.after;
  const threshold = thresholds?.extractionLikelihood[n];
  if (isBelow(value, threshold) !== false) return undefined;
  return `Their EL_${n}, ${percent(value)}, is not below its threshold of ${percent(threshold)}: left to go on, it still writes runs of ${n} of their tokens.`;
}

function judgeAudit(input: ReportInput): Verdict {
  const probed = (input.secrets ?? []).filter((secret) => secret.memorizationAccuracy.before !== null);
  const memorized = probed.filter((secret) => secret.memorizationAccuracy.before! >= MEMORIZED).length;
  const measured = (input.measures ?? []).flatMap(({ memorizationAccuracy: { before } }) => before ?? []);
  const whole = measured.filter((value) => value >= MEMORIZED).length;
  const parts = [
    probed.length > 0 &&
      `${integer(memorized)} of ${counted(probed.length, 'probed secret')} ${memorized === 1 ? 'is' : 'are'} memorized (MA of at least ${MEMORIZED * 100}%)`,
    measured.length > 0 &&
      `${integer(whole)} of ${counted(measured.length, 'measured document')} ${whole === 1 ? 'is' : 'are'} memorized (MA of at least ${MEMORIZED * 100}%)`,
    input.clones &&
      `${integer(input.clones.before.memorizedOutputs)} of ${counted(input.clones.before.outputs, 'output')} repeat code of the corpus`,
  ].filter((part) => typeof part === 'string');
  return {
    state: 'audit',
    headline: `${parts.length === 0 ? 'Nothing was probed' : parts.join('; ')}.`,
    details: [],
  };
}

function retainedClause(input: ReportInput): string | undefined {
  const loss = input.summary.retained?.loss;
  if (!loss || loss.before === null || loss.after === null) return undefined;
  const relative = change(loss.before, loss.after);
  if (relative.startsWith('\u00b1')) return 'loss on retained code stayed the same';
  const size = relative.slice(1);
  return `loss on retained code ${loss.after > loss.before ? 'rose' : 'fell'} by ${size}`;
}

function detailSentences(input: ReportInput): string[] {
  const sentences: string[] = [];
  const { secrets, retained } = input.summary;
  const threshold = input.thresholds?.memorizationAccuracy;
  if (secrets) {
    const { before, after } = secrets.memorizationAccuracy;
    const limit = threshold === undefined ? '' : `; unseen code scores ${percent(threshold)}`;
    sentences.push(
      `Given the code before a secret, the model predicted ${percent(before)} of its tokens (MA) before and ${percent(after)} after${limit}.`,
    );
  }
  const above = likelihoodAbove(input);
  if (above !== undefined) sentences.push(above);
  if (input.clones?.after) {
    const share = (campaign: { memorizedOutputs: number; outputs: number }) =>
      percent(campaign.outputs === 0 ? null : campaign.memorizedOutputs / campaign.outputs);
    sentences.push(
      `Outputs that repeat code of the corpus: ${share(input.clones.before)} before, ${share(input.clones.after)} after.`,
    );
  }
  if (retained && retained.loss.before !== null && retained.loss.after !== null) {
    sentences.push(
      `Loss on ${counted(retained.documents, 'retained document')}: ${decimal(retained.loss.before)} before, ${decimal(retained.loss.after)} after, in nats a token (${NAT}).`,
    );
  }
  return sentences;
}
