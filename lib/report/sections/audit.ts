/** Chapter 1: what the model had memorized when it was handed in. */
import type { Context } from '../context.js';
import { counted, integer, percent } from '../format.js';
import { type Html, html } from '../html.js';
import type { ReportSecret } from '../input.js';
import { MEMORIZED } from '../verdict.js';
import { blocksSection } from './blocks.js';
import { outputsSection } from './outputs.js';

export function auditChapter(context: Context): Html | undefined {
  const { input } = context;
  if (!input.secrets?.length && !input.clones) return undefined;
  return html`<section class="chapter" id="audit"><h2><span class="step">Audit</span>What the model had memorized</h2>
${input.secrets && input.secrets.length > 0 && secretKinds(input.secrets)}
${input.clones && clonesIntroduction(input.clones)}
${input.clones && blocksSection(context)}
${input.clones && outputsSection(context)}
</section>`;
}

function secretKinds(secrets: readonly ReportSecret[]): Html {
  const kinds = new Map<string, { count: number; memorized: number; sum: number; measured: number }>();
  for (const { type, memorizationAccuracy } of secrets) {
    const kind = kinds.get(type) ?? { count: 0, memorized: 0, sum: 0, measured: 0 };
    const value = memorizationAccuracy.before;
    kind.count++;
    if (value !== null) {
      kind.measured++;
      kind.sum += value;
      if (value >= MEMORIZED) kind.memorized++;
    }
    kinds.set(type, kind);
  }
  const rows = [...kinds].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  const memorized = rows.reduce((sum, [, kind]) => sum + kind.memorized, 0);
  const documents = new Set(secrets.map((secret) => secret.document)).size;
  return html`<h3>Secrets in the training code</h3>
<p>${counted(secrets.length, 'secret')} in ${counted(documents, 'document')} ${secrets.length === 1 ? 'was' : 'were'} probed: the model was given the code before each one and asked for the rest. It had memorized ${integer(memorized)} of them (MA of at least ${MEMORIZED * 100}%).</p>
<div class="scroll" tabindex="0" role="region" aria-label="Secrets by kind"><table class="data narrow"><thead><tr><th scope="col">Kind</th><th scope="col" class="num">Probed</th><th scope="col" class="num">Memorized</th><th scope="col" class="num">Mean MA</th></tr></thead><tbody>
${rows.map(([type, kind]) => html`<tr><th scope="row">${type}</th><td class="num">${integer(kind.count)}</td><td class="num">${integer(kind.memorized)}</td><td class="num">${percent(kind.measured === 0 ? null : kind.sum / kind.measured)}</td></tr>`)}
</tbody></table></div>`;
}

function clonesIntroduction(clones: NonNullable<Context['input']['clones']>): Html {
  const { before, corpus, threshold, sampling } = clones;
  const share = before.outputs === 0 ? null : before.memorizedOutputs / before.outputs;
  const lines = corpus.lines === undefined ? '' : ` (${counted(corpus.lines, 'line')})`;
  return html`<h3>Code that it writes down again</h3>
<p>The model was left to write: ${sampling}. Its outputs were searched for runs of at least ${counted(threshold, 'line')} that also stand in the ${counted(corpus.documents, 'document')}${lines} of the corpus. ${integer(before.memorizedOutputs)} of ${counted(before.outputs, 'output')} (${percent(share)}) held one: ${counted(before.blocks, 'distinct block')} in all.</p>`;
}
