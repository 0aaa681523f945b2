/** One quantity over epochs: a line with points, a threshold, the epoch that was kept. */
import { type Html, html } from '../html.js';
import type { Measured } from '../input.js';
import { extent, linearScale, niceExtent, tickFormat, ticks } from './scale.js';
import { bottomAxis, type Frame, figure, noData, place, valueAxis } from './svg.js';

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly points: readonly { readonly x: number; readonly y: Measured }[];
  /** Values in the description. */
  readonly format: (value: number) => string;
  /** Values on the axis. Default: as many decimals as the ticks need. */
  readonly axisFormat?: ((value: number) => string) | undefined;
  /** Drawn as a dashed line with its name. */
  readonly threshold?: { readonly value: number; readonly label: string } | undefined;
  /** An x to mark with a vertical line, e.g. the epoch that was kept. */
  readonly marker?: { readonly x: number; readonly label: string } | undefined;
  /** Axis limits; default: round numbers around data and threshold. */
  readonly yDomain?: readonly [number, number] | undefined;
}

const FRAME: Frame = { width: 420, height: 240, left: 54, right: 16, top: 22, bottom: 42 };
/** More points than this are joined by the line alone. */
const MOST_DOTS = 60;

export function lineChart(chart: LineChart): Html {
  const points = chart.points.flatMap(({ x, y }) =>
    y === null || !Number.isFinite(y) || !Number.isFinite(x) ? [] : [{ x, y }],
  );
  if (points.length === 0) return noData(chart.title);

  const threshold = Number.isFinite(chart.threshold?.value) ? chart.threshold : undefined;
  const ys = points.map((point) => point.y);
  const y = linearScale(chart.yDomain ?? niceExtent(extent(threshold ? [...ys, threshold.value] : ys)!, 4), [
    FRAME.height - FRAME.bottom,
    FRAME.top,
  ]);
  const at = ticks(...y.domain, 4);
  const marker = Number.isFinite(chart.marker?.x) ? chart.marker : undefined;
  const xs = chart.points.map((point) => point.x);
  const x = linearScale(extent(marker ? [...xs, marker.x] : xs)!, [
    FRAME.left + 6,
    FRAME.width - FRAME.right - 6,
  ]);

  const path = points
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${place(x(point.x))} ${place(y(point.y))}`)
    .join('');
  const dots = points.length > MOST_DOTS ? [] : points;
  const first = points[0]!;
  const last = points.at(-1)!;
  const description =
    `${chart.xLabel} ${first.x}: ${chart.format(first.y)}; ${chart.xLabel} ${last.x}: ${chart.format(last.y)}.` +
    (threshold ? ` Dashed: ${threshold.label}.` : '') +
    (marker ? ` ${marker.label}: ${chart.xLabel} ${marker.x}.` : '');

  return figure(FRAME, { title: chart.title, description }, [
    valueAxis(FRAME, y, at, chart.axisFormat ?? tickFormat(at)),
    bottomAxis(FRAME, x, wholeTicks(x.domain), String, chart.xLabel),
    marker && markerLine(marker, x(marker.x)),
    threshold && thresholdLine(y(threshold.value)),
    html`<path class="line" d="${path}"/>`,
    dots.map((p) => html`<circle class="dot" cx="${place(x(p.x))}" cy="${place(y(p.y))}" r="2.6"/>`),
    threshold &&
      thresholdLabel(
        threshold.label,
        y(threshold.value),
        Math.abs(last.y - threshold.value) > Math.abs(first.y - threshold.value),
      ),
  ]);
}

/** Epochs are whole. */
function wholeTicks([low, high]: readonly [number, number]): number[] {
  return ticks(low, high, 6).filter(Number.isInteger);
}

function thresholdLine(y: number): Html {
  return html`<line class="threshold" x1="${FRAME.left}" x2="${FRAME.width - FRAME.right}" y1="${place(y)}" y2="${place(y)}"/>`;
}

/** Above its line, or below where it would leave the drawing; at the end where the data keep their distance. */
function thresholdLabel(label: string, y: number, right: boolean): Html {
  const x = right ? FRAME.width - FRAME.right - 2 : FRAME.left + 2;
  return html`<text class="threshold-label ${right && 'end'}" x="${x}" y="${place(y - FRAME.top > 14 ? y - 5 : y + 14)}">${label}</text>`;
}

function markerLine(marker: { x: number; label: string }, x: number): Html {
  const right = x > FRAME.width / 2;
  return html`<line class="marker" x1="${place(x)}" x2="${place(x)}" y1="${FRAME.top - 6}" y2="${FRAME.height - FRAME.bottom}"/><text class="label ${right ? 'end' : ''}" x="${place(right ? x - 5 : x + 5)}" y="${FRAME.top - 8}">${marker.label}</text>`;
}
