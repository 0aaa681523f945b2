/**
 * Secrets are compared with the text that they say they stand in, here and for every reader of them: an offset that counts
 * something else than the text does would have the wrong tokens measured, forgotten or masked, without a word.
 */
import { InputError } from '../errors.js';
import type { Secret } from './secret.js';

/** What the offsets of secrets count: UTF-16 code units as in JavaScript, code points as in Python, or bytes of UTF-8. */
export const OFFSET_UNITS = ['utf16', 'codepoints', 'bytes'] as const;

export type OffsetUnit = (typeof OFFSET_UNITS)[number];

const NAMES: Readonly<Record<OffsetUnit, string>> = {
  utf16: 'UTF-16 code units',
  codepoints: 'code points',
  bytes: 'bytes of UTF-8',
};

/**
 * The secrets with offsets in UTF-16 code units, so that `text.slice(start, end) === value` holds for each of them.
 *
 * @param name of the record, for the message: `record "a"`
 * @param unit what `start` and `end` count as they are given. Default: `utf16`
 * @throws InputError `ERR_SECRET_MISMATCH` for a span that lies outside of the text, holds nothing, cuts a character or
 *   selects something else than the value; no message shows a value
 */
export function locateSecrets(
  text: string,
  secrets: readonly Secret[],
  name: string,
  unit: OffsetUnit = 'utf16',
): Secret[] {
  let table: Int32Array | undefined;
  return secrets.map((secret, i) => {
    if (unit === 'utf16' && selects(text, secret)) return secret;
    table ??= offsetTable(text, unit);
    const located = convert(secret, table);
    if (located !== undefined && selects(text, located)) return located;
    throw mismatch(text, secret, `secret ${i + 1} (${JSON.stringify(secret.tag)})`, name, unit, table);
  });
}

/** Whether a span, in UTF-16 code units, holds whole characters of the text, one at least. */
export function liesWithin(text: string, { start, end }: Pick<Secret, 'start' | 'end'>): boolean {
  return 0 <= start && start < end && end <= text.length && !cutsPair(text, start) && !cutsPair(text, end);
}

function selects(text: string, secret: Secret): boolean {
  return liesWithin(text, secret) && text.slice(secret.start, secret.end) === secret.value;
}

function cutsPair(text: string, offset: number): boolean {
  return (text.codePointAt(offset - 1) ?? 0) > 0xffff;
}

const CUT = -1;

/** By offset in `unit`, from 0 to the text's end: the offset in UTF-16 code units, or {@link CUT} within a character. */
function offsetTable(text: string, unit: OffsetUnit): Int32Array {
  let size = 0;
  for (const character of text) size += width(character, unit);
  const table = new Int32Array(size + 1).fill(CUT);
  let at = 0;
  let units = 0;
  for (const character of text) {
    table[at] = units;
    at += width(character, unit);
    units += character.length;
  }
  table[at] = units;
  return table;
}

/** A lone surrogate takes three bytes, those of the character that stands for it in UTF-8. */
function width(character: string, unit: OffsetUnit): number {
  if (unit === 'codepoints') return 1;
  if (unit === 'utf16') return character.length;
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

function convert(secret: Secret, table: Int32Array): Secret | undefined {
  const [start, end] = [table[secret.start], table[secret.end]];
  if (start === undefined || end === undefined || start === CUT || end === CUT) return undefined;
  return { ...secret, start, end };
}

function mismatch(
  text: string,
  secret: Secret,
  which: string,
  name: string,
  unit: OffsetUnit,
  table: Int32Array,
): InputError {
  const { start, end } = secret;
  const span = `${start} to ${end}`;
  const inside = start >= 0 && end >= 0 && start < table.length && end < table.length;
  const cut = [start, end].find((offset) => table[offset] === CUT);
  const found = !inside
    ? `the text has ${table.length - 1} ${NAMES[unit]}`
    : start >= end
      ? 'nothing lies there'
      : cut !== undefined
        ? `offset ${cut} cuts a character in two`
        : 'the text holds something else there';
  return new InputError(
    'ERR_SECRET_MISMATCH',
    `Expected the value of ${which} at ${span} of the text of ${name} but ${found}.`,
    { remedy: remedyFor(text, secret, unit) },
  );
}

function remedyFor(text: string, secret: Secret, unit: OffsetUnit): string {
  const fitting = OFFSET_UNITS.find((other) => {
    const located = other === unit ? undefined : convert(secret, offsetTable(text, other));
    return located !== undefined && selects(text, located);
  });
  if (fitting === 'utf16') return `Its offsets count ${NAMES.utf16}: leave --offsets out.`;
  if (fitting !== undefined) return `Its offsets count ${NAMES[fitting]}: add --offsets ${fitting}.`;
  const place = secret.value === '' ? -1 : text.indexOf(secret.value);
  if (place === -1) return 'The value is nowhere in that text.';
  return `The value stands at ${place} to ${place + secret.value.length}, in ${NAMES.utf16}.`;
}
