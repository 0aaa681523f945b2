/** Forgetting thresholds: how much a model seems to have memorized of code that it never saw. */
import * as z from 'zod';
import { check } from '../check.js';
import { InputError } from '../errors.js';
import type { Model, Tokens } from '../model/model.js';
import type { ProgressEvent } from '../progress.js';
import { deriveSeed, Random } from '../random.js';
import { measureMemorization } from './measure.js';
import { elSchema, mean, signalSchema } from './options.js';

export interface ComputeThresholdsOptions {
  /** The n of EL_n. Default: 10, the one that unlearning stops on (REFERENCE section 8). */
  readonly el?: readonly number[] | undefined;
  /** Samples to average over, an integer >= 1. Default: 1. Published: 5. */
  readonly runs?: number | undefined;
  /** Sequences of a sample, drawn without replacement. Default: all, which makes every run the same. Published: 10 000. */
  readonly sampleSize?: number | undefined;
  /** Seed of the samples. Default: 42. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A sequence counts as forgotten when it measures below these. */
export interface Thresholds {
  /** 0..1. */
  readonly memorizationAccuracy: number;
  /** 0..1, by n. */
  readonly extractionLikelihood: Readonly<Record<number, number>>;
}

/**
 * Whether a measured MA or EL_n is below its threshold. **(ours)** 0 is below any, 0 included: what a model does not
 * write at all cannot be forgotten further, and EL_10 of unseen code often is 0. Published: `<` alone, which never ends
 * there.
 */
export function isBelowThreshold(value: number, threshold: number): boolean {
  return value === 0 || value < threshold;
}

export interface ThresholdsResult extends Thresholds {
  /** The means of each run, whose mean the thresholds are. */
  readonly runs: readonly Thresholds[];
  /** Standard deviation over the sequences that any run drew, of MA and of EL_n by n. */
  readonly deviation: Thresholds;
  /** How many these are. */
  readonly sequences: number;
}

const schema = z.strictObject({
  el: elSchema.default([10]),
  runs: z.int().min(1).default(1),
  sampleSize: z.int().min(1).optional(),
  seed: z.int().default(42),
  signal: signalSchema,
});

/**
 * Means of MA and EL_n over unseen sequences (REFERENCE section 7). Every sequence that any run drew is measured
 * once, however many runs drew it.
 *
 * @param sequences tokens of code that the model was not trained on, each at least two tokens long
 * @throws InputError `ERR_INVALID_OPTION`, also when there is no such sequence or fewer than `sampleSize`
 * @throws AbortedError when the signal fires
 */
export async function* computeThresholds(
  model: Model,
  sequences: readonly Tokens[],
  options: ComputeThresholdsOptions = {},
): AsyncGenerator<ProgressEvent, ThresholdsResult, void> {
  const { el, runs, sampleSize, seed, signal } = check(schema, options, 'options of computeThresholds');
  const measurable = sequences.filter((tokens) => tokens.length >= 2);
  const size = sampleSize ?? measurable.length;
  if (measurable.length === 0 || size > measurable.length)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected at least ${Math.max(1, size)} unseen sequences of two tokens or more but received ${measurable.length}.`,
    );

  const everything = measurable.map((_, i) => i);
  const samples = Array.from({ length: runs }, (_, run) =>
    size === measurable.length
      ? everything
      : new Random(deriveSeed(seed, 'thresholds', run)).shuffle(everything).slice(0, size),
  );
  const drawn = [...new Set(samples.flat())].sort((a, b) => a - b);
  const { perExample } = yield* measureMemorization(
    model,
    drawn.map((i) => measurable[i]!),
    { el, signal },
  );

  const measured = new Map(drawn.map((i, at) => [i, perExample[at]!]));
  const means = samples.map((sample) =>
    meanThresholds(
      sample.map((i) => measured.get(i)!),
      el,
    ),
  );
  return {
    ...meanThresholds(means, el),
    runs: means,
    deviation: overThresholds(perExample, el, deviation),
    sequences: drawn.length,
  };
}

function meanThresholds(items: readonly Thresholds[], el: readonly number[]): Thresholds {
  return overThresholds(items, el, mean);
}

function overThresholds(
  items: readonly Thresholds[],
  el: readonly number[],
  reduce: (values: readonly number[]) => number,
): Thresholds {
  return {
    memorizationAccuracy: reduce(items.map((item) => item.memorizationAccuracy)),
    extractionLikelihood: Object.fromEntries(
      el.map((n) => [n, reduce(items.map((item) => item.extractionLikelihood[n]!))]),
    ),
  };
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
