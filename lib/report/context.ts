/** What every section gets: the input, and the way secrets are shown. Also the limits of what one page draws. */
import { type Content, type Html, html } from './html.js';
import type { ReportInput } from './input.js';
import { Masker, secretValues } from './mask.js';

/** Caps, so that a run with a hundred thousand records still makes a page that opens at once. */
export const LIMITS = {
  /** Secrets in the table; the reader pages through them. */
  secrets: 10_000,
  /** Rows of that table in the page before any script runs, and on each of its pages. */
  secretsPerPage: 25,
  blocks: 200,
  blockLines: 120,
  sourcesPerBlock: 12,
  outputs: 60,
  outputLines: 600,
  documents: 24,
  documentTokens: 2048,
  corpusDocuments: 60,
  corpusLines: 1500,
  /** Points in a chart over epochs. */
  epochs: 2000,
} as const;

export interface Context {
  readonly input: ReportInput;
  readonly redacted: boolean;
  /** Text with its known secrets masked until the reader reveals them. */
  text(value: string): Content;
  /** Two forms of one text of which the first is shown until the reader reveals the second. */
  veiled(masked: string, bare: string): Content;
  /** Id of a corpus document's element, if the page shows it. */
  corpusAnchor(document: string): string | undefined;
}

export function createContext(input: ReportInput): Context {
  const redacted = input.redacted === true;
  const masker = new Masker(redacted ? [] : secretValues(input));
  const anchors = new Map(
    (input.clones?.documents ?? [])
      .slice(0, LIMITS.corpusDocuments)
      .map((document, index) => [document.id, `corpus-${index + 1}`]),
  );
  const veiled = (masked: string, bare: string): Content =>
    redacted || masked === bare
      ? bare
      : html`<span class="masked">${masked}</span><span class="bare">${bare}</span>`;
  return {
    input,
    redacted,
    veiled,
    text: (value) =>
      masker
        .split(value)
        .map((piece) => (piece.secret ? veiled(masker.mask(piece.text), piece.text) : piece.text)),
    corpusAnchor: (document) => anchors.get(document),
  };
}

/** `Showing the first 200 of 10 000 blocks.`, or nothing when all are shown. */
export function cutNote(shown: number, total: number, what: string, order = 'first'): Html | undefined {
  if (shown >= total) return undefined;
  const group = (value: number) => value.toLocaleString('en').replace(/,/g, '\u202f');
  return html`<p class="note">Showing the ${order} ${group(shown)} of ${group(total)} ${what}.</p>`;
}
