import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { correlate, rank, samplePairs } from '../../../lib/memorization/analysis/correlation.js';
import { fitHeaps, measureGrowth } from '../../../lib/memorization/analysis/growth.js';
import { Random } from '../../../lib/random.js';

interface Case {
  x: number[];
  y: number[];
  pearson: number;
  spearman: number;
  ranks: number[];
  slope: number;
  intercept: number;
}

const expected = JSON.parse(
  readFileSync(new URL('../../fixtures/memorization/analysis/statistics.json', import.meta.url), 'utf8'),
) as {
  correlations: Case[];
  heaps: { points: [number, number][]; k: number; beta: number; r2: number };
};

describe('correlation', () => {
  test.each(expected.correlations)('agrees with scipy and numpy, case %#', (one) => {
    const { x, y } = { x: Uint32Array.from(one.x), y: Uint32Array.from(one.y) };
    const { pearson, spearman, slope, intercept, points } = correlate(x, y);
    expect([...rank(x)]).toEqual(one.ranks);
    expect(pearson).toBeCloseTo(one.pearson, 10);
    expect(spearman).toBeCloseTo(one.spearman, 10);
    expect(slope).toBeCloseTo(one.slope, 8);
    expect(intercept).toBeCloseTo(one.intercept, 6);
    expect(points).toBe(one.x.length);
  });

  test('is null where it is undefined', () => {
    const nothing = { pearson: null, spearman: null };
    expect(correlate(new Uint32Array(), new Uint32Array())).toMatchObject({ ...nothing, slope: null });
    expect(correlate(Uint32Array.of(3), Uint32Array.of(4))).toMatchObject({ ...nothing, intercept: null });
    expect(correlate(Uint32Array.of(3, 3), Uint32Array.of(4, 5))).toMatchObject({ ...nothing, slope: null });
    expect(correlate(Uint32Array.of(1, 2), Uint32Array.of(5, 5))).toMatchObject({ ...nothing, slope: 0 });
  });
});

describe('points to draw', () => {
  test('are all pairs with their counts', () => {
    expect(samplePairs(Uint32Array.of(2, 1, 2, 1, 2), Uint32Array.of(1, 9, 1, 3, 4), 4)).toEqual([
      [1, 3, 1],
      [1, 9, 1],
      [2, 1, 2],
      [2, 4, 1],
    ]);
    expect(samplePairs(new Uint32Array(), new Uint32Array(), 4)).toEqual([]);
  });

  test('are evenly chosen where there are too many, the extremes kept', () => {
    const random = new Random(5);
    for (let round = 0; round < 50; round++) {
      const x = Uint32Array.from({ length: 400 }, () => random.integer(30));
      const y = Uint32Array.from({ length: 400 }, () => random.integer(30));
      const all = samplePairs(x, y, 400);
      const limit = 2 + random.integer(all.length - 3);
      const chosen = samplePairs(x, y, limit);
      expect(chosen).toHaveLength(limit);
      expect([chosen[0], chosen.at(-1)]).toEqual([all[0], all.at(-1)]);
      const known = new Set(all.map(String));
      expect(chosen.every((pair) => known.has(String(pair)))).toBe(true);
    }
  });
});

describe('growth', () => {
  test('counts a fingerprint from the output that holds it first', () => {
    const { points } = measureGrowth([3, 0, 3, 4], 5);
    expect(points.map(({ outputs, fingerprints }) => [outputs, fingerprints])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 3],
      [5, 4],
    ]);
  });

  test('has at most a hundred points, the last of them all outputs', () => {
    const { points } = measureGrowth([0, 20_000, 50_000], 50_001);
    expect(points).toHaveLength(100);
    expect(points.at(-1)).toEqual({ outputs: 50_001, fingerprints: 3 });
    expect(points[0]).toEqual({ outputs: 500, fingerprints: 1 });
  });

  test('is fitted as numpy does', () => {
    const { points, k, beta, r2 } = expected.heaps;
    const fit = fitHeaps(points.map(([outputs, fingerprints]) => ({ outputs, fingerprints })))!;
    expect(fit.parameters.k).toBeCloseTo(k, 10);
    expect(fit.parameters.beta).toBeCloseTo(beta, 10);
    expect(fit.parameters.r2).toBeCloseTo(r2, 10);
    expect(fit.at.map(({ outputs }) => outputs)).toEqual([2000, 5000, 10_000, 100_000]);
    for (const { outputs, fingerprints } of fit.at) expect(fingerprints).toBeCloseTo(k * outputs ** beta, 6);
  });

  test('recovers a law that holds exactly, a level curve too', () => {
    const law = (k: number, beta: number) =>
      [1, 10, 100].map((outputs) => ({ outputs, fingerprints: k * outputs ** beta }));
    expect(fitHeaps(law(3, 0.5))!.parameters.beta).toBeCloseTo(0.5, 12);
    expect(fitHeaps(law(7, 0))!.parameters).toEqual({ k: expect.closeTo(7, 10), beta: 0, r2: 1 });
  });

  test('is not fitted to fewer than two points', () => {
    expect(fitHeaps([])).toBeNull();
    expect(fitHeaps([{ outputs: 5, fingerprints: 2 }])).toBeNull();
    expect(
      fitHeaps([
        { outputs: 5, fingerprints: 0 },
        { outputs: 9, fingerprints: 2 },
      ]),
    ).toBeNull();
  });
});
