/** Checks and means that every measurement shares. */
import * as z from 'zod';
import type { Memorization } from './region.js';

/** The n of EL_n that the papers report (REFERENCE section 7). */
export const PUBLISHED_EL: readonly number[] = [3, 5, 10];

export const elSchema = z.array(z.int().min(1)).transform((el) => [...new Set(el)].sort((a, b) => a - b));
export const signalSchema = z.instanceof(AbortSignal).optional();

/** Mean of the values that are numbers; NaN if none is. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

/** Every measure reduced by itself, e.g. to its mean. */
export function reduceMemorization(
  measured: readonly Memorization[],
  el: readonly number[],
  reduce: (values: readonly number[]) => number,
): Memorization {
  return {
    memorizationAccuracy: reduce(measured.map((each) => each.memorizationAccuracy)),
    extractionLikelihood: Object.fromEntries(
      el.map((n) => [n, reduce(measured.map((each) => each.extractionLikelihood[n]!))]),
    ),
    extractionStrength: reduce(measured.map((each) => each.extractionStrength)),
  };
}

/** What a region that holds nothing to predict measures. */
export function unmeasured(el: readonly number[]): Memorization {
  return {
    memorizationAccuracy: Number.NaN,
    extractionLikelihood: Object.fromEntries(el.map((n) => [n, Number.NaN])),
    extractionStrength: Number.NaN,
  };
}
