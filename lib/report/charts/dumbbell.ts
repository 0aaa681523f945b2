/** One share before and after on a line from 0 to 100%, with a tick at the threshold: small, for a table row. */

import { percent } from '../format.js';
import { type Html, html } from '../html.js';
import type { BeforeAfter } from '../input.js';
import { linearScale } from './scale.js';
import { figure, place } from './svg.js';

const WIDTH = 180;
const HEIGHT = 22;

export function dumbbell(title: string, value: BeforeAfter, threshold?: number): Html {
  const x = linearScale([0, 1], [8, WIDTH - 8]);
  const middle = HEIGHT / 2;
  const at = (share: number | null) => (share !== null && Number.isFinite(share) ? x(share) : undefined);
  const before = at(value.before);
  const after = at(value.after);
  const limit = at(threshold ?? null);
  const description = [
    `before ${percent(value.before)}`,
    value.after !== null && `after ${percent(value.after)}`,
    limit !== undefined && `threshold ${percent(threshold)}`,
  ].filter(Boolean);

  return figure(
    { width: WIDTH, height: HEIGHT },
    { title, description: description.join(', '), className: 'dumbbell' },
    [
      html`<line class="axis" x1="8" x2="${WIDTH - 8}" y1="${middle}" y2="${middle}"/>`,
      before !== undefined &&
        after !== undefined &&
        html`<line class="span" x1="${place(before)}" x2="${place(after)}" y1="${middle}" y2="${middle}"/>`,
      limit !== undefined &&
        html`<line class="threshold" x1="${place(limit)}" x2="${place(limit)}" y1="1" y2="${HEIGHT - 1}"/>`,
      before !== undefined && html`<circle class="ring before" cx="${place(before)}" cy="${middle}" r="5"/>`,
      after !== undefined && html`<circle class="fill after" cx="${place(after)}" cy="${middle}" r="5.5"/>`,
    ],
  );
}
