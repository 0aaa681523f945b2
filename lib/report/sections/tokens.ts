/** Documents token by token: which ones the model predicts, before and after, with the secrets outlined. */
import { type Context, cutNote, LIMITS } from '../context.js';
import { counted, integer } from '../format.js';
import { type Content, type Html, html } from '../html.js';
import type { ReportDocument, ReportTokenScores } from '../input.js';
import { maskDocument } from '../mask.js';
import { viewer } from '../viewer.js';

export function tokensSection(context: Context): Html {
  const documents = context.input.documents!;
  const shown = documents.slice(0, LIMITS.documents);
  const roles = { forget: 'to forget', retained: 'retained', unseen: 'unseen' } as const;
  const items = shown.map((document) => ({
    label: `${document.id} (${roles[document.role]})`,
    content: drawDocument(context, document),
  }));
  return html`<h3>Token by token</h3>
<p>A token is filled where the model, given everything before it, would have written just that token; the stronger the fill, the surer it was. A dotted line marks a token that it would not have written. Secrets are boxed.</p>
<p class="key"><span><span class="t h4">sure</span> <span class="t h3">p\u2009\u2265\u20090.5</span> <span class="t h2">p\u2009\u2265\u20090.1</span> <span class="t h1">less</span> predicted</span><span><span class="t m">other</span> not predicted</span><span><span class="box">secret</span></span></p>
${viewer('Document', items)}
${cutNote(shown.length, documents.length, 'documents')}`;
}

function drawDocument(context: Context, document: ReportDocument): Html {
  const pieces = cutTokens(document, context.hide(maskDocument(document)));
  const panes = (
    [
      ['before', document.before],
      ['after', document.after],
    ] as const
  ).flatMap(([phase, scores]) =>
    scores === null ? [] : [drawPane(context, document, pieces, phase, scores)],
  );
  const total = document.offsets.length / 2;
  return html`<div class="tokens" data-tokens><div class="panes">${panes}</div>
<p class="readout needs-script" aria-live="polite" data-readout>Point at a token, or focus a text and use the arrow keys.</p>${cutNote(Math.min(total, LIMITS.documentTokens), total, 'tokens')}</div>`;
}

function drawPane(
  context: Context,
  document: ReportDocument,
  pieces: readonly Piece[],
  phase: 'before' | 'after',
  scores: ReportTokenScores,
): Html {
  const runs: Content[] = [];
  for (let from = 0; from < pieces.length; ) {
    const { secret } = pieces[from]!;
    let to = from + 1;
    while (to < pieces.length && pieces[to]!.secret === secret) to++;
    const tokens = pieces.slice(from, to).map((piece) => drawToken(context, piece, scores));
    runs.push(
      secret === undefined
        ? tokens
        : html`<span class="box" title="${document.secrets[secret]!.type}">${tokens}</span>`,
    );
    from = to;
  }
  return html`<section class="pane ${phase}"><h4>${phase === 'before' ? 'Before' : 'After'}</h4><p class="quiet">${paneSummary(pieces, scores)}</p><pre tabindex="0" role="group" aria-label="${document.id}, ${phase}">${runs}</pre></section>`;
}

function paneSummary(pieces: readonly Piece[], { hits }: ReportTokenScores): string {
  const scored = pieces.filter((piece) => piece.token !== undefined && piece.token > 0);
  const isHit = (piece: Piece) => hits[piece.token! - 1] === 1;
  const secret = scored.filter((piece) => piece.secret !== undefined);
  const all = `${integer(scored.filter(isHit).length)} of ${counted(scored.length, 'token')} predicted`;
  return secret.length === 0
    ? all
    : `${all}; of the secret ones ${integer(secret.filter(isHit).length)} of ${integer(secret.length)}`;
}

function drawToken(context: Context, piece: Piece, scores: ReportTokenScores): Content {
  const shown = context.veiled(piece.masked, piece.text);
  if (piece.token === undefined) return shown;
  if (piece.token === 0) return html`<span class="t" data-p="">${shown}</span>`;
  const logprob = scores.logprobs[piece.token - 1] ?? null;
  const p = logprob === null || !Number.isFinite(logprob) ? undefined : Math.exp(logprob);
  const hit = scores.hits[piece.token - 1] === 1;
  return html`<span class="t ${hit ? `h${level(p ?? 0)}` : 'm'}" data-p="${p === undefined ? '?' : probability(p)}">${shown}</span>`;
}

function level(p: number): number {
  return p >= 0.9 ? 4 : p >= 0.5 ? 3 : p >= 0.1 ? 2 : 1;
}

function probability(p: number): string {
  return p >= 0.001 || p === 0 ? p.toFixed(3) : p.toExponential(1).replace('-', '\u2212');
}

/** A stretch of a document: one token's characters, or what no token covers. */
export interface Piece {
  readonly text: string;
  readonly masked: string;
  /** Index of the token; undefined for characters outside all tokens. */
  readonly token: number | undefined;
  /** Index into the document's secrets. */
  readonly secret: number | undefined;
}

/**
 * Cuts a document at its token borders. Tokens that share a character (byte-level pieces of one letter) leave it to
 * the first of them; the others have no characters of their own and are not drawn.
 *
 * @param masked the text without its secrets, of the same length
 */
export function cutTokens(
  { text, offsets, secrets }: Pick<ReportDocument, 'text' | 'offsets' | 'secrets'>,
  masked: string,
): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  const push = (to: number, token: number | undefined) => {
    if (to <= from) return;
    const found = secrets.findIndex(({ start, end }) => start < to && end > from);
    pieces.push({
      text: text.slice(from, to),
      masked: masked.slice(from, to),
      token,
      secret: found === -1 ? undefined : found,
    });
    from = to;
  };
  const tokens = Math.min(offsets.length / 2, LIMITS.documentTokens);
  for (let token = 0; token < tokens; token++) {
    push(Math.min(offsets[2 * token]!, text.length), undefined);
    push(Math.min(offsets[2 * token + 1]!, text.length), token);
  }
  // Past the last token the model was not asked; a document cut short by the cap ends there.
  if (tokens === offsets.length / 2) push(text.length, undefined);
  return pieces;
}
