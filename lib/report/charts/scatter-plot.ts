/** Pairs of counts on logarithmic axes, larger dots where more things share a pair, with a straight line fitted. */
import { compact } from '../format.js';
import { type Html, html } from '../html.js';
import { extent, logScale, logTicks, type Scale } from './scale.js';
import { bottomAxis, type Frame, figure, noData, place, valueAxis } from './svg.js';

export interface ScatterPlot {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** [x, y, how many share them]; pairs that are not above 0 have no place on the axes and are left out. */
  readonly points: readonly (readonly [x: number, y: number, count: number])[];
  /** y = slope x + intercept: a curve on these axes. */
  readonly line?: { readonly slope: number; readonly intercept: number } | undefined;
}

const FRAME: Frame = { width: 420, height: 300, left: 48, right: 12, top: 24, bottom: 42 };
/** Room around the outermost dots, as a factor. */
const MARGIN = 1.35;
/** Steps of the fitted line. */
const STEPS = 160;
/** Diameters for 1, up to 10, up to 100, and more. */
const DIAMETERS = [4, 6.5, 9.5, 13];

export function scatterPlot(plot: ScatterPlot): Html {
  const points = plot.points.filter(([x, y]) => x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y));
  if (points.length === 0) return noData(plot.title);

  const x = logScale(padded(points.map(([value]) => value)), [FRAME.left, FRAME.width - FRAME.right]);
  const y = logScale(padded(points.map(([, value]) => value)), [FRAME.height - FRAME.bottom, FRAME.top]);

  return figure(FRAME, { title: plot.title, description: plot.description }, [
    valueAxis(FRAME, y, logTicks(...y.domain), compact),
    bottomAxis(FRAME, x, logTicks(...x.domain), compact, plot.xLabel),
    html`<text class="label" aria-hidden="true" x="4" y="12">${plot.yLabel}</text>`,
    dots(points, x, y),
    plot.line && html`<path class="fit" d="${fittedPath(plot.line, x, y)}"/>`,
  ]);
}

function padded(values: readonly number[]): [number, number] {
  const [low, high] = extent(values)!;
  return [low / MARGIN, high * MARGIN];
}

/** One path for all dots of a size: strokes of no length with round ends, which weigh far less than circles. */
function dots(points: ScatterPlot['points'], x: Scale, y: Scale): Html[] {
  const paths = DIAMETERS.map(() => '');
  for (const [px, py, count] of points) {
    const size = Math.min(DIAMETERS.length - 1, Math.max(0, Math.ceil(Math.log10(Math.max(1, count)))));
    paths[size] += `M${place(x(px))} ${place(y(py))}h0`;
  }
  return paths.flatMap((d, size) =>
    d === '' ? [] : [html`<path class="dots" d="${d}" stroke-width="${DIAMETERS[size]!}"/>`],
  );
}

/** The parts of the line that lie within the axes. */
function fittedPath({ slope, intercept }: NonNullable<ScatterPlot['line']>, x: Scale, y: Scale): string {
  const [left, right] = x.domain;
  const [bottom, top] = y.domain;
  let path = '';
  let drawing = false;
  for (let step = 0; step <= STEPS; step++) {
    const at = left * (right / left) ** (step / STEPS);
    const value = slope * at + intercept;
    const inside = value >= bottom && value <= top;
    if (inside) path += `${drawing ? 'L' : 'M'}${place(x(at))} ${place(y(value))}`;
    drawing = inside;
  }
  return path;
}
