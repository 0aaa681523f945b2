/** Counts by category, a bar for before and one for after, from left to right. */

import { integer } from '../format.js';
import { type Html, html } from '../html.js';
import { linearScale, niceExtent, ticks } from './scale.js';
import { type Frame, figure, noData, place, valueAxis } from './svg.js';

export interface PairBars {
  readonly title: string;
  readonly xLabel: string;
  readonly rows: readonly {
    readonly label: string;
    readonly before: number;
    readonly after: number | null;
  }[];
}

const FRAME: Frame = { width: 640, height: 250, left: 52, right: 12, top: 14, bottom: 42 };

export function pairBars(chart: PairBars): Html {
  const rows = chart.rows.map((row) => ({
    ...row,
    before: finite(row.before),
    after: row.after && finite(row.after),
  }));
  const most = Math.max(0, ...rows.flatMap((row) => [row.before, row.after ?? 0]));
  if (rows.length === 0 || most === 0) return noData(chart.title);

  const base = FRAME.height - FRAME.bottom;
  const y = linearScale([0, Math.max(1, niceExtent([0, most], 4)[1])], [base, FRAME.top]);
  const slot = (FRAME.width - FRAME.left - FRAME.right) / rows.length;
  const paired = rows.some((row) => row.after !== null);
  const thickness = Math.min(paired ? 22 : 40, (slot * 0.76) / (paired ? 2 : 1));

  const bar = (value: number, left: number, phase: string, label: string) =>
    value > 0 &&
    html`<rect class="bar ${phase}" x="${place(left)}" width="${place(thickness - 1)}" y="${place(y(value))}" height="${place(base - y(value))}"><title>${label}, ${phase}: ${integer(value)}</title></rect>`;
  const groups = rows.map((row, index) => {
    const middle = FRAME.left + slot * (index + 0.5);
    const left = middle - (paired ? thickness : thickness / 2);
    return html`${bar(row.before, left, 'before', row.label)}${row.after !== null && bar(row.after, left + thickness, 'after', row.label)}<text class="tick middle" x="${place(middle)}" y="${base + 17}" aria-hidden="true">${row.label}</text>`;
  });
  const description = rows
    .map((row) => `${row.label}: ${row.before}${row.after === null ? '' : ` before, ${row.after} after`}`)
    .join('; ');

  return figure(FRAME, { title: chart.title, description: `${description}.` }, [
    valueAxis(FRAME, y, ticks(...y.domain, 4).filter(Number.isInteger), integer),
    groups,
    html`<line class="axis" x1="${FRAME.left}" x2="${FRAME.width - FRAME.right}" y1="${base}" y2="${base}"/><text class="label middle" aria-hidden="true" x="${place((FRAME.left + FRAME.width - FRAME.right) / 2)}" y="${FRAME.height - 4}">${chart.xLabel}</text>`,
  ]);
}

function finite(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0;
}
