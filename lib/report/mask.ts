/**
 * Secrets kept out of a page, and so out of the file: a report is mailed around. Every string that the page shows passes
 * through one veil (secrets/veil.ts), which knows the secrets of the run and those that the scanner finds in its texts.
 */

import { LEAST_RUN, type Stretch } from '../secrets/masking/secret-body.js';
import { dots, replaceStretches, Veil } from '../secrets/masking/veil.js';
import { findValuesToHide } from '../secrets/scan.js';
import type { ReportDocument, ReportInput } from './input.js';

/**
 * How a page shows secrets. `masked`: dots in their place, and of each one in the table of secrets a hint of its ends;
 * `redacted`: dots, and kind and length; `shown`: behind a switch, so that the values are in the file.
 */
export type SecretDisplay = 'masked' | 'redacted' | 'shown';

/** A continuation that repeats this much of its secret, in characters, is masked there. */
const LEAST_SHARED = 4;

/** `ghp_…9f`: at most a quarter and an eighth of the value, and never enough to be a run. */
export function maskSecret(value: string): string {
  const head = Math.min(4, Math.floor(value.length / 4));
  const tail = Math.min(2, Math.floor(value.length / 8));
  return `${value.slice(0, head)}\u2026${value.slice(value.length - tail)}`;
}

/** `GitHub Token, 40 characters`. */
function describeSecret({ type, value }: { readonly type: string; readonly value: string }): string {
  return `${type}, ${value.length} ${value.length === 1 ? 'character' : 'characters'}`;
}

/** Masks what a model's continuation has in common with the secret that it was asked for. Keeps the length. */
export function maskShared(text: string, secret: string): string {
  let masked = '';
  for (let at = 0; at < text.length; ) {
    let length = 0;
    while (at + length < text.length && secret.includes(text.slice(at, at + length + 1))) length++;
    const shared = length >= Math.min(LEAST_SHARED, secret.length) && length > 0;
    masked += shared ? dots(text.slice(at, at + length)) : text[at]!;
    at += shared ? length : 1;
  }
  return masked;
}

/** A continuation without its secret: `= the secret` where it begins with all of it. */
export function maskCompletion(text: string, secret: string): string {
  return text.startsWith(secret) ? `= the secret${text.slice(secret.length)}` : maskShared(text, secret);
}

/** The document's text with dots in place of its secrets. Its length stays, and so do the offsets of its tokens. */
export function maskDocument({ text, secrets }: Pick<ReportDocument, 'text' | 'secrets'>): string {
  const dotted = ({ start, end }: Stretch) => dots(text.slice(start, end));
  // Any that overlap are put in one after the other.
  return secrets.reduce((masked, secret) => replaceStretches(masked, [secret], dotted), text);
}

/** What a page must not show: the secrets of the report, and what the scanner finds in its texts. */
export function veilOf(input: ReportInput): Veil {
  return new Veil([...secretValues(input), ...valuesIn(input)]);
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
 * The same report without the secrets: wherever one stands, or a run of 6 characters of one, in whatever field, stand
 * dots. Instead of the value its record has a hint of it (`masked`) or its kind and length (`redacted`).
 */
export function concealReport(input: ReportInput, display: Exclude<SecretDisplay, 'shown'>): ReportInput {
  if (input.redacted === true) return input;
  const veil = veilOf(input);
  const withoutValues: ReportInput = {
    ...input,
    secrets: input.secrets?.map((secret) => ({
      ...secret,
      completion: {
        before: secret.completion.before && maskCompletion(secret.completion.before, secret.value),
        after: secret.completion.after && maskCompletion(secret.completion.after, secret.value),
      },
    })),
    documents: input.documents?.map((document) => ({ ...document, text: maskDocument(document) })),
  };
  const hidden = hideStrings(withoutValues, veil);
  return {
    ...hidden,
    ...(display === 'redacted' ? { redacted: true } : {}),
    secrets: hidden.secrets?.map((secret, i) => {
      const { type } = secret;
      const { value } = input.secrets![i]!;
      return {
        ...secret,
        value: display === 'redacted' ? describeSecret({ type, value }) : maskSecret(value),
      };
    }),
  };
}

/** {@link concealReport} for files that are handed on. */
export function redactReport(input: ReportInput): ReportInput {
  return concealReport(input, 'redacted');
}

/** What the scanner finds in any text of a value. A page repeats its texts: each is scanned once, and no short name. */
export function valuesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const walk = (inner: unknown): void => {
    if (typeof inner === 'string') {
      if (inner.length < LEAST_RUN || seen.has(inner)) return;
      seen.add(inner);
      for (const secret of findValuesToHide(inner)) found.add(secret);
    } else if (typeof inner === 'object' && inner !== null) Object.values(inner).forEach(walk);
  };
  walk(value);
  return found;
}

/** Fields that hold one of a few words, which the page goes by. */
const WORDS = new Set(['category', 'counting', 'loss', 'phase', 'role', 'schedule']);
/** Fields by which one record names another: two that differ must not become one. */
const NAMES = new Set(['document', 'fingerprint', 'id']);

/** The value with every string in it hidden, names of fields that the data choose included. */
export function hideStrings<T>(value: T, veil: Veil): T {
  if (veil.isEmpty) return value;
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const nameOf = (name: string): string => {
    let hidden = names.get(name);
    if (hidden !== undefined) return hidden;
    const plain = veil.hide(name);
    hidden = plain;
    for (let n = 2; plain !== name && taken.has(hidden); n++) hidden = `${plain} (${n})`;
    names.set(name, hidden);
    taken.add(hidden);
    return hidden;
  };
  const walk = (inner: unknown, key: string): unknown => {
    if (typeof inner === 'string') return NAMES.has(key) ? nameOf(inner) : veil.hide(inner);
    if (Array.isArray(inner)) return inner.map((item) => walk(item, key));
    if (typeof inner !== 'object' || inner === null) return inner;
    const isRecord = key === 'hyperparameters' || key === 'versions' || key === 'options';
    return Object.fromEntries(
      Object.entries(inner).map(([name, item]) => [
        isRecord ? veil.hide(name) : name,
        WORDS.has(name) && typeof item === 'string' ? item : walk(item, name),
      ]),
    );
  };
  return walk(value, '') as T;
}
