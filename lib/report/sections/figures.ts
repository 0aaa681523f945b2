/** All figures of the run, before and after, each with its direction. */
import { dumbbell } from '../charts/dumbbell.js';
import type { Context } from '../context.js';
import { change, counted, decimal, integer, percent } from '../format.js';
import { type Content, type Html, html } from '../html.js';
import type { BeforeAfter, Measured, ReportCodeFigures } from '../input.js';
import { likelihoodOrders } from '../likelihoods.js';
import { judgeMean, targets } from '../verdict.js';

interface Row {
  readonly name: Content;
  readonly label: string;
  readonly value: BeforeAfter;
  readonly kind: 'share' | 'count' | 'loss';
  readonly threshold?: number | undefined;
  /** What the value is the mean of, where each of them is to be below the threshold. */
  readonly singles?: readonly BeforeAfter[] | undefined;
  readonly aim: string;
}

export function figuresSection({ input }: Context): Html | undefined {
  const groups = [
    secretRows(input),
    documentRows(input),
    cloneRows(input),
    codeRows(input, 'retained'),
    codeRows(input, 'unseen'),
  ];
  const present = groups.filter((group) => group !== undefined);
  if (present.length === 0) return undefined;
  const erased = input.unlearning !== undefined;
  return html`<section class="figures"><h2>All figures</h2>
<div class="scroll" tabindex="0" role="region" aria-label="All figures"><table class="data">
<thead><tr><th scope="col">Figure</th><th scope="col" class="num">${erased ? 'Before' : 'Value'}</th>${erased && html`<th scope="col" class="num">After</th><th scope="col" class="num">Change</th>`}<th scope="col" class="wide"><span class="sr">Drawn from 0 to 100%</span><span class="legend" aria-hidden="true"><i class="ring"></i>${erased ? 'before' : 'value'}${erased && html`<i class="disc"></i>after`}<i class="bar"></i>threshold</span></th><th scope="col">Aim</th></tr></thead>
${present.map((group) => html`<tbody><tr class="group"><th scope="rowgroup" colspan="${erased ? 6 : 4}">${group.name}</th></tr>${group.rows.map((row) => drawRow(row, erased))}</tbody>`)}
</table></div></section>`;
}

function drawRow(row: Row, erased: boolean): Html {
  const { before, after } = row.value;
  const format = row.kind === 'share' ? percent : row.kind === 'loss' ? decimal : integer;
  const delta = row.kind === 'share' ? points(before, after) : change(before, after);
  const now = (value: BeforeAfter): Measured => (erased ? value.after : value.before);
  const current = now(row.value);
  const aim = judgeMean(current, row.threshold, row.singles?.map(now) ?? []) ?? row.aim;
  return html`<tr><th scope="row">${row.name}</th><td class="num before">${format(before)}</td>${erased && html`<td class="num after">${format(after)}</td><td class="num">${delta}</td>`}<td class="wide">${row.kind === 'share' && dumbbell(row.label, row.value, row.threshold)}</td><td class="aim">${aim}</td></tr>`;
}

function points(before: Measured, after: Measured): string {
  if (before === null || after === null) return '\u2013';
  const difference = (after - before) * 100;
  const text = Math.abs(difference).toFixed(1);
  if (Number(text) === 0) return '\u00b10.0 pt';
  return `${difference > 0 ? '+' : '\u2212'}${text} pt`;
}

function secretRows(input: Context['input']) {
  const { summary, unlearning } = input;
  if (!summary.secrets) return undefined;
  const secrets = targets(input);
  const rows = memorizationRows(input, summary.secrets, 'secrets', (n) =>
    secrets.flatMap((secret) =>
      n === undefined ? secret.memorizationAccuracy : (secret.extractionLikelihood[n] ?? []),
    ),
  );
  const { count } = summary.secrets;
  return { name: `Secrets (mean${over(count)}${unlearning ? ' in the forget set' : ''})`, rows };
}

function documentRows(input: Context['input']) {
  const { documents } = input.summary;
  if (!documents) return undefined;
  const rows = memorizationRows(input, documents, 'documents', () => []);
  return { name: `Documents (mean${over(documents.count)})`, rows };
}

/** ` over 24`, where it is known. */
function over(count: number | undefined): string {
  return count === undefined ? '' : ` over ${integer(count)}`;
}

/** @param singles values of MA, or of EL_n, behind the mean */
function memorizationRows(
  { thresholds }: Context['input'],
  { memorizationAccuracy, extractionLikelihood }: NonNullable<Context['input']['summary']['documents']>,
  what: string,
  singles: (n?: string) => readonly BeforeAfter[],
): Row[] {
  return [
    {
      name: 'Memorization accuracy, MA',
      label: `Memorization accuracy of ${what}`,
      value: memorizationAccuracy,
      kind: 'share',
      threshold: thresholds?.memorizationAccuracy,
      singles: singles(),
      aim: 'lower is better',
    },
    ...likelihoodOrders(extractionLikelihood).map(
      (n): Row => ({
        name: html`Extraction likelihood, EL<sub>${n}</sub>`,
        label: `Extraction likelihood EL ${n} of ${what}`,
        value: extractionLikelihood[n]!,
        kind: 'share',
        threshold: thresholds?.extractionLikelihood[n],
        singles: singles(n),
        aim: 'lower is better',
      }),
    ),
  ];
}

function cloneRows({ clones }: Context['input']) {
  if (!clones) return undefined;
  const { before, after, threshold } = clones;
  const share = (campaign: typeof after) =>
    campaign && campaign.outputs > 0 ? campaign.memorizedOutputs / campaign.outputs : null;
  const rows: Row[] = [
    {
      name: 'Outputs with a memorized block',
      label: 'Share of outputs with a memorized block',
      value: { before: share(before), after: share(after) },
      kind: 'share',
      aim: 'lower is better',
    },
    {
      name: 'Distinct memorized blocks',
      label: 'Distinct memorized blocks',
      value: { before: before.blocks, after: after?.blocks ?? null },
      kind: 'count',
      aim: 'lower is better',
    },
  ];
  return { name: `Sampled outputs (blocks of ${threshold} lines or more, also in the corpus)`, rows };
}

function codeRows({ summary }: Context['input'], which: 'retained' | 'unseen') {
  const figures: ReportCodeFigures | undefined = summary[which];
  if (!figures) return undefined;
  const { loss, memorizationAccuracy, documents, tokens } = figures;
  const perplexity = (value: Measured) => (value === null ? null : Math.exp(value));
  const aim = which === 'retained' ? 'should stay' : 'reference, should stay';
  const rows: Row[] = [
    { name: 'Loss, nats a token', label: 'Loss', value: loss, kind: 'loss', aim: 'lower is better' },
    {
      name: 'Perplexity',
      label: 'Perplexity',
      value: { before: perplexity(loss.before), after: perplexity(loss.after) },
      kind: 'loss',
      aim: 'lower is better',
    },
    {
      name: 'Memorization accuracy, MA',
      label: `Memorization accuracy of ${which} code`,
      value: memorizationAccuracy,
      kind: 'share',
      aim,
    },
  ];
  const title = which === 'retained' ? 'Retained code' : 'Unseen code';
  return { name: `${title} (${counted(documents, 'document')}, ${counted(tokens, 'token')})`, rows };
}
