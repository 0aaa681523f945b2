import { describe, expect, it } from 'vitest';
import { barChart } from '../../../lib/report/charts/bar-chart.js';
import { growthChart } from '../../../lib/report/charts/growth-chart.js';
import { rocCurve } from '../../../lib/report/charts/roc-curve.js';
import { logScale, logTicks } from '../../../lib/report/charts/scale.js';
import { scatterPlot } from '../../../lib/report/charts/scatter-plot.js';
import { compact } from '../../../lib/report/format.js';
import type { Html } from '../../../lib/report/html.js';
import { find, hasClass, parseMarkup } from '../markup.js';

const drawn = (chart: Html, name: string) => {
  expect(chart.markup).not.toMatch(/NaN|Infinity|undefined/);
  return find(parseMarkup(chart.markup), hasClass(name));
};
/** The points of a path's M and L commands. */
const pointsOf = (d: string) =>
  [...d.matchAll(/[ML](\S+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

describe('logarithmic axes', () => {
  it('give equal factors equal distances', () => {
    const scale = logScale([1, 1000], [0, 300]);
    expect([1, 10, 100, 1000].map((value) => Math.round(scale(value)))).toEqual([0, 100, 200, 300]);
    expect(logScale([5, 5], [0, 10])(5)).toBe(5);
  });

  it('have ticks at powers of ten, and between them where there are few', () => {
    expect(logTicks(0.8, 1200)).toEqual([1, 10, 100, 1000]);
    expect(logTicks(0.8, 30)).toEqual([1, 2, 5, 10, 20]);
  });

  it.each([
    [0, '0'],
    [250, '250'],
    [999, '999'],
    [1000, '1k'],
    [1500, '1.5k'],
    [20_000_000, '20M'],
    [4e9, '4G'],
  ])('write %d as %s', (value, text) => expect(compact(value)).toBe(text));
});

describe('barChart', () => {
  it('draws heights in proportion', () => {
    const rows = [
      { label: 'a', value: 2 },
      { label: 'b', value: 0 },
      { label: 'c', value: 4 },
    ];
    const bars = drawn(barChart({ title: 'T', xLabel: 'x', rows, format: String }), 'bar');
    expect(bars).toHaveLength(2);
    expect(Number(bars[1]!.attributes.height) / Number(bars[0]!.attributes.height)).toBeCloseTo(2, 2);
  });

  it('says so when there is nothing', () => {
    expect(barChart({ title: 'T', xLabel: '', rows: [], format: String }).markup).toContain(
      'nothing was measured',
    );
  });
});

describe('scatterPlot', () => {
  const plot = (points: [number, number, number][], line?: { slope: number; intercept: number }) =>
    scatterPlot({ title: 'T', description: 'D', xLabel: 'x', yLabel: 'y', points, line });

  it('draws larger dots for more things, one path a size', () => {
    const dots = drawn(
      plot([
        [1, 1, 1],
        [2, 2, 1],
        [3, 3, 50],
        [4, 4, 1e6],
      ]),
      'dots',
    );
    expect(dots.map(({ attributes }) => pointsOf(attributes.d!).length)).toEqual([2, 1, 1]);
    const widths = dots.map(({ attributes }) => Number(attributes['stroke-width']));
    expect(widths).toEqual(widths.toSorted((a, b) => a - b));
  });

  it('draws y = x as the straight diagonal, and leaves out what lies beyond the axes', () => {
    const [fit] = drawn(
      plot(
        [
          [1, 1, 1],
          [1000, 1000, 1],
        ],
        { slope: 1, intercept: 0 },
      ),
      'fit',
    );
    const points = pointsOf(fit!.attributes.d!);
    const slope = (a: number[], b: number[]) => (b[1]! - a[1]!) / (b[0]! - a[0]!);
    expect(slope(points[0]!, points[40]!)).toBeCloseTo(slope(points[40]!, points.at(-1)!), 2);
    const [falling] = drawn(
      plot(
        [
          [1, 1, 1],
          [10, 10, 1],
        ],
        { slope: -1, intercept: 5 },
      ),
      'fit',
    );
    expect(pointsOf(falling!.attributes.d!).every(([, y]) => y! >= 0 && y! <= 300)).toBe(true);
  });

  it('has no place for nothing', () => {
    expect(plot([[0, 5, 1]]).markup).toContain('nothing was measured');
  });
});

describe('growthChart', () => {
  const points = [
    { x: 10, y: 5 },
    { x: 20, y: 8 },
  ];
  const chart = (fit?: { curve: (x: number) => number; until: number }) =>
    growthChart({ title: 'T', xLabel: 'outputs', yLabel: 'blocks', points, fit });

  it('draws what was measured and what was not apart', () => {
    const fitted = chart({ curve: (x) => x / 2, until: 100 });
    const border = pointsOf(drawn(fitted, 'measured')[0]!.attributes.d!).at(-1)![0]!;
    const [beyond] = drawn(fitted, 'beyond');
    expect(Number(beyond!.attributes.x)).toBeCloseTo(border, 1);
    expect(drawn(fitted, 'extrapolated')).toHaveLength(1);
    expect(fitted.markup).toContain('Extrapolated, not measured: 50 at 100.');
  });

  it('extrapolates nothing without a fit', () => {
    expect(drawn(chart(), 'beyond')).toEqual([]);
    expect(drawn(chart({ curve: (x) => x, until: 20 }), 'extrapolated')).toEqual([]);
  });
});

describe('rocCurve', () => {
  it('begins below at the left, ends above at the right, and stays small', () => {
    const roc = rocCurve({
      title: 'T',
      description: 'D',
      points: Array.from({ length: 5000 }, (_, i) => [i / 4999, i / 4999] as const),
    });
    const points = pointsOf(drawn(roc, 'measured')[0]!.attributes.d!);
    expect(points[0]).toEqual([6, 174]);
    expect(points.at(-1)).toEqual([174, 6]);
    expect(points.length).toBeLessThan(300);
  });
});
