import { describe, expect, it } from 'vitest';
import { Random } from '../../../lib/random.js';
import { extent, linearScale, niceExtent, tickFormat, ticks } from '../../../lib/report/charts/scale.js';

describe('scales', () => {
  it('map ends to ends, and a single point to the middle', () => {
    const scale = linearScale([10, 20], [100, 0]);
    expect([scale(10), scale(15), scale(20)]).toEqual([100, 50, 0]);
    expect(linearScale([3, 3], [0, 10])(3)).toBe(5);
  });

  it('finds the extent of what is finite', () => {
    expect(extent([null, Number.NaN, 2, -1, Number.POSITIVE_INFINITY])).toEqual([-1, 2]);
    expect(extent([null])).toBeUndefined();
  });
});

describe('ticks', () => {
  it.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 1, 4, [0, 0.5, 1]],
    [0, 19, 6, [0, 5, 10, 15]],
    [-4, 0, 4, [-4, -3, -2, -1, 0]],
    [0.1, 0.3, 2, [0.1, 0.2, 0.3]],
    [7, 7, 5, [7]],
  ])('of [%d, %d], about %d', (low, high, count, expected) => {
    expect(ticks(low, high, count)).toEqual(expected);
  });

  it('lie inside, ascend and are few, whatever the extent', () => {
    const random = new Random(3);
    for (let round = 0; round < 500; round++) {
      const low = (random.next() - 0.5) * 10 ** (random.integer(12) - 6);
      const high = low + random.next() * 10 ** (random.integer(12) - 6);
      const [from, to] = niceExtent([low, high], 4);
      // To within what no eye can tell on the axis.
      const dust = 1e-8 * (high - low);
      expect(from).toBeLessThanOrEqual(low + dust);
      expect(to).toBeGreaterThanOrEqual(high - dust);
      const at = ticks(from, to, 4);
      expect(at.length).toBeGreaterThan(0);
      expect(at.length).toBeLessThan(12);
      expect(at.every((value, i) => i === 0 || value > at[i - 1]!)).toBe(true);
    }
  });

  it('are written with as many decimals as their step', () => {
    expect([0, 0.005, 0.01].map(tickFormat([0, 0.005, 0.01]))).toEqual(['0.000', '0.005', '0.010']);
    expect([-4, 0].map(tickFormat([-4, 0]))).toEqual(['\u22124', '0']);
  });
});
