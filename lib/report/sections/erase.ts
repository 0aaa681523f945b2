/** Chapter 2: how it was made to forget, and how that went. */
import { lineChart } from '../charts/line-chart.js';
import { type Context, cutNote, LIMITS } from '../context.js';
import { counted, decimal, percent, plain } from '../format.js';
import { type Html, html } from '../html.js';
import type { Measured, ReportEpoch, ReportTerm, ReportUnlearning } from '../input.js';
import { likelihoodOrder } from '../likelihoods.js';

export function eraseChapter({ input }: Context): Html | undefined {
  const { unlearning, thresholds } = input;
  if (!unlearning) return undefined;
  const order =
    unlearning.schedule === 'alternate'
      ? 'a step on the first, then one on the second, every epoch'
      : 'one step on their sum, every epoch';
  const documents = (count: number | undefined) =>
    count === undefined ? 'the documents' : counted(count, 'document');
  const summed = [...unlearning.forget, ...unlearning.retain].some(
    (term) => term.reduction === 'perDocument',
  );
  const both = unlearning.forget.length > 0 && unlearning.retain.length > 0;
  return html`<section class="chapter" id="erase"><h2><span class="step">Erase</span>How it was made to forget</h2>
<p>${unlearning.method} minimized, over ${documents(unlearning.forgetDocuments)} to forget and ${documents(unlearning.retainDocuments)} to retain${both && `, with ${order}`}:</p>
<div class="formulas">${formula('forget', unlearning.forget)}${formula('retain', unlearning.retain)}</div>
<p class="note">NLL: mean negative log-likelihood over the tokens named. KL: mean divergence from the model before unlearning${summed && '; \u03a3: its sum over the tokens of a document'}. A negative weight is ascent.</p>
${hyperparameters(unlearning)}
<h3>The course of it</h3>
<p>Kept: the weights of epoch ${unlearning.stop.epoch}. ${unlearning.stop.reason}</p>
${course(unlearning, thresholds)}
</section>`;
}

const TOKENS = { all: 'all', secret: 'secret', context: 'rest' } as const;

/** `L_forget = −NLL(secret) + 0.1 NLL(rest) − 0.1 KL(secret)`, from the terms themselves. */
export function formula(name: 'forget' | 'retain', terms: readonly ReportTerm[]): Html {
  const written = terms.map((term, index) => {
    const sign = term.weight < 0 ? '\u2212' : index === 0 ? '' : '+';
    const size = Math.abs(term.weight);
    const gap = index === 0 ? '' : ' ';
    return html`${gap}${sign}${index === 0 ? '' : ' '}${size !== 1 && html`${plain(size)}\u2009`}${term.reduction === 'perDocument' && '\u03a3\u2009'}${term.loss.toUpperCase()}(${TOKENS[term.tokens]})`;
  });
  return html`<p class="formula"><var>L</var><sub>${name}</sub> = ${terms.length === 0 ? '0' : written}</p>`;
}

function hyperparameters({ hyperparameters: values }: ReportUnlearning): Html | undefined {
  const entries = Object.entries(values);
  if (entries.length === 0) return undefined;
  return html`<dl class="pairs">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${plain(value)}</dd></div>`)}</dl>`;
}

function course(unlearning: ReportUnlearning, thresholds: Context['input']['thresholds']): Html {
  const epochs = thin(unlearning.course, LIMITS.epochs);
  const n =
    thresholds &&
    (thresholds.extractionLikelihood['10'] !== undefined
      ? '10'
      : likelihoodOrder(thresholds.extractionLikelihood));
  const limit = (value: number | undefined) =>
    value === undefined ? undefined : { value, label: `threshold ${percent(value)}` };
  const shared = { xLabel: 'epoch', marker: { x: unlearning.stop.epoch, label: 'kept' } };
  const points = (pick: (epoch: ReportEpoch) => Measured) =>
    epochs.map((epoch) => ({ x: epoch.epoch, y: pick(epoch) }));
  const shares = {
    format: percent,
    axisFormat: (value: number) => `${Math.round(value * 100)}%`,
    yDomain: [0, 1] as const,
  };
  const number = (value: number) => decimal(value);
  const charts = [
    {
      ...shared,
      title: 'MA of the secrets',
      points: points((epoch) => epoch.memorizationAccuracy),
      ...shares,
      threshold: limit(thresholds?.memorizationAccuracy),
    },
    {
      ...shared,
      title: 'EL\u2081\u2080 of the secrets',
      points: points((epoch) => epoch.extractionLikelihood),
      ...shares,
      threshold: n === '10' ? limit(thresholds?.extractionLikelihood['10']) : undefined,
    },
    {
      ...shared,
      title: 'Objective on the forget set, nats a token',
      points: points((epoch) => epoch.forgetLoss),
      format: number,
    },
    {
      ...shared,
      title: 'Objective on the retained set, nats a token',
      points: points((epoch) => epoch.retainLoss),
      format: number,
    },
  ];
  return html`<div class="charts">${charts.map((chart) => html`<figure><figcaption>${chart.title}</figcaption>${lineChart(chart)}</figure>`)}</div>
${cutNote(epochs.length, unlearning.course.length, 'epochs', 'evenly chosen')}
<details class="table"><summary>The same as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Course of unlearning"><table class="data narrow"><thead><tr><th scope="col" class="num">Epoch</th><th scope="col" class="num">MA</th><th scope="col" class="num">EL<sub>10</sub></th><th scope="col" class="num">Forget objective</th><th scope="col" class="num">Retain objective</th></tr></thead><tbody>${epochs.map((epoch) => html`<tr${epoch.epoch === unlearning.stop.epoch && html` class="kept"`}><th scope="row" class="num">${epoch.epoch}</th><td class="num">${percent(epoch.memorizationAccuracy)}</td><td class="num">${percent(epoch.extractionLikelihood)}</td><td class="num">${decimal(epoch.forgetLoss)}</td><td class="num">${decimal(epoch.retainLoss)}</td></tr>`)}</tbody></table></div></details>`;
}

/** At most `most` of the items, evenly spread, the first and last among them. */
function thin<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!);
}
