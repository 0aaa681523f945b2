/** One quantity by category, a bar each, from left to right. */
import { type Html, html } from '../html.js';
import { linearScale, niceExtent, ticks } from './scale.js';
import { type Frame, figure, noData, place, valueAxis } from './svg.js';

export interface BarChart {
  readonly title: string;
  readonly xLabel: string;
  readonly rows: readonly { readonly label: string; readonly value: number }[];
  /** Values in the description and under the pointer. */
  readonly format: (value: number) => string;
  /** Values on the axis. Default: `format`. */
  readonly axisFormat?: ((value: number) => string) | undefined;
}

const FRAME: Frame = { width: 420, height: 260, left: 48, right: 8, top: 12, bottom: 42 };
const THICKEST = 40;

export function barChart(chart: BarChart): Html {
  const rows = chart.rows.filter(({ value }) => Number.isFinite(value) && value >= 0);
  const most = Math.max(0, ...rows.map(({ value }) => value));
  if (most === 0) return noData(chart.title);

  const base = FRAME.height - FRAME.bottom;
  const y = linearScale([0, niceExtent([0, most], 4)[1]], [base, FRAME.top]);
  const slot = (FRAME.width - FRAME.left - FRAME.right) / rows.length;
  const thickness = Math.min(THICKEST, slot * 0.8);
  const bars = rows.map(({ label, value }, index) => {
    const middle = FRAME.left + slot * (index + 0.5);
    return html`${value > 0 && html`<rect class="bar" x="${place(middle - thickness / 2)}" width="${place(thickness)}" y="${place(y(value))}" height="${place(base - y(value))}"><title>${label}: ${chart.format(value)}</title></rect>`}<text class="tick middle" x="${place(middle)}" y="${base + 17}" aria-hidden="true">${label}</text>`;
  });
  const description = `${rows.map(({ label, value }) => `${label}: ${chart.format(value)}`).join('; ')}.`;

  return figure(FRAME, { title: chart.title, description }, [
    valueAxis(FRAME, y, ticks(...y.domain, 4), chart.axisFormat ?? chart.format),
    bars,
    html`<line class="axis" x1="${FRAME.left}" x2="${FRAME.width - FRAME.right}" y1="${base}" y2="${base}"/><text class="label middle" aria-hidden="true" x="${place((FRAME.left + FRAME.width - FRAME.right) / 2)}" y="${FRAME.height - 4}">${chart.xLabel}</text>`,
  ]);
}
