/** How well scores find memorized outputs: ranks, precision among the best n, ROC and the area under it. Pure. */
import type { ScoreQuality } from './records.js';

/** Points of a ROC curve that are kept: more than a plot can show. */
export const MAX_ROC_POINTS = 200;

/** 10, 50, 100, 500, 1000 and so on, as far as there are outputs. */
export function precisionCounts(outputs: number): number[] {
  const counts: number[] = [];
  for (let ten = 10; ten <= outputs; ten *= 10) {
    counts.push(ten);
    if (5 * ten <= outputs) counts.push(5 * ten);
  }
  return counts;
}

/** Ranks by score: 1 + the number of higher ones; 0 for NaN. */
export function ranksOf(scores: Float64Array): Uint32Array {
  const ranks = new Uint32Array(scores.length);
  const order = bestFirst(scores);
  for (const { from, end } of ties(scores, order))
    for (let i = from; i < end; i++) if (!Number.isNaN(scores[order[i]!])) ranks[order[i]!] = from + 1;
  return ranks;
}

/**
 * Judges a score. Outputs without one (NaN) stand together after all others: every score is judged by the same outputs.
 * Equal scores share their places, so that the order of the outputs never shows.
 *
 * @param memorized 1 for each output that is
 */
export function judgeScore(name: string, scores: Float64Array, memorized: Uint8Array): ScoreQuality {
  const order = bestFirst(scores);
  // How many outputs, and memorized ones, score at least as high, for each distinct score.
  const steps: { seen: number; found: number }[] = [{ seen: 0, found: 0 }];
  for (const { from, end } of ties(scores, order)) {
    let { found } = steps.at(-1)!;
    for (let i = from; i < end; i++) found += memorized[order[i]!]!;
    steps.push({ seen: end, found });
  }
  const { seen: outputs, found: positives } = steps.at(-1)!;
  const negatives = outputs - positives;
  const precisionAt = precisionCounts(outputs).map((n) => ({ n, precision: foundAmong(n, steps) / n }));
  if (positives === 0 || negatives === 0) return { name, precisionAt, auc: null, roc: [] };

  let pairs = 0;
  for (let i = 1; i < steps.length; i++) {
    const hits = steps[i]!.found - steps[i - 1]!.found;
    const misses = steps[i]!.seen - steps[i - 1]!.seen - hits;
    const below = outputs - steps[i]!.seen - (positives - steps[i]!.found);
    pairs += hits * (below + misses / 2);
  }
  const roc = thin(steps).map(({ seen, found }): [number, number] => [
    (seen - found) / negatives,
    found / positives,
  ]);
  return { name, precisionAt, auc: pairs / (positives * negatives), roc };
}

/** Memorized outputs to be expected among the best n, if equal scores come in random order. */
function foundAmong(n: number, steps: readonly { seen: number; found: number }[]): number {
  const at = steps.findIndex(({ seen }) => seen >= n);
  const [before, after] = [steps[at - 1]!, steps[at]!];
  const part = (n - before.seen) / (after.seen - before.seen);
  return before.found + part * (after.found - before.found);
}

/** Scores are finite; what has none stands below all of them. */
function height(score: number): number {
  return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
}

function bestFirst(scores: Float64Array): Uint32Array {
  return Uint32Array.from(scores, (_, i) => i).sort((a, b) => {
    const [first, second] = [height(scores[a]!), height(scores[b]!)];
    return first === second ? a - b : second > first ? 1 : -1;
  });
}

/** Stretches of `order` with one score. */
function* ties(scores: Float64Array, order: Uint32Array): Generator<{ from: number; end: number }, void> {
  for (let from = 0; from < order.length; ) {
    let end = from + 1;
    while (end < order.length && height(scores[order[end]!]!) === height(scores[order[from]!]!)) end++;
    yield { from, end };
    from = end;
  }
}

/** An even choice, first and last kept. */
function thin<T>(items: readonly T[]): T[] {
  if (items.length <= MAX_ROC_POINTS) return [...items];
  return Array.from(
    { length: MAX_ROC_POINTS },
    (_, i) => items[Math.round((i * (items.length - 1)) / (MAX_ROC_POINTS - 1))]!,
  );
}
