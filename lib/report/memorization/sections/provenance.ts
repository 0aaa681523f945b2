/** Where the figures come from: files, digests, options, versions. */
import { bytes, counted, moment } from '../../format.js';
import { type Content, type Html, html } from '../../html.js';
import { stepTimes } from '../../sections/run.js';
import type { MemorizationInput } from '../input.js';

/** Names of corpus files in sight. */
const MOST_SHARDS = 60;

export function provenanceSection({ analysis, run }: MemorizationInput): Html {
  const logs = analysis.shards.slice(0, MOST_SHARDS);
  const rest = analysis.shards.length - logs.length;
  return html`<section class="chapter" id="run"><h2>Where this comes from</h2>
${pairs([
  ['Outputs', html`<code>${analysis.outputs.file}</code>`],
  ['Map', html`<code>${analysis.outputs.map}</code>`],
  ['Counting', analysis.counting],
  ['Shortest block', analysis.threshold === undefined ? undefined : counted(analysis.threshold, 'line')],
])}
<details class="table"><summary>${counted(analysis.shards.length, 'shard log')}</summary><ul class="shards">${logs.map(({ log, files }) => html`<li><code>${log}</code>: ${files.join(', ')}</li>`)}${rest > 0 && html`<li>and ${counted(rest, 'further log')}</li>`}</ul></details>
${run === undefined ? html`<p class="note">There is no run.json beside the analysis, so its options and digests are not known here.</p>` : runDetails(run)}</section>`;
}

function runDetails(run: NonNullable<MemorizationInput['run']>): Html {
  const sources = [...(run.model === undefined ? [] : [{ ...run.model, role: 'Model' }]), ...run.inputs];
  return html`<h3>The run</h3>
${pairs([
  ['Command', html`<code>lethe ${run.command}</code>`],
  ['Begun', moment(run.startedAt)],
  ['Ended', moment(run.finishedAt)],
  ['Seed', run.seed === undefined ? undefined : String(run.seed)],
  ['Peak memory', bytes(run.peakMemoryBytes)],
  ...Object.entries(run.versions),
])}
<h3>Options</h3>
${pairs(Object.entries(run.options).map(([name, value]) => [name, html`<code>${written(value)}</code>`]))}
${sources.length > 0 && html`<h3>Inputs</h3><dl class="digests">${sources.map(({ path, digest }) => html`<div><dt><code>${path}</code></dt><dd><code>${digest}</code></dd></div>`)}</dl><p class="note">SHA-256.</p>`}
${stepTimes(run.steps)}`;
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function pairs(entries: readonly (readonly [string, Content])[]): Html {
  return html`<dl class="pairs">${entries.map(([name, value]) => value !== undefined && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
