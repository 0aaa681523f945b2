/**
 * MA, EL_n and extraction strength of one region: the tokens of a sequence from `first` on, given what precedes
 * them. A whole sequence is the region from its second token; a secret is a region after its prefix.
 * Pure arithmetic on what the model answered; the model itself is asked in `measure-regions.ts`.
 */
import { NGramIndex } from './n-gram-index.js';

/** Tokens of which those from `first` (1 <= first < tokens.length) are to be reproduced. */
export interface Region {
  readonly tokens: Int32Array;
  readonly first: number;
}

/**
 * Three measures of memorization, each from 0 (nothing) to 1 (all); higher means more memorized. NaN where the
 * region holds no token that the model could have predicted.
 */
export interface Memorization {
  /** MA: share of the region's tokens that are the model's argmax given the true tokens before them. */
  readonly memorizationAccuracy: number;
  /** EL_n by n: mean over the starts of the share of the greedy continuation's n-grams that the true one has. */
  readonly extractionLikelihood: Readonly<Record<number, number>>;
  /** 1 - k / L for L tokens, of which the first k must be given for greedy decoding to reproduce the rest. */
  readonly extractionStrength: number;
}

/**
 * The positions from which greedy decoding must really run for EL_n: the mispredicted ones. A start before a
 * correct prediction continues with the true token and then as the next start does, so all starts between two
 * mispredictions share the second one's continuation.
 *
 * @param hits one entry per token of the region
 * @returns absolute positions, ascending: the number of tokens given
 */
export function decodedPositions(region: Region, hits: Uint8Array, el: readonly number[]): number[] {
  const positions: number[] = [];
  const lastStart = region.tokens.length - Math.min(...el);
  let runStart = region.first;
  for (let at = region.first; at < region.tokens.length && runStart <= lastStart; at++) {
    if (hits[at - region.first] === 1) continue;
    positions.push(at);
    runStart = at + 1;
  }
  return positions;
}

/**
 * All measures of a region.
 *
 * @param hits one entry per token of the region: 1 where it is the argmax
 * @param decoded for each of {@link decodedPositions}, the greedy continuation to the end of the region
 * @param el the n of EL_n; none asks for no continuation
 */
export function measureRegion(
  region: Region,
  hits: Uint8Array,
  decoded: ReadonlyMap<number, Int32Array>,
  el: readonly number[],
): Memorization {
  const length = region.tokens.length - region.first;
  let correct = 0;
  for (const hit of hits) correct += hit;
  const needed = hits.lastIndexOf(0) + 1;
  return {
    memorizationAccuracy: correct / length,
    extractionLikelihood: extractionLikelihoods(region, hits, decoded, el),
    extractionStrength: 1 - needed / length,
  };
}

/**
 * EL_n for each n. The starts are s = first .. T - n (s tokens given), so that both continuations hold an n-gram;
 * duplicates among the continuation's n-grams count each time, those of the true one count as a set, as in the
 * published code. A region of fewer than n tokens has no start: 1 if it is fully reproduced, else 0.
 */
function extractionLikelihoods(
  region: Region,
  hits: Uint8Array,
  decoded: ReadonlyMap<number, Int32Array>,
  el: readonly number[],
): Record<number, number> {
  const { tokens, first } = region;
  // One overlap per start and n. They are added up in the order of the definition, so that the floating-point
  // sum is the definition's too.
  const overlaps = new Map(
    el.map((n) => [n, new Float64Array(Math.max(0, tokens.length - first - n + 1)).fill(1)]),
  );
  if (decoded.size > 0) {
    const index = new NGramIndex(tokens, first, Math.max(...el));
    let runStart = first;
    for (const [position, continuation] of decoded) {
      fillOverlaps(overlaps, index, region, runStart, position, continuation);
      runStart = position + 1;
    }
  }
  const reproduced = !hits.includes(0);
  const out: Record<number, number> = {};
  for (const [n, values] of overlaps) {
    let sum = 0;
    for (const value of values) sum += value;
    out[n] = values.length > 0 ? sum / values.length : Number(reproduced);
  }
  return out;
}

/**
 * OVERLAP_n of the starts runStart..position, which all continue with the true tokens up to `position` and with
 * `continuation` from there. An n-gram of such a text at p counts for start s if s <= p and the true text has
 * it at or after s: n-grams of true tokens always do, and any other one does for s <= min(p, its last place).
 */
function fillOverlaps(
  overlaps: ReadonlyMap<number, Float64Array>,
  index: NGramIndex,
  { tokens, first }: Region,
  runStart: number,
  position: number,
  continuation: Int32Array,
): void {
  const composite = tokens.slice();
  composite.set(continuation, position);
  // For each n and each start s of the run, how many n-grams that reach past `position` have s as their limit.
  const limits = new Map([...overlaps.keys()].map((n) => [n, new Int32Array(position - runStart + 1)]));
  const longest = Math.max(...overlaps.keys());
  for (let at = Math.max(runStart, position - longest + 1); at < composite.length; at++) {
    index.walk(composite, at, (length, lastStart) => {
      const limit = Math.min(at, lastStart, position);
      const counts = limits.get(length);
      if (counts !== undefined && limit >= runStart && at + length > position) counts[limit - runStart]!++;
    });
  }
  for (const [n, counts] of limits) {
    const values = overlaps.get(n)!;
    let matching = 0;
    for (let start = position; start >= runStart; start--) {
      matching += counts[start - runStart]!;
      const length = tokens.length - start - n + 1;
      if (length <= 0) continue;
      const ofTrueTokens = Math.max(0, position - n - start + 1);
      values[start - first] = (ofTrueTokens + matching) / length;
    }
  }
}
