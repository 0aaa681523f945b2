/** Cuts documents to what a model takes at once: whole lines from their beginning, or around their secrets. */
import type { Tokenizer } from '../model/tokenizer/tokenizer.js';
import type { Secret } from '../secrets/secret.js';

/** A text cut out of a document. */
export interface Excerpt {
  /** UTF-16 offset of its first character in the document. */
  readonly start: number;
  readonly text: string;
  /** With offsets into `text`. */
  readonly secrets: readonly Secret[];
}

export interface SecretExcerpts {
  readonly excerpts: readonly Excerpt[];
  /** Secrets of more tokens than an excerpt may have: no excerpt holds them. */
  readonly tooLong: number;
}

type Encoder = Pick<Tokenizer, 'encode'>;

/** The whole lines that the first `maxTokens` tokens hold; of a longer first line, as much as fits. */
export function firstLines(text: string, tokenizer: Encoder, maxTokens: number): string {
  const { offsets, truncated } = tokenizer.encode(text, { maxTokens, addSpecialTokens: true });
  if (!truncated) return text;
  const end = offsets.reduce((most, offset) => Math.max(most, offset), 0);
  const lines = text.slice(0, text.lastIndexOf('\n', end - 1) + 1);
  return lines === '' ? text.slice(0, end) : lines;
}

/**
 * The document itself if it has at most `maxTokens` tokens. Else one excerpt after the other, each with the secrets that
 * follow those of the one before: as many as fit, after what precedes the first, which has three quarters of the room: the
 * code before a secret is what a model is asked with. A secret belongs to one excerpt; the code around two of them may overlap.
 */
export function excerptsOf(
  text: string,
  secrets: readonly Secret[],
  tokenizer: Encoder,
  maxTokens: number,
): SecretExcerpts {
  const whole = tokenizer.encode(text, { addSpecialTokens: true });
  if (whole.tokens.length <= maxTokens) return { excerpts: [{ start: 0, text, secrets }], tooLong: 0 };

  const { offsets } = tokenizer.encode(text);
  const room = maxTokens - tokenizer.encode('', { addSpecialTokens: true }).tokens.length;
  const excerpts: Excerpt[] = [];
  let tooLong = 0;
  const left = [...secrets].sort((a, b) => a.start - b.start || a.end - b.end);
  while (left.length > 0) {
    const excerpt = excerptFor(text, left, offsets, room);
    const length = excerpt && tokenizer.encode(excerpt.text, { addSpecialTokens: true }).tokens.length;
    if (excerpt === undefined || length! > maxTokens) {
      tooLong++;
      left.shift();
      continue;
    }
    excerpts.push(excerpt);
    left.splice(0, excerpt.secrets.length);
  }
  return { excerpts, tooLong };
}

/** The excerpt of at most `room` tokens that begins with the first of the secrets; undefined if that does not fit. */
function excerptFor(
  text: string,
  secrets: readonly Secret[],
  offsets: Int32Array,
  room: number,
): Excerpt | undefined {
  // A cut text may have more tokens than the uncut one had there, where the cut parts two that were one.
  const budget = room - SEAM_TOKENS;
  const count = offsets.length / 2;
  const startOf = (token: number) => offsets[2 * token]!;
  const endOf = (token: number) => offsets[2 * token + 1]!;
  const [secret] = secrets;
  const first = firstToken(offsets, secret!.start);
  const last = firstToken(offsets, secret!.end - 1);
  if (last - first + 1 > budget) return undefined;
  const lead = Math.min(first, Math.floor((budget - (last - first + 1)) * LEAD));
  const end = Math.min(count, first - lead + budget);
  const from = lineStart(text, startOf(first - lead), secret!.start);
  const limit = end === count ? text.length : endOf(end - 1);
  const inside = secrets.slice(
    0,
    countWhile(secrets, (each) => each.end <= limit),
  );
  const to = end === count ? text.length : lineEnd(text, limit, inside.at(-1)!.end);
  return {
    start: from,
    text: text.slice(from, to),
    secrets: inside.map((each) => ({ ...each, start: each.start - from, end: each.end - from })),
  };
}

/** Share of the room beside the first secret that is before it. */
const LEAD = 0.75;

/** Tokens that an excerpt may gain at its two ends. */
const SEAM_TOKENS = 4;

/** The first token that ends after the offset. */
function firstToken(offsets: Int32Array, offset: number): number {
  let [low, high] = [0, offsets.length / 2 - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[2 * middle + 1]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The start of the first whole line from `from` on, or `from` where that line begins after `before`. */
function lineStart(text: string, from: number, before: number): number {
  if (from === 0 || text[from - 1] === '\n') return from;
  const next = text.indexOf('\n', from) + 1;
  return next > 0 && next <= before ? next : from;
}

/** The end of the last whole line up to `to`, or `to` where that line ends before `after`. */
function lineEnd(text: string, to: number, after: number): number {
  const last = text.lastIndexOf('\n', to - 1) + 1;
  return last >= after ? last : to;
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const index = items.findIndex((item) => !holds(item));
  return index === -1 ? items.length : index;
}
