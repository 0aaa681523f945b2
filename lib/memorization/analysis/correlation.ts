/** How two counts go together: Pearson, Spearman, a fitted line, and a choice of points to draw. */
import type { Analysis } from './summary.js';
import { MAX_SAMPLE_POINTS } from './summary.js';

export type Correlation = Analysis['correlation'];

/**
 * Correlates two columns of counts of the same length.
 *
 * Pearson's r, Spearman's rho (Pearson of the ranks, equal counts sharing the mean of their ranks) and the least-squares
 * line `y = slope * x + intercept` are null where they are undefined: fewer than two points, or a column of one value.
 */
export function correlate(x: Uint32Array, y: Uint32Array): Correlation {
  const line = fitLine(x, y);
  return {
    pearson: line?.r ?? null,
    spearman: fitLine(rank(x), rank(y))?.r ?? null,
    slope: line?.slope ?? null,
    intercept: line?.intercept ?? null,
    points: x.length,
    sample: samplePairs(x, y, MAX_SAMPLE_POINTS),
  };
}

export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** Pearson's r; null if `y` has one value only. */
  readonly r: number | null;
}

/** The least-squares line through points; undefined for fewer than two points, or if `x` has one value only. */
export function fitLine(x: ArrayLike<number>, y: ArrayLike<number>): Line | undefined {
  const count = x.length;
  const meanX = mean(x);
  const meanY = mean(y);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < count; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (count < 2 || xx === 0) return undefined;
  const slope = xy / xx;
  const r = yy === 0 ? null : Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
  return { slope, intercept: meanY - slope * meanX, r };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Ranks from 1; equal values share the mean of theirs. */
export function rank(values: Uint32Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    for (let i = first; i < end; i++) ranks[order[i]!] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}

/** Distinct pairs with their counts, by x, then y; if there are more than `limit`, evenly chosen, first and last kept. */
export function samplePairs(x: Uint32Array, y: Uint32Array, limit: number): [number, number, number][] {
  const order = Uint32Array.from(x, (_, i) => i).sort((a, b) => x[a]! - x[b]! || y[a]! - y[b]!);
  const isNew = (at: number) =>
    at === 0 || x[order[at]!] !== x[order[at - 1]!] || y[order[at]!] !== y[order[at - 1]!];
  let distinct = 0;
  for (let at = 0; at < order.length; at++) if (isNew(at)) distinct++;

  const pairs: [number, number, number][] = [];
  let taken = false;
  let seen = 0;
  for (const [at, row] of order.entries()) {
    if (isNew(at)) {
      taken = distinct <= limit || seen === Math.round((pairs.length * (distinct - 1)) / (limit - 1));
      if (taken) pairs.push([x[row]!, y[row]!, 0]);
      seen++;
    }
    if (taken) pairs.at(-1)![2]++;
  }
  return pairs;
}
