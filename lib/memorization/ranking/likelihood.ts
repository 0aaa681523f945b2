/** What ranking takes from a model's scores of one text. */

import type { Score } from '../../model/model.js';
import { mean } from '../options.js';

/** All NaN for a text of less than two tokens. */
export interface Likelihood {
  /** Mean of -ln p over the tokens 2..T: the logarithm of the perplexity. */
  readonly logPerplexity: number;
  /** Mean ln p of the `share` least likely tokens. */
  readonly minK: number;
  /** Mean of the `share` lowest (ln p - mean) / deviation. */
  readonly minKPlusPlus: number;
}

export const NO_LIKELIHOOD: Likelihood = {
  logPerplexity: Number.NaN,
  minK: Number.NaN,
  minKPlusPlus: Number.NaN,
};

/** Of the model's own distribution: below it, a deviation is rounding (FIELD, "Metrics"). */
const MIN_VARIANCE = 1e-6;

/** @param share of the tokens that Min-K looks at, 0..1; one at least */
export function likelihoodOf(
  { logprobs, means, variances }: Pick<Score, 'logprobs' | 'means' | 'variances'>,
  share: number,
): Likelihood {
  const normalized = Float64Array.from(
    logprobs,
    (logprob, i) => (logprob - means[i]!) / Math.sqrt(Math.max(variances[i]!, MIN_VARIANCE)),
  );
  return {
    logPerplexity: -mean([...logprobs]),
    minK: meanOfLowest(Float64Array.from(logprobs), share),
    minKPlusPlus: meanOfLowest(normalized, share),
  };
}

function meanOfLowest(values: Float64Array, share: number): number {
  const count = Math.max(1, Math.floor(share * values.length));
  return mean([...values.sort().subarray(0, count)]);
}

/** Means of each; what has no likelihood is left out. */
export function meanLikelihood(items: readonly Likelihood[]): Likelihood {
  return {
    logPerplexity: mean(items.map(({ logPerplexity }) => logPerplexity)),
    minK: mean(items.map(({ minK }) => minK)),
    minKPlusPlus: mean(items.map(({ minKPlusPlus }) => minKPlusPlus)),
  };
}
