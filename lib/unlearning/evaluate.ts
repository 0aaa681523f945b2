/**
 * What an epoch left: how much of the forget set the model still knows (MA each time, EL_n once MA has come near its
 * threshold), and how well it still predicts what it is to keep.
 */
import { measureLoss } from '../memorization/loss.js';
import { measureMemorization } from '../memorization/measure.js';
import { measureSecrets, type SecretSpan } from '../memorization/measure-secrets.js';
import type { Memorization } from '../memorization/region.js';
import type { Model } from '../model/model.js';
import type { ProgressEvent } from '../progress.js';
import type { UnlearningDocument } from './plan.js';
import { type Evaluation, needsExtraction, type StopRule } from './stop-rule.js';

export interface EvaluateOptions {
  /** `secrets`: the secret tokens after their prefixes. `sequences`: whole documents. */
  readonly of: 'secrets' | 'sequences';
  readonly prefixTokens: number;
  readonly secretTokens: number;
  readonly signal?: AbortSignal | undefined;
}

export async function* evaluateForgetting(
  model: Model,
  forget: readonly UnlearningDocument[],
  rule: StopRule,
  options: EvaluateOptions,
): AsyncGenerator<ProgressEvent, Omit<Evaluation, 'epoch'>, void> {
  const { memorizationAccuracy } = yield* measure(model, forget, [], options);
  if (!needsExtraction(memorizationAccuracy, rule))
    return { memorizationAccuracy, extractionLikelihood: null };
  const { extractionLikelihood } = yield* measure(model, forget, [rule.elN], options);
  return { memorizationAccuracy, extractionLikelihood: extractionLikelihood[rule.elN]! };
}

/** Mean next-token loss over all tokens of the documents to retain, in nats; null where there are none. */
export async function* evaluateRetained(
  model: Model,
  retain: readonly UnlearningDocument[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ProgressEvent, number | null, void> {
  const sequences = retain.map(({ tokens }) => tokens).filter((tokens) => tokens.length >= 2);
  return sequences.length === 0 ? null : (yield* measureLoss(model, sequences, { signal })).loss;
}

async function* measure(
  model: Model,
  forget: readonly UnlearningDocument[],
  el: readonly number[],
  { of, prefixTokens, secretTokens, signal }: EvaluateOptions,
): AsyncGenerator<ProgressEvent, Memorization, void> {
  if (of === 'sequences') {
    const sequences = forget.map(({ tokens }) => tokens);
    return (yield* measureMemorization(model, sequences, { el, signal })).aggregate;
  }
  const documents = forget.map((document) => ({ ...document, spans: secretSpans(document) }));
  return (yield* measureSecrets(model, documents, { el, prefixTokens, secretTokens, signal })).aggregate;
}

/** Where a document's secrets lie: as it says, else the runs of its mask. */
export function secretSpans({ mask, spans }: UnlearningDocument): readonly SecretSpan[] {
  if (spans !== undefined) return spans;
  const runs: SecretSpan[] = [];
  for (let first = mask?.indexOf(1) ?? -1; first >= 0; ) {
    const after = mask!.indexOf(0, first);
    runs.push({ first, last: (after < 0 ? mask!.length : after) - 1 });
    first = after < 0 ? -1 : mask!.indexOf(1, after);
  }
  return runs;
}
