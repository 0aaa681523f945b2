/** How well scores that need no training data find memorized outputs. */
import type { Ranking } from '../../../memorization/ranking/records.js';
import { rocCurve } from '../../charts/roc-curve.js';
import { counted, decimal, integer, percent } from '../../format.js';
import { type Html, html } from '../../html.js';

/** Columns of precision; more would not fit, and say little. */
const MOST_COLUMNS = 6;

export function rankingSection(ranking: Ranking): Html {
  const scores = ranking.scores.toSorted((a, b) => (b.auc ?? -1) - (a.auc ?? -1));
  const counts = spread([...new Set(scores.flatMap((score) => score.precisionAt.map(({ n }) => n)))]);
  return html`<section class="chapter" id="ranking"><h2>Finding them without the corpus</h2>
<p>Outputs were ranked by scores that need the model alone. Precision at n: the share of the first n that clone detection confirms. AUC: how often a memorized output ranks above one that is not; 0.5 is chance.${chance(ranking)}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Scores"><table class="data"><thead><tr><th scope="col">Score</th><th scope="col" class="num">AUC</th>${counts.map((n) => html`<th scope="col" class="num">First ${integer(n)}</th>`)}</tr></thead><tbody>${scores.map(
    (score) =>
      html`<tr><th scope="row">${score.name}</th><td class="num">${decimal(score.auc)}</td>${counts.map((n) => html`<td class="num">${percent(score.precisionAt.find((at) => at.n === n)?.precision)}</td>`)}</tr>`,
  )}</tbody></table></div>
<div class="rocs">${scores.map((score) => html`<figure><figcaption>${score.name}</figcaption>${rocCurve({ title: `ROC curve of ${score.name}`, description: `Area under the curve: ${decimal(score.auc)}.`, points: score.roc })}</figure>`)}</div>
<p class="note">ROC curves: memorized outputs found (up) for outputs taken in error (right), both from 0 to 100%. Dashed: chance.</p></section>`;
}

/** What any order finds on average. */
function chance({ outputs, memorized }: Ranking): string {
  if (!outputs || memorized === undefined) return '';
  return ` Of the ${counted(outputs, 'ranked output')}, ${percent(memorized / outputs)} are memorized: the precision of chance.`;
}

/** At most {@link MOST_COLUMNS} of the numbers, ascending, the first and last among them. */
function spread(numbers: readonly number[]): number[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  if (sorted.length <= MOST_COLUMNS) return sorted;
  return Array.from(
    { length: MOST_COLUMNS },
    (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (MOST_COLUMNS - 1))]!,
  );
}
