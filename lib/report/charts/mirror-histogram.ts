/** How a share is spread, before above the line and after below it, with the threshold through both. */
import { type Html, html } from '../html.js';
import type { Measured } from '../input.js';
import { linearScale, ticks } from './scale.js';
import { type Frame, figure, noData, place } from './svg.js';

export interface MirrorHistogram {
  readonly title: string;
  readonly xLabel: string;
  /** What is counted, plural, e.g. `secrets`. */
  readonly unit: string;
  /** Shares in [0, 1]. */
  readonly before: readonly Measured[];
  /** Null: only `before` is drawn. */
  readonly after: readonly Measured[] | null;
  readonly threshold?: { readonly value: number; readonly label: string } | undefined;
  /** Equal bins over [0, 1]. Default 20. */
  readonly bins?: number | undefined;
}

const FRAME: Frame = { width: 640, height: 300, left: 44, right: 26, top: 28, bottom: 40 };

export function mirrorHistogram(chart: MirrorHistogram): Html {
  const bins = chart.bins ?? 20;
  const before = countBins(chart.before, bins);
  const after = chart.after === null ? null : countBins(chart.after, bins);
  const most = Math.max(...before, ...(after ?? [0]));
  if (most === 0) return noData(chart.title);

  const bottom = FRAME.height - FRAME.bottom;
  const middle = after === null ? bottom : (FRAME.top + bottom) / 2;
  const x = linearScale([0, 1], [FRAME.left, FRAME.width - FRAME.right]);
  const up = linearScale([0, most], [middle, FRAME.top]);
  const down = linearScale([0, most], [middle, bottom]);
  const threshold = Number.isFinite(chart.threshold?.value) ? chart.threshold : undefined;

  const countTicks = ticks(0, most, 4).filter((value) => Number.isInteger(value) && value > 0);
  const grid = (scale: (value: number) => number) =>
    countTicks.map(
      (value) =>
        html`<line class="grid" x1="${FRAME.left}" x2="${FRAME.width - FRAME.right}" y1="${place(scale(value))}" y2="${place(scale(value))}"/><text class="tick end" x="${FRAME.left - 6}" y="${place(scale(value))}" dy="0.32em">${value}</text>`,
    );
  const shares = ticks(0, 1, 5);

  return figure(FRAME, { title: chart.title, description: describe(chart) }, [
    html`<g aria-hidden="true">${grid(up)}${after && grid(down)}</g>`,
    bars(before, bins, x, (value) => ({ y: up(value), height: middle - up(value) }), 'before', chart.unit),
    after &&
      bars(after, bins, x, (value) => ({ y: middle, height: down(value) - middle }), 'after', chart.unit),
    html`<line class="axis" x1="${FRAME.left}" x2="${FRAME.width - FRAME.right}" y1="${place(middle)}" y2="${place(middle)}"/>`,
    threshold &&
      html`<line class="threshold" x1="${place(x(threshold.value))}" x2="${place(x(threshold.value))}" y1="${FRAME.top - 8}" y2="${bottom}"/><text class="threshold-label ${threshold.value > 0.6 ? 'end' : ''}" x="${place(x(threshold.value) + (threshold.value > 0.6 ? -5 : 5))}" y="${FRAME.top - 12}">${threshold.label}</text>`,
    html`<g aria-hidden="true">${shares.map((value) => html`<text class="tick middle" x="${place(x(value))}" y="${bottom + 17}">${Math.round(value * 100)}%</text>`)}<text class="label middle" x="${place(x(0.5))}" y="${FRAME.height - 4}">${chart.xLabel}</text></g>`,
  ]);
}

/** Counts per bin; the last bin includes 1. Values that were not measured are left out. */
export function countBins(values: readonly Measured[], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (value === null || !(value >= 0 && value <= 1)) continue;
    // Dust, as in 0.15 * 20 = 3.0000000000000004 or 0.35 * 20 = 6.999999999999999, must not move a value.
    const bin = Math.min(bins - 1, Math.floor(value * bins + 1e-9));
    counts[bin] = counts[bin]! + 1;
  }
  return counts;
}

function bars(
  counts: readonly number[],
  bins: number,
  x: (value: number) => number,
  box: (count: number) => { y: number; height: number },
  phase: 'before' | 'after',
  unit: string,
): Html[] {
  return counts.flatMap((count, bin) => {
    if (count === 0) return [];
    const left = x(bin / bins) + 1;
    const { y, height } = box(count);
    const span = `${Math.round((bin / bins) * 100)}\u2013${Math.round(((bin + 1) / bins) * 100)}%`;
    return [
      html`<rect class="bar ${phase}" x="${place(left)}" width="${place(x((bin + 1) / bins) - 1 - left)}" y="${place(y)}" height="${place(height)}"><title>${unit} at ${span} ${phase}: ${count}</title></rect>`,
    ];
  });
}

function describe(chart: MirrorHistogram): string {
  const limit = chart.threshold?.value;
  const below = (values: readonly Measured[]) => {
    const measured = values.filter((value) => value !== null);
    if (limit === undefined) return `${measured.length} ${chart.unit}`;
    const under = measured.filter((value) => value < limit).length;
    return `${under} of ${measured.length} ${chart.unit} below the threshold`;
  };
  return `Before: ${below(chart.before)}.${chart.after === null ? '' : ` After: ${below(chart.after)}.`}`;
}
