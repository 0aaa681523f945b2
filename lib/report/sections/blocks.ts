/** The most frequent memorized blocks, each with its text and where in the corpus it stands. */
import { type Context, cutNote, LIMITS } from '../context.js';
import { counted, integer } from '../format.js';
import { type Content, type Html, html } from '../html.js';
import type { ReportBlock, ReportSource } from '../input.js';

/** Blocks in sight before the reader asks for more. */
const OPEN = 12;

export function blocksSection(context: Context): Html | undefined {
  const clones = context.input.clones!;
  if (clones.blocks.length === 0) return undefined;
  const compared = clones.after !== null;
  const shown = clones.blocks.slice(0, LIMITS.blocks);
  const list = (blocks: readonly ReportBlock[]) =>
    html`<ol>${blocks.map((block) => html`<li>${drawBlock(context, block, compared)}</li>`)}</ol>`;
  return html`<h3 id="blocks">Most frequent memorized blocks</h3>
<div class="blocks${compared && ' compared'}"><p class="head" aria-hidden="true"><span>Lines</span><span>In outputs${compared && ' before'}</span>${compared && html`<span>after</span>`}<span>In corpus</span><span>From its text</span></p>
${list(shown.slice(0, OPEN))}${shown.length > OPEN && html`<details class="more"><summary>${integer(shown.length - OPEN)} more</summary>${list(shown.slice(OPEN))}</details>`}</div>
${cutNote(shown.length, Math.max(clones.before.blocks, clones.blocks.length), 'blocks')}`;
}

function drawBlock(context: Context, block: ReportBlock, compared: boolean): Html {
  const lines = block.text.split('\n');
  const text = lines.slice(0, LIMITS.blockLines).join('\n');
  // A line that says something, not a bracket or the start of a comment.
  const first = lines.find((line) => /\w.*\w.*\w.*\w/.test(line)) ?? lines[0]!;
  const cut = lines.length - Math.min(lines.length, LIMITS.blockLines);
  const cell = (name: string, value: Content, phase = '') =>
    html`<span class="num ${phase}"><span class="sr">${name} </span>${value}</span>`;
  return html`<details><summary>${cell('lines:', integer(block.lines))}${cell('in outputs before:', integer(block.outputs.before), 'before')}${compared && cell('after:', integer(block.outputs.after), 'after')}${cell('in corpus:', integer(block.corpus))}<code>${context.text(clip(first.trim(), 120))}</code></summary>
<pre tabindex="0">\n${context.text(text)}</pre>${cut > 0 && html`<p class="note">${counted(cut, 'further line')} not shown.</p>`}
<p class="sources">${sourceList(context, block.sources, block.corpus)}</p><p class="note">fingerprint ${block.fingerprint}</p></details>`;
}

/** `In a.py, lines 3–9; b.py, lines 1–7; and 4 more places.` */
export function sourceList(context: Context, sources: readonly ReportSource[], total: number): Content {
  if (sources.length === 0) return `In ${counted(total, 'place')} of the corpus.`;
  const shown = sources.slice(0, LIMITS.sourcesPerBlock);
  const rest = Math.max(total, sources.length) - shown.length;
  return [
    'In ',
    shown.map((source, index) => [index > 0 && '; ', sourceLink(context, source)]),
    rest > 0 ? `; and ${counted(rest, 'more place')}.` : '.',
  ];
}

function sourceLink(context: Context, { document, startLine, endLine }: ReportSource): Content {
  const anchor = context.corpusAnchor(document);
  const lines = startLine === endLine ? `line ${startLine}` : `lines ${startLine}\u2013${endLine}`;
  if (anchor === undefined) return [context.text(document), `, ${lines}`];
  return html`<a href="#${anchor}-${startLine}" data-last="${endLine}">${context.text(document)}, ${lines}</a>`;
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}\u2026` : text;
}
