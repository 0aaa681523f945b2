/** Documents to typed arrays: what the native calls take, and how work is cut into calls. */
import type { TokenBatch } from '../native/contract.js';

/** Lays sequences end to end. */
export function toBatch(sequences: readonly Int32Array[]): TokenBatch {
  const lengths = Int32Array.from(sequences, (sequence) => sequence.length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const sequence of sequences) {
    tokens.set(sequence, offset);
    offset += sequence.length;
  }
  return { tokens, lengths };
}

/**
 * Cuts the sequences into groups of similar length, each at most `batchTokens` tokens once padded (a longer sequence
 * stands alone). Returns indexes, longest first: what needs most memory fails first.
 */
export function groupByLength(
  sequences: readonly { readonly length: number }[],
  batchTokens: number,
): number[][] {
  const order = sequences
    .map((_, index) => index)
    .sort((a, b) => sequences[b]!.length - sequences[a]!.length || a - b);
  const groups: number[][] = [];
  let group: number[] = [];
  for (const index of order) {
    const longest = sequences[group[0] ?? index]!.length;
    if (group.length > 0 && longest * (group.length + 1) > batchTokens) {
      groups.push(group);
      group = [];
    }
    group.push(index);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
