/** What every section gets: the input, and the way secrets are shown. Also the limits of what one page draws. */
import { dots } from '../secrets/masking/veil.js';
import { type Content, type Html, html } from './html.js';
import type { ReportInput } from './input.js';
import { type SecretDisplay, veilOf } from './mask.js';

/** Caps, so that a run with a hundred thousand records still makes a page that opens at once. */
export const LIMITS = {
  /** Secrets in the table; the reader pages through them. */
  secrets: 10_000,
  /** Rows of that table in the page before any script runs, and on each of its pages. */
  secretsPerPage: 25,
  /** Documents that were measured as a whole. */
  measures: 100,
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
  /** How secrets are shown; all but `shown` have been taken out of `input`. */
  readonly display: SecretDisplay;
  /** The text with dots in place of its secrets; the text itself where it has none any more. */
  hide(value: string): string;
  /** Text whose secrets, if they are still in it, are masked until the reader reveals them. */
  text(value: string): Content;
  /** Two forms of one text of which the first is shown until the reader reveals the second. */
  veiled(masked: string, bare: string): Content;
  /** Id of a corpus document's element, if the page shows it. */
  corpusAnchor(document: string): string | undefined;
}

export function createContext(input: ReportInput, display: SecretDisplay): Context {
  const veil = display === 'shown' ? veilOf(input) : undefined;
  const anchors = new Map(
    (input.clones?.documents ?? [])
      .slice(0, LIMITS.corpusDocuments)
      .map((document, index) => [document.id, `corpus-${index + 1}`]),
  );
  const veiled = (masked: string, bare: string): Content =>
    veil === undefined || masked === bare
      ? bare
      : html`<span class="masked">${masked}</span><span class="bare">${bare}</span>`;
  return {
    input,
    display,
    veiled,
    hide: (value) => veil?.hide(value) ?? value,
    text: (value) =>
      veil === undefined
        ? value
        : veil.split(value).map(({ text, secret }) => (secret ? veiled(dots(text), text) : text)),
    corpusAnchor: (document) => anchors.get(document),
  };
}

/** `Showing the first 200 of 10 000 blocks.`, or nothing when all are shown. */
export function cutNote(shown: number, total: number, what: string, order = 'first'): Html | undefined {
  if (shown >= total) return undefined;
  const group = (value: number) => value.toLocaleString('en').replace(/,/g, '\u202f');
  return html`<p class="note">Showing the ${order} ${group(shown)} of ${group(total)} ${what}.</p>`;
}
