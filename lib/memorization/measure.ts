/** MA, EL_n and extraction strength of whole sequences. */
import * as z from 'zod';
import { check } from '../check.js';
import type { Model, Tokens } from '../model/model.js';
import type { ProgressEvent } from '../progress.js';
import { measureRegions } from './measure-regions.js';
import { elSchema, mean, PUBLISHED_EL, reduceMemorization, signalSchema, unmeasured } from './options.js';
import type { Memorization } from './region.js';

export interface MeasureMemorizationOptions {
  /** The n of EL_n, each an integer >= 1. None skips the decoding. Default: 3, 5, 10 (REFERENCE section 7). */
  readonly el?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MemorizationResult {
  /** Means over the sequences that could be measured; NaN if none could. */
  readonly aggregate: Memorization;
  /** One entry per sequence, in their order. */
  readonly perExample: readonly Memorization[];
}

const schema = z.strictObject({ el: elSchema.default([...PUBLISHED_EL]), signal: signalSchema });

/**
 * Measures how much of each sequence the model has memorized (Jang et al. 2023; REFERENCE section 7).
 *
 * MA is the share of the tokens 2..T that are the model's greedy choice given the true tokens before them.
 * EL_n is the mean over i = 1..T-n of the share of n-grams in the greedy continuation of the first i tokens, up to
 * length T, that occur in the true continuation. Extraction strength is 1 - k/(T-1), where k of the tokens 2..T
 * must be given for greedy decoding to reproduce the rest. All lie in 0..1; more means more memorized.
 *
 * A sequence of n tokens or fewer has no i: its EL_n is 1 if greedy decoding from its first token reproduces it,
 * else 0, as for a short secret. A sequence of fewer than two tokens has nothing to predict: all its values are
 * NaN (`null` in JSON), and the aggregate leaves it out.
 *
 * Greedy decoding does not stop at an end-of-text token: the definition decodes to length T.
 *
 * @param sequences tokens, each at most the model's context length; published: the first 128 of a document
 * @throws InputError `ERR_INVALID_OPTION`; `ERR_CONTEXT_LENGTH` for a sequence longer than the context
 * @throws AbortedError when the signal fires
 */
export async function* measureMemorization(
  model: Model,
  sequences: readonly Tokens[],
  options: MeasureMemorizationOptions = {},
): AsyncGenerator<ProgressEvent, MemorizationResult, void> {
  const { el, signal } = check(schema, options, 'options of measureMemorization');
  const measurable = sequences.filter((tokens) => tokens.length >= 2);
  const measured = yield* measureRegions(
    model,
    measurable.map((tokens) => ({ tokens, first: 1 })),
    { el, signal },
  );
  let next = 0;
  const perExample = sequences.map((tokens) => (tokens.length >= 2 ? measured[next++]! : unmeasured(el)));
  return { aggregate: reduceMemorization(perExample, el, mean), perExample };
}
