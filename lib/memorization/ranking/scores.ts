/** From what was measured of an output to its scores: the formulas, and nothing else. */
import type { Likelihood } from './likelihood.js';
import type { ScoreName } from './records.js';

export interface Figures {
  readonly first: Likelihood;
  /** By model 2, where there is one. */
  readonly second: Likelihood | undefined;
  /** By model 1, of the lower-cased text. */
  readonly lower: Likelihood;
  readonly zlibBytes: number;
}

/**
 * What a logarithm of a perplexity counts as at least where it divides: a text that the model is certain of has 0, give
 * or take the rounding of float32, and would make every quotient infinite.
 */
const MIN_LOG_PERPLEXITY = 1e-6;

/** Scores by name, in the order of SCORE_NAMES; null where something to compute them from is missing. */
export function scoresOf({ first, second, lower, zlibBytes }: Figures): Record<string, number | null> {
  const ratio = (above: number, below: number) => above / Math.max(below, MIN_LOG_PERPLEXITY);
  const least = (value: number) => Math.max(value, MIN_LOG_PERPLEXITY);
  const l1 = first.logPerplexity;
  const scores: Partial<Record<ScoreName, number>> = {
    perplexity: -l1,
    ...(second === undefined
      ? {}
      : {
          smallFirst: ratio(least(l1), second.logPerplexity),
          largeFirst: ratio(least(second.logPerplexity), l1),
        }),
    lowercase: ratio(lower.logPerplexity, l1),
    zlib: ratio(zlibBytes, l1),
    minK: first.minK,
    minKPlusPlus: first.minKPlusPlus,
  };
  return Object.fromEntries(Object.entries(scores).map(([name, value]) => [name, finite(value)]));
}

/** The same for windows, by names of their own. */
export function windowScoresOf(figures: Figures): Record<string, number | null> {
  const named = ([name, value]: [string, number | null]) =>
    [`window${name[0]!.toUpperCase()}${name.slice(1)}`, value] as const;
  return Object.fromEntries(Object.entries(scoresOf(figures)).map(named));
}

/** JSON has no NaN. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
