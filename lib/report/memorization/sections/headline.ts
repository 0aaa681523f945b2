/** The top of the page: what was sampled, and how much of it stands in the corpus. */
import { compact, counted, integer, moment, percent } from '../../format.js';
import { type Content, type Html, html } from '../../html.js';
import type { MemorizationInput } from '../input.js';

export function headlineSection({ analysis, run }: MemorizationInput): Html {
  const { outputs, fingerprints, threshold, lengthDistribution, categories, shards } = analysis;
  const share = outputs.count === 0 ? null : outputs.withBlocks / outputs.count;
  const places = categories.reduce((sum, category) => sum + category.places, 0);
  const longest = lengthDistribution.at(-1)?.lines;
  const least = threshold === undefined ? '' : ` of at least ${counted(threshold, 'line')}`;
  const cards: { name: string; value: string; foot: Content }[] = [
    {
      name: 'Outputs with memorized blocks',
      value: percent(share),
      foot: `${integer(outputs.withBlocks)} of ${integer(outputs.count)}`,
    },
    { name: 'Distinct memorized blocks', value: integer(fingerprints), foot: `blocks${least}` },
    {
      name: 'Their places in the outputs',
      value: places >= 1e6 ? compact(places) : integer(places),
      foot: analysis.counting === 'published' ? 'counted once per shard' : 'distinct places',
    },
    {
      name: 'Longest block',
      value: integer(longest),
      foot: longest === 1 ? 'line' : 'lines',
    },
  ];
  return html`<header class="top" id="summary">
<p class="eyebrow">Lethe <span aria-hidden="true">/</span> memorization</p>
<h1>${analysis.name}</h1>
<p class="byline">${[`${counted(outputs.count, 'output')}, ${counted(outputs.lines, 'line')}`, counted(shards.length, 'corpus shard'), run && moment(run.startedAt)].filter(Boolean).join(' \u00b7 ')}</p>
<div class="verdict"><p class="headline">${headline(analysis)}</p></div>
<dl class="cards">${cards.map((card) => html`<div class="card"><dt>${card.name}</dt><dd><span class="now before">${card.value}</span><span class="foot">${card.foot}</span></dd></div>`)}</dl>
</header>`;
}

function headline({ outputs, fingerprints, threshold }: MemorizationInput['analysis']): string {
  if (outputs.count === 0) return 'There were no outputs to look at.';
  const run = threshold === undefined ? 'a block' : `${counted(threshold, 'line')} or more`;
  if (outputs.withBlocks === 0) {
    return `None of ${counted(outputs.count, 'output')} repeats ${run} of the corpus.`;
  }
  const verb = outputs.withBlocks === 1 ? 'repeats' : 'repeat';
  return `${integer(outputs.withBlocks)} of ${counted(outputs.count, 'output')} ${verb} ${run} of the corpus: ${counted(fingerprints, 'distinct block')}.`;
}
