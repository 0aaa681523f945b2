/** A count that grows with the effort: measured as a line, and what a fitted curve says beyond it, drawn apart. */
import { compact, integer } from '../format.js';
import { type Html, html } from '../html.js';
import { linearScale, niceExtent, ticks } from './scale.js';
import { bottomAxis, type Frame, figure, noData, place, valueAxis } from './svg.js';

export interface GrowthChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Measured, by x ascending. */
  readonly points: readonly GrowthPoint[];
  readonly fit?:
    | {
        /** The fitted curve at any x > 0. */
        readonly curve: (x: number) => number;
        /** How far it is drawn. */
        readonly until: number;
      }
    | undefined;
}

export interface GrowthPoint {
  readonly x: number;
  readonly y: number;
}

const FRAME: Frame = { width: 420, height: 300, left: 48, right: 14, top: 24, bottom: 42 };
const STEPS = 80;

export function growthChart(chart: GrowthChart): Html {
  const points = chart.points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const last = points.at(-1);
  if (last === undefined || last.x <= 0) return noData(chart.title);

  const fit = chart.fit && chart.fit.until > last.x ? chart.fit : undefined;
  const end = fit?.until ?? last.x;
  const highest = Math.max(...points.map(({ y }) => y), fit?.curve(end) ?? 0);
  const base = FRAME.height - FRAME.bottom;
  const x = linearScale([0, end], [FRAME.left, FRAME.width - FRAME.right]);
  const y = linearScale([0, niceExtent([0, Math.max(1, highest)], 4)[1]], [base, FRAME.top]);
  const path = (line: readonly GrowthPoint[]) =>
    line.map((point, i) => `${i === 0 ? 'M' : 'L'}${place(x(point.x))} ${place(y(point.y))}`).join('');
  const curve =
    fit &&
    Array.from({ length: STEPS + 1 }, (_, step) => {
      const at = points[0]!.x + (step / STEPS) * (end - points[0]!.x);
      return { x: at, y: at > 0 ? fit.curve(at) : 0 };
    });
  const border = place(x(last.x));
  const description =
    `Measured: ${integer(points[0]!.y)} at ${integer(points[0]!.x)}, ${integer(last.y)} at ${integer(last.x)}.` +
    (fit ? ` Extrapolated, not measured: ${integer(fit.curve(end))} at ${integer(end)}.` : '');

  return figure(FRAME, { title: chart.title, description }, [
    fit &&
      html`<rect class="beyond" x="${border}" width="${place(x(end) - x(last.x))}" y="${FRAME.top}" height="${base - FRAME.top}"/>`,
    valueAxis(FRAME, y, ticks(...y.domain, 4), compact),
    bottomAxis(FRAME, x, ticks(...x.domain, 5), compact, chart.xLabel),
    html`<text class="label" aria-hidden="true" x="4" y="12">${chart.yLabel}</text>`,
    curve && html`<path class="extrapolated" d="${path(curve)}"/>`,
    html`<path class="measured" d="${path(points)}"/>`,
    points.length === 1 && html`<circle class="measured-dot" cx="${border}" cy="${place(y(last.y))}" r="3"/>`,
    fit &&
      html`<g aria-hidden="true"><text class="label end" x="${FRAME.width - FRAME.right - 4}" y="${base - 8}">extrapolated</text></g>`,
  ]);
}
