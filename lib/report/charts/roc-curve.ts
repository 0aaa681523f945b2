/** A small ROC curve, with the diagonal of chance. */
import { type Html, html } from '../html.js';
import { linearScale } from './scale.js';
import { figure, noData, place } from './svg.js';

export interface RocCurve {
  readonly title: string;
  readonly description: string;
  /** [false positive rate, true positive rate], both in [0, 1]. */
  readonly points: readonly (readonly [number, number])[];
}

const SIZE = 180;
const INSET = 6;
/** More points than this do not show at this size. */
const MOST_POINTS = 240;

export function rocCurve({ title, description, points }: RocCurve): Html {
  if (points.length < 2) return noData(title);
  const x = linearScale([0, 1], [INSET, SIZE - INSET]);
  const y = linearScale([0, 1], [SIZE - INSET, INSET]);
  const step = Math.max(1, Math.ceil(points.length / MOST_POINTS));
  const kept = points.filter((_, i) => i % step === 0 || i === points.length - 1);
  const path = kept
    .map(([fpr, tpr], i) => `${i === 0 ? 'M' : 'L'}${place(x(fpr))} ${place(y(tpr))}`)
    .join('');
  return figure({ width: SIZE, height: SIZE }, { title, description, className: 'roc' }, [
    html`<rect class="box-line" x="${INSET}" y="${INSET}" width="${SIZE - 2 * INSET}" height="${SIZE - 2 * INSET}"/><path class="chance" d="M${INSET} ${SIZE - INSET}L${SIZE - INSET} ${INSET}"/><path class="measured" d="${path}"/>`,
  ]);
}
