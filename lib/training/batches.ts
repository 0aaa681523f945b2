/**
 * Which sequences a step sees and how they reach the device. The batch is what the mathematics knows; the
 * micro-batches into which it is cut bound memory and change nothing, since every term is a mean over all of them.
 */
import type { TrainingSequence } from '../model/model.js';
import { deriveSeed, Random } from '../random.js';

/** The order in which epoch number `epoch` (0 is the first) visits `count` items: a pure function of the seed. */
export function epochOrder(count: number, seed: number | bigint, epoch: number): number[] {
  return new Random(deriveSeed(seed, 'epoch', epoch)).shuffle(Array.from({ length: count }, (_, i) => i));
}

/** Consecutive runs of `size` items; the last one may be shorter. */
export function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  const batches: Item[][] = [];
  for (let from = 0; from < items.length; from += size) batches.push(items.slice(from, from + size));
  return batches;
}

/**
 * Cuts a batch into micro-batches of at most `maxTokens` tokens, counting each sequence as long as the longest
 * beside it. Longest first, so that neighbours are of like length and the first micro-batch shows at once whether
 * memory suffices. A sequence that alone exceeds the limit is a micro-batch of its own.
 */
export function microBatchesOf<Item extends Pick<TrainingSequence, 'tokens'>>(
  batch: readonly Item[],
  maxTokens: number,
): Item[][] {
  const sorted = batch.toSorted((a, b) => b.tokens.length - a.tokens.length);
  const microBatches: Item[][] = [];
  let current: Item[] = [];
  for (const sequence of sorted) {
    const longest = current[0]?.tokens.length ?? 0;
    if (current.length > 0 && longest * (current.length + 1) > maxTokens) {
      microBatches.push(current);
      current = [];
    }
    current.push(sequence);
  }
  if (current.length > 0) microBatches.push(current);
  return microBatches;
}
