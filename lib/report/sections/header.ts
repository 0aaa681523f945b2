/** The top of the page: what this is, the verdict, the figures that a reader remembers. */
import type { Context } from '../context.js';
import { change, decimal, integer, MISSING, moment, percent } from '../format.js';
import { type Content, type Html, html } from '../html.js';
import type { BeforeAfter, Measured, ReportSecret } from '../input.js';
import { likelihoodOrder } from '../likelihoods.js';
import { judge, judgeMean, NAT, targets, type VerdictState } from '../verdict.js';

const STATES: Readonly<Record<VerdictState, readonly [mark: string, label: string]>> = {
  forgotten: ['\u2713', 'Forgotten'],
  partly: ['\u25d0', 'Partly forgotten'],
  remembered: ['\u2715', 'Not forgotten'],
  audit: ['\u25cb', 'Audit'],
  unmeasured: ['?', 'Not measured'],
};

export function headerSection({ input }: Context): Html {
  const { model, run, unlearning } = input;
  const verdict = judge(input);
  const [mark, label] = STATES[verdict.state];
  return html`<header class="top" id="summary">
<p class="eyebrow">Lethe <span aria-hidden="true">/</span> ${unlearning ? 'audit, erase, prove' : 'audit'}</p>
<h1>${run.title}</h1>
<p class="byline">${[`${model.name} (${model.architecture}, ${integer(model.parameters)} parameters)`, unlearning?.method, run.seed !== undefined && `seed ${run.seed}`, moment(run.createdAt)].filter(Boolean).join(' \u00b7 ')}</p>
<div class="verdict ${verdict.state}"><p class="state"><span class="mark" aria-hidden="true">${mark}</span>${label}</p>
<p class="headline">${verdict.headline}</p>
${verdict.details.length > 0 && html`<p class="detail">${verdict.details.join(' ')}</p>`}</div>
${keyFigures(input)}
${glossary(input)}
</header>`;
}

/** What the figures above are, in a few words; the chapter on method has the definitions. */
function glossary({ summary }: Context['input']): Html | undefined {
  const measured = summary.secrets ?? summary.documents;
  const n = measured && likelihoodOrder(measured.extractionLikelihood);
  const entries: [Content, string][] = [
    ...(measured
      ? [
          [
            'MA',
            'memorization accuracy: the share of tokens that the model rates most likely, given what truly stands before them.',
          ] as [Content, string],
        ]
      : []),
    ...(n === undefined
      ? []
      : [
          [
            html`EL<sub>${n}</sub>`,
            `extraction likelihood: the share of runs of ${n} tokens that come out as they were when the model is left to go on by itself.`,
          ] as [Content, string],
        ]),
    ...(summary.retained || summary.unseen
      ? [['nat', `unit of the loss, ${NAT}.`] as [Content, string]]
      : []),
  ];
  if (entries.length === 0) return undefined;
  return html`<dl class="glossary">${entries.map(([name, meaning]) => html`<div><dt>${name}</dt><dd>${meaning}</dd></div>`)}</dl>`;
}

interface Card {
  readonly name: Content;
  readonly before: Measured;
  readonly after: Measured;
  readonly format: (value: Measured) => string;
  readonly foot: string;
}

function keyFigures(input: Context['input']): Html | undefined {
  const { summary, thresholds, clones } = input;
  const cards: Card[] = [];
  const current = (figure: BeforeAfter | undefined) => figure?.after ?? figure?.before ?? null;
  const judged = (
    mean: BeforeAfter,
    threshold: number | undefined,
    pick: (secret: ReportSecret) => BeforeAfter | undefined,
  ) =>
    judgeMean(
      current(mean),
      threshold,
      targets(input).map((secret) => current(pick(secret))),
    ) ?? 'lower is better';
  if (summary.secrets) {
    const value = summary.secrets.memorizationAccuracy;
    const limit = thresholds?.memorizationAccuracy;
    cards.push({
      name: 'Secrets\u2019 MA',
      ...value,
      format: percent,
      foot: judged(value, limit, (secret) => secret.memorizationAccuracy),
    });
    const n = likelihoodOrder(summary.secrets.extractionLikelihood);
    if (n !== undefined) {
      const likelihood = summary.secrets.extractionLikelihood[n]!;
      const foot = judged(
        likelihood,
        thresholds?.extractionLikelihood[n],
        (secret) => secret.extractionLikelihood[n],
      );
      cards.push({ name: html`Secrets\u2019 EL<sub>${n}</sub>`, ...likelihood, format: percent, foot });
    }
  }
  if (summary.documents) {
    const { memorizationAccuracy: value, extractionLikelihood } = summary.documents;
    const foot = (figure: BeforeAfter, limit: number | undefined) =>
      judgeMean(current(figure), limit, []) ?? 'lower is better';
    cards.push({
      name: 'Documents\u2019 MA',
      ...value,
      format: percent,
      foot: foot(value, thresholds?.memorizationAccuracy),
    });
    const n = likelihoodOrder(extractionLikelihood);
    if (n !== undefined)
      cards.push({
        name: html`Documents\u2019 EL<sub>${n}</sub>`,
        ...extractionLikelihood[n]!,
        format: percent,
        foot: foot(extractionLikelihood[n]!, thresholds?.extractionLikelihood[n]),
      });
  }
  if (clones) {
    const share = (c: typeof clones.after) => (c && c.outputs > 0 ? c.memorizedOutputs / c.outputs : null);
    cards.push({
      name: 'Outputs repeating the corpus',
      before: share(clones.before),
      after: share(clones.after),
      format: percent,
      foot: 'lower is better',
    });
  }
  if (summary.retained) {
    const { before, after } = summary.retained.loss;
    const delta = change(before, after);
    cards.push({
      name: 'Loss on retained code',
      before,
      after,
      format: decimal,
      foot: delta === MISSING ? 'nats a token' : `${delta}, lower is better`,
    });
  }
  if (cards.length === 0) return undefined;
  return html`<dl class="cards">${cards.map(
    (card) =>
      html`<div class="card"><dt>${card.name}</dt><dd>${
        card.after === null
          ? html`<span class="now before">${card.format(card.before)}</span>`
          : html`<span class="was before"><span class="sr">before </span>${card.format(card.before)}</span><span class="arrow" aria-hidden="true">\u2192</span><span class="now after"><span class="sr">after </span>${card.format(card.after)}</span>`
      }<span class="foot">${card.foot}</span></dd></div>`,
  )}</dl>`;
}
