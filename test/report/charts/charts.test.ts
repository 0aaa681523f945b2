import { describe, expect, it } from 'vitest';
import { dumbbell } from '../../../lib/report/charts/dumbbell.js';
import { lineChart } from '../../../lib/report/charts/line-chart.js';
import { countBins, mirrorHistogram } from '../../../lib/report/charts/mirror-histogram.js';
import { pairBars } from '../../../lib/report/charts/pair-bars.js';
import type { Html } from '../../../lib/report/html.js';
import { find, hasClass, parseMarkup, textOf } from '../markup.js';

const line = (ys: readonly (number | null)[], extra: object = {}) =>
  lineChart({
    title: 'T',
    xLabel: 'epoch',
    points: ys.map((y, x) => ({ x, y })),
    format: String,
    ...extra,
  });

/** Every coordinate of a chart is a number inside its view box. */
function expectDrawn(chart: Html): void {
  expect(chart.markup).not.toMatch(/NaN|Infinity|undefined/);
  const svg = find(parseMarkup(chart.markup), (element) => element.tag === 'svg')[0]!;
  const [, , width, height] = svg.attributes.viewBox!.split(' ').map(Number);
  for (const element of find(svg, () => true)) {
    for (const [name, limit] of [
      ['x', width],
      ['x1', width],
      ['x2', width],
      ['cx', width],
      ['y', height],
      ['y1', height],
      ['y2', height],
      ['cy', height],
    ] as const) {
      const value = element.attributes[name];
      if (value === undefined) continue;
      expect(Number(value)).toBeGreaterThanOrEqual(-1);
      expect(Number(value)).toBeLessThanOrEqual(limit! + 1);
    }
  }
}

describe('lineChart', () => {
  it('draws a point per measured value, the threshold and the marker, and says so in words', () => {
    const chart = line([1, null, 0.5, 0.1], {
      threshold: { value: 0.4, label: 'threshold 0.4' },
      marker: { x: 3, label: 'kept' },
    });
    expectDrawn(chart);
    const svg = parseMarkup(chart.markup);
    expect(find(svg, (element) => element.tag === 'circle')).toHaveLength(3);
    expect(find(svg, hasClass('threshold'))).toHaveLength(1);
    expect(find(svg, hasClass('marker'))).toHaveLength(1);
    expect(textOf(find(svg, (element) => element.tag === 'title')[0]!)).toBe('T');
    expect(textOf(find(svg, (element) => element.tag === 'desc')[0]!)).toBe(
      'epoch 0: 1; epoch 3: 0.1. Dashed: threshold 0.4. kept: epoch 3.',
    );
  });

  it.each([
    ['one point', [0.3]],
    ['all equal', [2, 2, 2]],
    ['all zero', [0, 0]],
    ['huge and tiny', [1e12, 1e-12]],
    ['not finite', [1, Number.NaN, Number.POSITIVE_INFINITY, 2]],
    ['negative', [-3, -1]],
  ])('draws %s', (_name, ys) => {
    expectDrawn(line(ys));
  });

  it.each([
    ['nothing', []],
    ['nothing measured', [null, null]],
    ['nothing finite', [Number.NaN]],
  ])('says so when there is %s', (_name, ys) => {
    expect(line(ys).markup).toBe('<p class="empty">T: nothing was measured.</p>');
  });

  it('leaves out a threshold that is not a number', () => {
    const chart = line([1, 2], { threshold: { value: Number.NaN, label: 'limit' } });
    expectDrawn(chart);
    expect(chart.markup).not.toContain('limit');
  });
});

describe('mirrorHistogram', () => {
  it('counts into bins whose borders belong to the bin above, 1 to the last', () => {
    expect(countBins([0, 0.09, 0.1, 0.35, 0.95, 1, null, Number.NaN, 2], 10)).toEqual([
      2, 1, 0, 1, 0, 0, 0, 0, 0, 2,
    ]);
    expect(countBins([0.15, 0.35, 0.55], 20).flatMap((count, bin) => (count ? [bin] : []))).toEqual([
      3, 7, 11,
    ]);
  });

  it('draws before above and after below, and counts what is below the threshold', () => {
    const chart = mirrorHistogram({
      title: 'T',
      xLabel: 'MA',
      unit: 'secrets',
      before: [1, 1, 0.9],
      after: [0.1, 0.5, null],
      threshold: { value: 0.4, label: 'threshold' },
    });
    expectDrawn(chart);
    const svg = parseMarkup(chart.markup);
    const bars = find(svg, hasClass('bar'));
    expect(bars).toHaveLength(4);
    const axis = Number(find(svg, hasClass('axis'))[0]!.attributes.y1);
    for (const bar of bars) {
      const above = Number(bar.attributes.y) < axis;
      expect(hasClass(above ? 'before' : 'after')(bar)).toBe(true);
    }
    expect(textOf(find(svg, (element) => element.tag === 'desc')[0]!)).toBe(
      'Before: 0 of 3 secrets below the threshold. After: 1 of 2 secrets below the threshold.',
    );
  });

  it('says so when there is nothing', () => {
    const chart = { title: 'T', xLabel: '', unit: '', before: [null], after: [] };
    expect(mirrorHistogram(chart).markup).toContain('nothing was measured');
  });
});

describe('pairBars', () => {
  it('gives bars heights in proportion to their counts', () => {
    const chart = pairBars({
      title: 'T',
      xLabel: 'lines',
      rows: [
        { label: '6', before: 4, after: 2 },
        { label: '7', before: 0, after: 1 },
      ],
    });
    expectDrawn(chart);
    const heights = find(parseMarkup(chart.markup), hasClass('bar')).map((bar) =>
      Number(bar.attributes.height),
    );
    expect(heights).toHaveLength(3);
    expect(heights[0]! / heights[1]!).toBeCloseTo(2, 1);
    expect(heights[1]! / heights[2]!).toBeCloseTo(2, 1);
  });

  it.each([
    ['no rows', []],
    ['only zeros', [{ label: '6', before: 0, after: 0 }]],
    ['no numbers', [{ label: '6', before: Number.NaN, after: null }]],
  ])('says so with %s', (_name, rows) => {
    expect(pairBars({ title: 'T', xLabel: '', rows }).markup).toContain('nothing was measured');
  });
});

describe('dumbbell', () => {
  it.each([
    [{ before: 1, after: 0 }, 2],
    [{ before: 0.5, after: null }, 1],
    [{ before: null, after: null }, 0],
    [{ before: Number.NaN, after: 0.5 }, 1],
  ])('draws what was measured of %j', (value, circles) => {
    const chart = dumbbell('T', value, 0.4);
    expectDrawn(chart);
    expect(find(parseMarkup(chart.markup), (element) => element.tag === 'circle')).toHaveLength(circles);
  });
});
