/**
 * Every probed secret, sortable and filterable. One page of rows is written out; all rows lie beside it as JSON, in
 * the same cells, from which the script draws the others.
 */
import { type Context, cutNote, LIMITS } from '../context.js';
import { integer, MISSING, percent } from '../format.js';
import { type Html, html, inlineJson } from '../html.js';
import type { Measured, ReportSecret } from '../input.js';
import { likelihoodOrder } from '../likelihoods.js';
import { maskCompletion, maskSecret, type SecretDisplay } from '../mask.js';
import { isBelow } from '../verdict.js';

/** A text, or its masked form and the text. */
type Veiled = readonly [text: string] | readonly [masked: string, bare: string];

type Cell =
  | { readonly kind: 'veiled'; readonly value: readonly Veiled[] }
  | { readonly kind: 'lines'; readonly value: readonly string[] }
  | { readonly kind: 'number'; readonly value: readonly [shown: string, sortKey: number | null] };

const NOTES: Readonly<Record<SecretDisplay, string>> = {
  masked: 'The values are not in this file: their first and last characters stand for them.',
  redacted: 'The values are not in this file: their kind and length stand for them.',
  shown:
    'Masked on screen and on paper only: the values are in this file. To hand it on without them, make it with lethe report --redact.',
};

/** Characters of a continuation that a row shows. */
const CONTINUATION = 120;

interface Column {
  readonly title: string;
  readonly kind: Cell['kind'];
  readonly className: string;
  readonly cell: (secret: ReportSecret) => Cell['value'];
}

export function secretTable(context: Context): Html {
  const secrets = context.input.secrets!;
  const threshold = context.input.thresholds?.memorizationAccuracy;
  const erased = context.input.unlearning !== undefined;
  const current = (secret: ReportSecret) =>
    erased ? secret.memorizationAccuracy.after : secret.memorizationAccuracy.before;
  // Only what was to be forgotten can be below the threshold or not.
  const anyForget = secrets.some((secret) => secret.forget);
  const judged = (secret: ReportSecret) => !erased || secret.forget || !anyForget;
  const state = (secret: ReportSecret) => (judged(secret) ? isBelow(current(secret), threshold) : undefined);
  // What is least forgotten first: that is what a reader must see.
  const rank = (secret: ReportSecret) => Number(judged(secret)) * 2 + (current(secret) ?? -1);
  const ordered = [...secrets]
    .sort((a, b) => rank(b) - rank(a) || (a.document < b.document ? -1 : a.document > b.document ? 1 : 0))
    .slice(0, LIMITS.secrets);
  const columns = tableColumns(context, erased, threshold === undefined ? undefined : state);
  const rows = ordered.map((secret) => columns.map((column) => column.cell(secret)));
  const data = {
    pageSize: LIMITS.secretsPerPage,
    columns: columns.map(({ title, kind, className }) => ({ title, kind, className })),
    rows,
    forget: ordered.map((secret) => (secret.forget ? 1 : 0)),
    below: ordered.map((secret) => state(secret) ?? null),
    kinds: ordered.map((secret) => secret.type),
  };
  const kinds = [...new Set(data.kinds)].sort();
  return html`<div class="records" data-records>
${controls(context, kinds, erased && secrets.some((secret) => !secret.forget), threshold !== undefined)}
<div class="scroll" tabindex="0" role="region" aria-label="Secrets"><table class="data secrets"><thead><tr>${columns.map(
    (column, index) =>
      html`<th scope="col" class="${column.className}"><button type="button" data-sort="${index}">${column.title}</button></th>`,
  )}</tr></thead><tbody>${rows.slice(0, LIMITS.secretsPerPage).map((row) => drawRow(columns, row))}</tbody></table></div>
<p class="pager"><span data-range aria-live="polite">${rangeText(Math.min(rows.length, LIMITS.secretsPerPage), rows.length)}</span> <span class="needs-script"><button type="button" data-page="-1">Previous</button> <button type="button" data-page="1">Next</button></span></p>
${cutNote(ordered.length, secrets.length, 'secrets', 'least forgotten')}
<script type="application/json">${inlineJson(data)}</script></div>`;
}

function rangeText(shown: number, total: number): string {
  return `1\u2013${shown} of ${integer(total)}`;
}

function tableColumns(
  context: Context,
  erased: boolean,
  state: ((secret: ReportSecret) => boolean | undefined) | undefined,
): Column[] {
  const shown = context.display === 'shown';
  const veil = (masked: string, bare: string): Veiled =>
    !shown || masked === bare ? [bare] : [masked, bare];
  const number = (
    title: string,
    value: (secret: ReportSecret) => Measured,
    format: (v: Measured) => string,
    className = 'num',
  ): Column => ({
    title,
    kind: 'number',
    className,
    cell: (secret) => [format(value(secret)), sortKey(value(secret))],
  });
  const n = likelihoodOrder(context.input.secrets?.[0]?.extractionLikelihood ?? {});
  const completion = ({ completion: { before, after }, value }: ReportSecret): Veiled[] =>
    (erased ? [before, after] : [before]).map((text) =>
      text === null ? [MISSING] : veil(oneLine(context.hide(maskCompletion(text, value))), oneLine(text)),
    );
  return [
    {
      title: 'Secret',
      kind: 'veiled',
      className: 'code value',
      cell: ({ value }) => [veil(maskSecret(value), value)],
    },
    {
      title: 'Kind and document',
      kind: 'lines',
      className: 'where',
      cell: (secret) => [secret.type, secret.document],
    },
    number('Tokens', (secret) => secret.tokens, integer),
    number(
      erased ? 'MA before' : 'MA',
      (secret) => secret.memorizationAccuracy.before,
      percent,
      'num before',
    ),
    ...(erased
      ? [number('MA after', (secret) => secret.memorizationAccuracy.after, percent, 'num after')]
      : []),
    ...(n === undefined
      ? []
      : [
          number(
            erased ? `EL${subscript(n)} before` : `EL${subscript(n)}`,
            (s) => s.extractionLikelihood[n]?.before ?? null,
            percent,
            'num before',
          ),
          ...(erased
            ? [
                number(
                  `EL${subscript(n)} after`,
                  (s) => s.extractionLikelihood[n]?.after ?? null,
                  percent,
                  'num after',
                ),
              ]
            : []),
        ]),
    {
      title: erased ? 'Continuation before, after' : 'Continuation',
      kind: 'veiled',
      className: 'code written',
      cell: completion,
    },
    ...(state === undefined
      ? []
      : [
          number(
            'Below threshold',
            (secret) => {
              const below = state(secret);
              return below === undefined ? null : Number(below);
            },
            (value) => (value === null ? MISSING : value === 1 ? '\u2713 yes' : '\u2715 no'),
            'mark',
          ),
        ]),
  ];
}

function controls(context: Context, kinds: readonly string[], sets: boolean, judged: boolean): Html {
  return html`<div class="controls needs-script">
<label>Find <input type="search" data-find placeholder="document or kind"></label>
${kinds.length > 1 && html`<label>Kind <select data-kind><option value="">all</option>${kinds.map((kind) => html`<option>${kind}</option>`)}</select></label>`}
${sets && html`<label>Set <select data-set><option value="">all</option><option value="1">to forget</option><option value="0">others</option></select></label>`}
${judged && html`<label>Threshold <select data-below><option value="">all</option><option value="false">not below</option><option value="true">below</option></select></label>`}
${context.display === 'shown' && html`<label class="switch"><input type="checkbox" data-reveal aria-describedby="reveal-note"> Reveal secrets</label>`}
</div>
<p class="note" id="reveal-note">${NOTES[context.display]}</p>`;
}

function drawRow(columns: readonly Column[], row: readonly Cell['value'][]): Html {
  return html`<tr>${columns.map((column, index) => {
    const cell = { kind: column.kind, value: row[index] } as Cell;
    return html`<td class="${column.className}" data-label="${column.title}">${drawCell(cell)}</td>`;
  })}</tr>`;
}

/** The script's `drawCell` does the same from the JSON. */
function drawCell(cell: Cell) {
  if (cell.kind === 'number') return cell.value[0];
  if (cell.kind === 'lines') return cell.value.map((line) => html`<span class="line">${line}</span>`);
  return cell.value.map(
    ([shown, bare]) =>
      html`<span class="line">${bare === undefined ? shown : html`<span class="masked">${shown}</span><span class="bare">${bare}</span>`}</span>`,
  );
}

function oneLine(text: string): string {
  const line = text.replace(/\r?\n/g, '\u21b5');
  return line.length > CONTINUATION ? `${line.slice(0, CONTINUATION)}\u2026` : line;
}

/** Four digits are enough to sort by, and no digits of an address or a token turn up in them by chance. */
function sortKey(value: Measured): Measured {
  return Number.isFinite(value) ? Number(value!.toPrecision(4)) : null;
}

function subscript(digits: string): string {
  return digits.replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));
}
