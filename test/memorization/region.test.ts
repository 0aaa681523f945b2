import { describe, expect, test } from 'vitest';
import { decodedPositions, measureRegion } from '../../lib/memorization/region.js';
import { Random } from '../../lib/random.js';
import { computeOverlap, naiveMemorization } from './naive.js';

const EL = [1, 2, 3, 5, 10];

/**
 * A greedy decoder with no network behind it: it knows the next token after the last two, mostly from the
 * sequence itself, so that it follows it for a while, leaves it, and comes back to other places of it.
 */
function tableDecoder(tokens: Int32Array, vocabulary: number, wrong: number, random: Random) {
  const table = new Map<string, number>();
  const next = (before: number | undefined, last: number): number => {
    const key = `${before} ${last}`;
    if (!table.has(key)) table.set(key, random.integer(vocabulary));
    return table.get(key)!;
  };
  for (let t = 1; t < tokens.length; t++) {
    const key = `${tokens[t - 2]} ${tokens[t - 1]}`;
    if (random.next() >= wrong) table.set(key, tokens[t]!);
  }
  return (prefix: Int32Array, count: number): Int32Array => {
    const out = [...prefix];
    for (let i = 0; i < count; i++) out.push(next(out.at(-2), out.at(-1)!));
    return Int32Array.from(out.slice(prefix.length));
  };
}

function fast(
  tokens: Int32Array,
  first: number,
  el: readonly number[],
  greedy: ReturnType<typeof tableDecoder>,
) {
  const region = { tokens, first };
  const hits = Uint8Array.from({ length: tokens.length - first }, (_, i) =>
    Number(greedy(tokens.slice(0, first + i), 1)[0] === tokens[first + i]),
  );
  const positions = decodedPositions(region, hits, el);
  const decoded = new Map(positions.map((at) => [at, greedy(tokens.slice(0, at), tokens.length - at)]));
  return { ...measureRegion(region, hits, decoded, el), positions, hits };
}

describe('measureRegion', () => {
  test('equals the naive definition exactly on 600 random sequences and decoders', async () => {
    const random = new Random(7);
    let partial = 0;
    for (let round = 0; round < 600; round++) {
      const vocabulary = random.pick([2, 3, 5, 50]);
      const length = 2 + random.integer(random.pick([4, 12, 60]));
      const first = 1 + random.integer(Math.min(5, length - 1));
      const tokens = Int32Array.from({ length }, () => random.integer(vocabulary));
      const greedy = tableDecoder(tokens, vocabulary, random.pick([0, 0.05, 0.3, 1]), random);
      const el = EL.filter(() => random.next() < 0.7);
      const { memorizationAccuracy, extractionLikelihood } = fast(tokens, first, el, greedy);
      expect({ memorizationAccuracy, extractionLikelihood }).toEqual(
        await naiveMemorization(tokens, first, el, greedy),
      );
      if (Object.values(extractionLikelihood).some((value) => value > 0 && value < 1)) partial++;
    }
    expect(partial).toBeGreaterThan(200);
  });

  test('values that a reader can compute by hand', () => {
    // True: 1 2 3 4 5. The model goes astray after 1 2 (it says 9, then 4 5), and is right elsewhere.
    const region = { tokens: Int32Array.of(1, 2, 3, 4, 5), first: 1 };
    const hits = Uint8Array.of(1, 0, 1, 1);
    expect(decodedPositions(region, hits, [2])).toEqual([2]);
    const result = measureRegion(region, hits, new Map([[2, Int32Array.of(9, 4, 5)]]), [2, 5]);
    expect(result.memorizationAccuracy).toBe(3 / 4);
    // Starts 1, 2, 3: [2 9 4 5] has "4 5" of three 2-grams; [9 4 5] one of two; [4 5] one of one.
    expect(result.extractionLikelihood[2]).toBe((1 / 3 + 1 / 2 + 1) / 3);
    // Four tokens to reproduce hold no 5-gram, and they are not reproduced.
    expect(result.extractionLikelihood[5]).toBe(0);
    // Two of the four must be given: 2 (right, but before the mistake) and 3.
    expect(result.extractionStrength).toBe(1 - 2 / 4);
  });

  test('a reproduced region measures 1 throughout and decodes nothing, however short', () => {
    const region = { tokens: Int32Array.of(4, 4, 2), first: 1 };
    const hits = Uint8Array.of(1, 1);
    expect(decodedPositions(region, hits, [1, 10])).toEqual([]);
    expect(measureRegion(region, hits, new Map(), [1, 10])).toEqual({
      memorizationAccuracy: 1,
      extractionLikelihood: { 1: 1, 10: 1 },
      extractionStrength: 1,
    });
  });

  test('a last token that is wrong leaves no extraction strength', () => {
    const region = { tokens: Int32Array.of(1, 2, 3), first: 1 };
    expect(measureRegion(region, Uint8Array.of(1, 0), new Map(), []).extractionStrength).toBe(0);
  });

  test('decodes only positions that some start reaches', () => {
    const region = { tokens: new Int32Array(12), first: 1 };
    const none = new Uint8Array(11);
    expect(decodedPositions(region, none, [10])).toEqual([1, 2]);
    expect(decodedPositions(region, none, [11])).toEqual([1]);
    expect(decodedPositions(region, none, [12])).toEqual([]);
    expect(decodedPositions(region, none, [])).toEqual([]);
  });
});

describe('the published overlap', () => {
  test.each([
    ['counts repeated n-grams each time', [7, 7, 7, 1], [7, 7, 2], 2, 2 / 3],
    ['takes the true n-grams as a set', [1, 2, 3], [1, 2, 1, 2, 1, 2], 2, 1 / 2],
    ['finds an n-gram at another place', [5, 1, 2], [1, 2, 5], 2, 1 / 2],
  ])('%s', (_, generated, truth, n, expected) => {
    expect(computeOverlap(Int32Array.from(generated), Int32Array.from(truth), n)).toBe(expected);
  });
});
