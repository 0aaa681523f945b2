/**
 * The list of blocks and the viewer of outputs: a list at the left, what is chosen in it at the right, and a filter
 * above. Only the frame stands in the page; the script fills it, drawing the rows in sight.
 */
import { integer } from '../../format.js';
import { type Content, type Html, html, inlineJson } from '../../html.js';
import type { MemorizationInput } from '../input.js';
import { blocksData, outputsData } from '../page-data.js';

export function blocksSection(input: MemorizationInput): Html {
  if (input.blocks.length === 0) {
    return html`<section class="chapter" id="blocks"><h2>Memorized blocks</h2><p class="empty">There are none.</p></section>`;
  }
  return html`<section class="chapter" id="blocks"><h2>Memorized blocks</h2>
<p>${input.blocks.length < input.analysis.fingerprints ? `The ${integer(input.blocks.length)} most frequent of ${integer(input.analysis.fingerprints)}` : 'All'}, most frequent in the outputs first.</p>
${explorer('blocks', 'Blocks', [
  filters(input, 'text, path, fingerprint'),
  html`<label>Order <select data-order><option value="extract">in outputs</option><option value="train">in corpus</option><option value="lines">lines</option></select></label>`,
])}
<script type="application/json" data-of="blocks">${inlineJson(blocksData(input))}</script></section>`;
}

export function outputsSection(input: MemorizationInput): Html | undefined {
  if (input.outputs.length === 0) return undefined;
  const total = input.analysis.outputs.withBlocks;
  return html`<section class="chapter" id="outputs"><h2>Outputs, with what is memorized marked</h2>
<p>${input.outputs.length < total ? `${integer(input.outputs.length)} of ${integer(total)}` : 'All'} that hold memorized blocks, in the order in which they were sampled.</p>
${explorer('outputs', 'Outputs', [
  filters(input, 'text, number'),
  html`<label>Order <select data-order><option value="sampled">as sampled</option><option value="memorized">memorized lines</option><option value="longest">longest block</option></select></label>`,
])}
<script type="application/json" data-of="outputs">${inlineJson(outputsData(input))}</script></section>`;
}

function filters(input: MemorizationInput, search: string): Content {
  return html`<label class="grow">Find <input type="search" placeholder="${search}" data-find autocomplete="off" spellcheck="false"></label> <label>Category <select data-category><option value="">all</option>${input.analysis.categories.map(({ category }) => html`<option>${category}</option>`)}</select></label> <label>Lines from <input type="number" min="1" step="1" inputmode="numeric" data-least></label> <label><span class="sr">lines </span>to <input type="number" min="1" step="1" inputmode="numeric" data-most></label>`;
}

function explorer(kind: 'blocks' | 'outputs', name: string, controls: Content): Html {
  return html`<noscript><p class="note">This list needs JavaScript. What it shows is in fingerprints.jsonl and outputs.jsonl.</p></noscript>
<div class="explorer needs-script" data-explorer="${kind}">
<p class="controls">${controls}</p>
<p class="note" role="status" data-count></p>
<div class="split"><div class="list" role="listbox" tabindex="0" aria-label="${name}" data-list><div class="rows" role="presentation" data-rows></div></div>
<div class="chosen" role="region" aria-label="${name}: the chosen one" data-detail></div></div>
<p class="note keys">In the list <kbd>\u2191</kbd> <kbd>\u2193</kbd> <kbd>Home</kbd> <kbd>End</kbd>; beside it <kbd>\u2190</kbd> <kbd>\u2192</kbd> for the previous and the next.</p>
</div>`;
}
