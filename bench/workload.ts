/** Tokens that both sides get: random, from a fixed seed. */
import type { Random } from '../lib/random.js';

export function randomTokens(random: Random, length: number, vocabulary: number): number[] {
  // Not 0, which peers pad with.
  return Array.from({ length }, () => 1 + random.integer(vocabulary - 1));
}

/** Rows on which both sides made the same tokens. Random weights decide by little, so rounding parts some rows. */
export function equalRows(
  ours: readonly (readonly number[])[] | undefined,
  theirs: readonly (readonly number[])[] | undefined,
): string {
  const equal = ours!.filter((row, i) => row.join() === theirs![i]!.join());
  return `${equal.length} of ${ours!.length}`;
}
