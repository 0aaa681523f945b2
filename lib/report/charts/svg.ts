/** The frame that every chart shares: the SVG element with its name and description, axes, threshold lines. */
import { type Content, type Html, html } from '../html.js';
import type { Scale } from './scale.js';

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** An `<svg>` that a screen reader announces by title and description. */
export function figure(
  frame: Pick<Frame, 'width' | 'height'>,
  labels: { readonly title: string; readonly description: string; readonly className?: string },
  content: Content,
): Html {
  return html`<svg class="chart ${labels.className ?? ''}" viewBox="0 0 ${frame.width} ${frame.height}" role="img"><title>${labels.title}</title><desc>${labels.description}</desc>${content}</svg>`;
}

/** Horizontal grid lines with their values at the left. */
export function valueAxis(
  frame: Frame,
  scale: Scale,
  at: readonly number[],
  format: (v: number) => string,
): Html {
  const lines = at.map((value) => {
    const y = place(scale(value));
    return html`<line class="grid" x1="${frame.left}" x2="${frame.width - frame.right}" y1="${y}" y2="${y}"/><text class="tick end" x="${frame.left - 6}" y="${y}" dy="0.32em">${format(value)}</text>`;
  });
  return html`<g aria-hidden="true">${lines}</g>`;
}

/** Ticks under the drawing, with a label. */
export function bottomAxis(
  frame: Frame,
  scale: Scale,
  at: readonly number[],
  format: (v: number) => string,
  label: string,
): Html {
  const base = frame.height - frame.bottom;
  const marks = at.map((value) => {
    const x = place(scale(value));
    return html`<line class="axis" x1="${x}" x2="${x}" y1="${base}" y2="${base + 4}"/><text class="tick middle" x="${x}" y="${base + 17}">${format(value)}</text>`;
  });
  const middle = (frame.left + frame.width - frame.right) / 2;
  return html`<g aria-hidden="true"><line class="axis" x1="${frame.left}" x2="${frame.width - frame.right}" y1="${base}" y2="${base}"/>${marks}<text class="label middle" x="${place(middle)}" y="${frame.height - 4}">${label}</text></g>`;
}

/** Coordinates to a hundredth: finer would only weigh. */
export function place(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** What stands in for a chart without data. */
export function noData(title: string): Html {
  return html`<p class="empty">${title}: nothing was measured.</p>`;
}
