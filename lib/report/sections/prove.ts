/** Chapter 3: what is left of it. */
import { mirrorHistogram } from '../charts/mirror-histogram.js';
import { pairBars } from '../charts/pair-bars.js';
import type { Context } from '../context.js';
import { counted, integer, percent } from '../format.js';
import { type Html, html } from '../html.js';
import type { ReportCampaign } from '../input.js';
import { targets } from '../verdict.js';
import { measuresSection } from './measures.js';
import { secretTable } from './secret-table.js';
import { tokensSection } from './tokens.js';

export function proveChapter(context: Context): Html | undefined {
  const { secrets, measures, documents, clones, unlearning } = context.input;
  const erased = unlearning !== undefined;
  const parts = [
    secrets && secrets.length > 0 && secretsPart(context),
    measures && measures.length > 0 && measuresSection(context),
    documents && documents.length > 0 && tokensSection(context),
    clones && clonesPart(clones.before, clones.after),
  ].filter(Boolean);
  if (parts.length === 0) return undefined;
  return html`<section class="chapter" id="prove"><h2><span class="step">${erased ? 'Prove' : 'Detail'}</span>${erased ? 'What is left of it' : 'Secret by secret, token by token'}</h2>${parts}</section>`;
}

const KEY = html`<p class="key"><span><i class="swatch before"></i>before</span><span><i class="swatch after"></i>after</span></p>`;

function secretsPart(context: Context): Html {
  const { thresholds, unlearning } = context.input;
  const rows = targets(context.input);
  const limit = thresholds?.memorizationAccuracy;
  const title = unlearning ? 'MA of the secrets to forget' : 'MA of the probed secrets';
  return html`<h3>Secrets</h3>
<figure class="full"><figcaption>${title}, before${unlearning && ' (above the line) and after (below it)'}</figcaption>${unlearning && KEY}${mirrorHistogram(
    {
      title,
      xLabel: 'memorization accuracy',
      unit: 'secrets',
      before: rows.map((secret) => secret.memorizationAccuracy.before),
      after: unlearning ? rows.map((secret) => secret.memorizationAccuracy.after) : null,
      threshold: limit === undefined ? undefined : { value: limit, label: `threshold ${percent(limit)}` },
    },
  )}</figure>
${secretTable(context)}`;
}

/** Bins of block lengths, in lines; the last is open. */
const LENGTHS = [
  [1, 5],
  [6, 6],
  [7, 7],
  [8, 8],
  [9, 10],
  [11, 13],
  [14, 17],
  [18, 24],
  [25, 39],
  [40, Number.POSITIVE_INFINITY],
] as const;

function clonesPart(before: ReportCampaign, after: ReportCampaign | null): Html {
  const inBin = (campaign: ReportCampaign, low: number, high: number) =>
    campaign.lengths.reduce((sum, [lines, count]) => sum + (lines >= low && lines <= high ? count : 0), 0);
  const least = Math.min(...[...before.lengths, ...(after?.lengths ?? [])].map(([lines]) => lines));
  const rows = LENGTHS.filter(([, high]) => high >= least).map(([low, high]) => ({
    label: high === Number.POSITIVE_INFINITY ? `${low}+` : low === high ? `${low}` : `${low}\u2013${high}`,
    before: inBin(before, low, high),
    after: after && inBin(after, low, high),
  }));
  const share = (campaign: ReportCampaign) =>
    percent(campaign.outputs === 0 ? null : campaign.memorizedOutputs / campaign.outputs);
  const text = (campaign: ReportCampaign) =>
    `${integer(campaign.memorizedOutputs)} of ${integer(campaign.outputs)} outputs (${share(campaign)}) held ${counted(campaign.blocks, 'distinct block')}`;
  return html`<h3>Reproduced code</h3>
<p>Before, ${text(before)}.${after && ` After, sampled in the same way, ${text(after)}.`}</p>
<figure class="full"><figcaption>Distinct memorized blocks by length</figcaption>${after && KEY}${pairBars({ title: 'Distinct memorized blocks by length', xLabel: 'lines in the block', rows })}</figure>`;
}
