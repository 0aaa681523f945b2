/**
 * Secrets kept from the eye, and from the file. A report is mailed around: values are masked until a reader asks
 * (`Masker`), or taken out of the data altogether (`redactReport`).
 */
import type { ReportInput } from './input.js';

const DOT = '\u2022';
/** Shorter values are left alone where they turn up in other text: they would mask ordinary code. */
const LEAST_FINDABLE = 6;
/** A continuation that repeats this much of its secret, in characters, is masked there. */
const LEAST_SHARED = 4;

/** How much of each end a masked secret shows: at most a quarter and an eighth of it. */
function ends(value: string): { head: string; tail: string } {
  const head = Math.min(6, Math.floor(value.length / 4));
  const tail = Math.min(2, Math.floor(value.length / 8));
  return { head: value.slice(0, head), tail: value.slice(value.length - tail) };
}

/** `ghp_ab…9f`. */
export function maskSecret(value: string): string {
  const { head, tail } = ends(value);
  return `${head}\u2026${tail}`;
}

/** `ghp_ab••••••9f`: as many UTF-16 units as the value, so that offsets into the text stay right. */
export function maskInPlace(value: string): string {
  const { head, tail } = ends(value);
  return head + DOT.repeat(value.length - head.length - tail.length) + tail;
}

/** Masks what a model's continuation has in common with the secret that it was asked for. Keeps the length. */
export function maskShared(text: string, secret: string): string {
  let masked = '';
  for (let at = 0; at < text.length; ) {
    let length = 0;
    while (at + length < text.length && secret.includes(text.slice(at, at + length + 1))) length++;
    const shared = length >= Math.min(LEAST_SHARED, secret.length) && length > 0;
    masked += shared ? DOT.repeat(length) : text[at]!;
    at += shared ? length : 1;
  }
  return masked;
}

export interface MaskedPiece {
  readonly text: string;
  readonly secret: boolean;
}

/** Finds the known secrets of a report in any text. */
export class Masker {
  /** By their first {@link LEAST_FINDABLE} units, longest first: one look-up a position however many there are. */
  readonly #values = new Map<string, string[]>();

  constructor(values: Iterable<string>) {
    for (const value of new Set(values)) {
      if (value.length < LEAST_FINDABLE) continue;
      const key = value.slice(0, LEAST_FINDABLE);
      this.#values.set(key, [...(this.#values.get(key) ?? []), value]);
    }
    for (const list of this.#values.values()) list.sort((a, b) => b.length - a.length);
  }

  /** The text cut into what is secret and what is not, in order; joined again it is the text. */
  split(text: string): MaskedPiece[] {
    const pieces: MaskedPiece[] = [];
    let from = 0;
    if (this.#values.size === 0) return text === '' ? [] : [{ text, secret: false }];
    for (let at = 0; at + LEAST_FINDABLE <= text.length; at++) {
      const candidates = this.#values.get(text.slice(at, at + LEAST_FINDABLE));
      const found = candidates?.find((value) => text.startsWith(value, at));
      if (found === undefined) continue;
      if (at > from) pieces.push({ text: text.slice(from, at), secret: false });
      pieces.push({ text: found, secret: true });
      from = at + found.length;
      at = from - 1;
    }
    if (from < text.length) pieces.push({ text: text.slice(from), secret: false });
    return pieces;
  }

  /** The text with every known secret masked in place. */
  mask(text: string): string {
    return this.split(text)
      .map((piece) => (piece.secret ? maskInPlace(piece.text) : piece.text))
      .join('');
  }
}

/** Every secret value that a report knows: those probed, and those marked in the documents. */
export function secretValues(input: ReportInput): Set<string> {
  const values = new Set((input.secrets ?? []).map((secret) => secret.value));
  for (const document of input.documents ?? []) {
    for (const { start, end } of document.secrets) values.add(document.text.slice(start, end));
  }
  return values;
}

/**
 * The same report without the secrets: wherever one stands, in whatever field, a stand-in of the same length does.
 * What the model wrote in a secret's place is masked where it repeats it. Values under 6 characters are taken out
 * of their own records and documents only. The page made of it offers no reveal.
 */
export function redactReport(input: ReportInput): ReportInput {
  if (input.redacted === true) return input;
  const masker = new Masker(secretValues(input));
  const redacted: ReportInput = {
    ...input,
    redacted: true,
    secrets: input.secrets?.map((secret) => ({
      ...secret,
      value: maskInPlace(secret.value),
      completion: {
        before: secret.completion.before && maskShared(secret.completion.before, secret.value),
        after: secret.completion.after && maskShared(secret.completion.after, secret.value),
      },
    })),
    documents: input.documents?.map((document) => ({
      ...document,
      text: document.secrets.reduce(
        (text, { start, end }) =>
          text.slice(0, start) + maskInPlace(text.slice(start, end)) + text.slice(end),
        document.text,
      ),
    })),
  };
  return mapStrings(redacted, (text) => masker.mask(text)) as ReportInput;
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapStrings(inner, map)]));
}
