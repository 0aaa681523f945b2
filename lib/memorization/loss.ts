/** The model's loss on sequences: what it costs to predict them, memorized or not. */
import * as z from 'zod';
import { check } from '../check.js';
import type { Model, Tokens } from '../model/model.js';
import { type ProgressEvent, progress, relay } from '../progress.js';
import { signalSchema } from './options.js';

export interface MeasureLossOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface LossResult {
  /** Mean over all predicted tokens of -ln p, in nats; NaN if there is none. Less is better. */
  readonly loss: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Predicted tokens: those from the second of each sequence on. */
  readonly tokens: number;
  /** One entry per sequence, in their order. */
  readonly perExample: readonly { readonly loss: number; readonly tokens: number }[];
}

const schema = z.strictObject({ signal: signalSchema });

/**
 * Teacher-forced next-token loss of sequences. Every token weighs the same, so a long sequence counts for more.
 *
 * @throws InputError `ERR_INVALID_OPTION`; `ERR_CONTEXT_LENGTH` for a sequence longer than the context
 * @throws AbortedError when the signal fires
 */
export async function* measureLoss(
  model: Model,
  sequences: readonly Tokens[],
  options: MeasureLossOptions = {},
): AsyncGenerator<ProgressEvent, LossResult, void> {
  const { signal } = check(schema, options, 'options of measureLoss');
  const measurable = sequences.filter((tokens) => tokens.length >= 2);
  const scores = yield* relay(
    (emit: (event: ProgressEvent) => void, stop) =>
      model.score(measurable, {
        signal: stop,
        onProgress: (done, total) => emit(progress('measure loss', done, total, 'sequences')),
      }),
    signal,
  );

  let next = 0;
  let sum = 0;
  let count = 0;
  const perExample = sequences.map((tokens) => {
    if (tokens.length < 2) return { loss: Number.NaN, tokens: 0 };
    const { logprobs } = scores[next++]!;
    let own = 0;
    for (const logprob of logprobs) own -= logprob;
    sum += own;
    count += logprobs.length;
    return { loss: own / logprobs.length, tokens: logprobs.length };
  });
  return { loss: sum / count, perplexity: Math.exp(sum / count), tokens: count, perExample };
}
