/** Whole documents that were measured: how their figures are spread, and the most memorized of them. */
import { mirrorHistogram } from '../charts/mirror-histogram.js';
import { type Context, cutNote, LIMITS } from '../context.js';
import { percent } from '../format.js';
import { type Html, html } from '../html.js';
import type { Measured, ReportMeasure } from '../input.js';
import { likelihoodOrders } from '../likelihoods.js';

export function measuresSection({ input, text }: Context): Html {
  const measures = input.measures!;
  const orders = likelihoodOrders(measures[0]!.extractionLikelihood);
  const accuracy = ({ memorizationAccuracy }: ReportMeasure) => memorizationAccuracy.before;
  const likelihood = (n: string) => (measure: ReportMeasure) =>
    measure.extractionLikelihood[n]?.before ?? null;
  // Below all others stands what could not be measured.
  const ranked = [...measures].sort((a, b) => (accuracy(b) ?? -1) - (accuracy(a) ?? -1));
  const shown = ranked.slice(0, LIMITS.measures);
  const histogram = (title: string, xLabel: string, pick: (measure: ReportMeasure) => Measured) =>
    html`<figure class="full"><figcaption>${title}</figcaption>${mirrorHistogram({ title, xLabel, unit: 'documents', before: measures.map(pick), after: null })}</figure>`;
  return html`<h3 id="measures">Documents</h3>
${histogram('MA of the documents', 'memorization accuracy', accuracy)}
${orders.map((n) => histogram(`EL_${n} of the documents`, 'extraction likelihood', likelihood(n)))}
<h3>Most memorized documents</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Most memorized documents"><table class="data"><thead><tr><th scope="col">Document</th><th scope="col" class="num">MA</th>${orders.map((n) => html`<th scope="col" class="num">EL<sub>${n}</sub></th>`)}<th scope="col" class="num">Extraction strength</th></tr></thead><tbody>
${shown.map((measure) => html`<tr><th scope="row">${text(measure.document)}</th><td class="num">${percent(accuracy(measure))}</td>${orders.map((n) => html`<td class="num">${percent(likelihood(n)(measure))}</td>`)}<td class="num">${percent(measure.extractionStrength)}</td></tr>`)}
</tbody></table></div>
${cutNote(shown.length, measures.length, 'documents', 'most memorized')}`;
}
