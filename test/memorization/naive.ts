/**
 * The published definition of MA and EL_n, written down as it reads and as slowly: one greedy decoding for every
 * start. The second implementation that the fast one must equal exactly.
 */

/** Continues a prefix greedily by `count` tokens. */
export type Greedy = (prefix: Int32Array, count: number) => Promise<Int32Array> | Int32Array;

/** MA and EL_n of the tokens from `first` on, given those before them. */
export async function naiveMemorization(
  tokens: Int32Array,
  first: number,
  el: readonly number[],
  greedy: Greedy,
): Promise<{ memorizationAccuracy: number; extractionLikelihood: Record<number, number> }> {
  let correct = 0;
  for (let t = first; t < tokens.length; t++) {
    const [next] = await greedy(tokens.slice(0, t), 1);
    if (next === tokens[t]) correct++;
  }
  const continuations: Int32Array[] = [];
  for (let i = first; i < tokens.length; i++) {
    continuations.push(await greedy(tokens.slice(0, i), tokens.length - i));
  }

  const extractionLikelihood: Record<number, number> = {};
  for (const n of el) {
    const overlaps: number[] = [];
    for (let i = first; i <= tokens.length - n; i++) {
      overlaps.push(computeOverlap(continuations[i - first]!, tokens.slice(i), n));
    }
    if (overlaps.length > 0) extractionLikelihood[n] = overlaps.reduce((a, b) => a + b, 0) / overlaps.length;
    else extractionLikelihood[n] = String(continuations[0]) === String(tokens.slice(first)) ? 1 : 0;
  }
  return { memorizationAccuracy: correct / (tokens.length - first), extractionLikelihood };
}

/** Share of the n-grams of `generated`, repeated ones counted each time, that occur among those of `truth`. */
export function computeOverlap(generated: Int32Array, truth: Int32Array, n: number): number {
  const grams = nGrams(generated, n);
  const known = new Set(nGrams(truth, n));
  return grams.filter((gram) => known.has(gram)).length / grams.length;
}

function nGrams(tokens: Int32Array, n: number): string[] {
  const out: string[] = [];
  for (let i = 0; i + n <= tokens.length; i++) out.push(tokens.slice(i, i + n).join(' '));
  return out;
}
