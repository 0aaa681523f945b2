/** Sampled outputs to be looked at, memorized lines marked and linked to the corpus documents they stand in. */
import { type Context, cutNote, LIMITS } from '../context.js';
import { counted, integer } from '../format.js';
import { type Html, html } from '../html.js';
import type { ReportCorpusDocument, ReportOutput } from '../input.js';
import { viewer } from '../viewer.js';
import { sourceList } from './blocks.js';

export function outputsSection(context: Context): Html | undefined {
  const clones = context.input.clones!;
  if (clones.outputs.length === 0) return undefined;
  // What holds memorized code first; a stable sort keeps the order otherwise.
  const ordered = [...clones.outputs].sort((a, b) => Number(b.spans.length > 0) - Number(a.spans.length > 0));
  const shown = ordered.slice(0, LIMITS.outputs);
  const items = shown.map((output) => ({
    label: `${output.phase}: ${output.id} (${memorizedLines(output).size} of ${counted(countLines(output), 'line')} memorized)`,
    content: drawOutput(context, output),
  }));
  return html`<h3>Outputs, with what is memorized marked</h3>
${viewer('Output', items)}
${cutNote(shown.length, clones.outputs.length, 'outputs of this report')}
${corpusDocuments(context, clones.documents ?? [])}`;
}

function countLines(output: ReportOutput): number {
  return output.text.split('\n').length;
}

function memorizedLines(output: ReportOutput): Set<number> {
  const lines = new Set<number>();
  const total = countLines(output);
  for (const { startLine, endLine } of output.spans) {
    for (let line = startLine; line <= Math.min(endLine, total); line++) lines.add(line);
  }
  return lines;
}

function drawOutput(context: Context, output: ReportOutput): Html {
  const lines = output.text.split('\n');
  const memorized = memorizedLines(output);
  const shown = lines.slice(0, LIMITS.outputLines);
  const rows = shown.map((line, index) => {
    const number = index + 1;
    const begins = output.spans.filter((span) => span.startLine === number);
    const notes = begins.map(
      (span) =>
        html`<span class="origin">${counted(span.endLine - span.startLine + 1, 'line')}. ${sourceList(context, span.sources, span.sources.length)}</span>`,
    );
    const text = context.text(line);
    const content = memorized.has(number)
      ? html`<mark>${line === '' ? ' ' : text}</mark>`
      : html`<span>${text}</span>`;
    return html`${notes}<span class="row${memorized.has(number) && ` hit ${output.phase}`}">${content}</span>`;
  });
  const found = output.spans.length === 0 ? 'Nothing in it is a block of the corpus.' : undefined;
  return html`<div>${found && html`<p class="note">${found}</p>`}<pre class="numbered" tabindex="0" role="group" aria-label="output ${output.id}">${rows}</pre>${cutNote(shown.length, lines.length, 'lines')}</div>`;
}

function corpusDocuments(context: Context, documents: readonly ReportCorpusDocument[]): Html | undefined {
  if (documents.length === 0) return undefined;
  const shown = documents.slice(0, LIMITS.corpusDocuments);
  return html`<h3>Corpus documents</h3><div class="corpus">${shown.map((document) => {
    const anchor = context.corpusAnchor(document.id)!;
    const lines = document.text.split('\n');
    const drawn = lines.slice(0, LIMITS.corpusLines);
    const about = [
      document.path !== undefined && document.path !== document.id && document.path,
      document.licence !== undefined && `licence ${document.licence}`,
      `${integer(lines.length)} lines`,
    ].filter((part) => typeof part === 'string');
    return html`<details id="${anchor}"><summary><code>${context.text(document.id)}</code> <span class="quiet">${about.join(' \u00b7 ')}</span></summary><pre class="numbered" tabindex="0">${drawn.map((line, index) => html`<span class="row" id="${anchor}-${index + 1}"><span>${context.text(line)}</span></span>`)}</pre>${cutNote(drawn.length, lines.length, 'lines')}</details>`;
  })}</div>${cutNote(shown.length, documents.length, 'documents')}`;
}
