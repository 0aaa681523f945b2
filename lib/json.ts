/** JSON as Python writes it: RFC 8259 with NaN, Infinity and -Infinity, and whole numbers of any length. */
import { randomUUID } from 'node:crypto';

/** Strings, which are passed over, and the words that JSON does not have. */
const STRINGS_AND_WORDS = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs;

/** Strings, and whole numbers that a double may not hold. */
const STRINGS_AND_LONG = /"(?:[^"\\]|\\.)*"|-?\b\d{16,}\b(?![.eE])/gs;

/** Stand for NaN, which no number of JSON's is read as, and before digits. Drawn anew in each process, so that no text can hold them. */
const NAN = `NaN ${randomUUID()}`;
const DIGITS = `digits ${randomUUID()} `;
const QUOTED_DIGITS = new RegExp(`"${DIGITS}(-?\\d+)"`, 'g');

/**
 * The value of a JSON text. `NaN`, `Infinity` and `-Infinity` are the numbers that they are in JavaScript.
 *
 * @throws SyntaxError that says where, and quotes no more than one character: the text may hold secrets
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Looked for only in what is no JSON, so that what is costs nothing.
    const words = text.includes('NaN') || text.includes('Infinity');
    if (!words) throw withoutText(error);
    try {
      return JSON.parse(text.replace(STRINGS_AND_WORDS, spell), (_key, value) =>
        value === NAN ? Number.NaN : value,
      );
    } catch {
      throw withoutText(error);
    }
  }
}

/** {@link parseJson} with whole numbers beyond 2^53 as BigInts: a double would change their last digits. */
export function parseJsonWithDigits(text: string): unknown {
  const marked = text.replace(STRINGS_AND_LONG, (match) =>
    match.startsWith('"') || Number.isSafeInteger(Number(match)) ? match : `"${DIGITS}${match}"`,
  );
  return withDigits(parseJson(marked));
}

/** In place: what was parsed belongs to nobody yet. */
function withDigits(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(DIGITS)) return BigInt(value.slice(DIGITS.length));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) fields[key] = withDigits(fields[key]);
  return value;
}

/** The JSON text of a value, in which BigInts are numbers with all of their digits. @throws TypeError as `JSON.stringify` does */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // A BigInt, which JSON.stringify refuses, or a circle, which it refuses again: looked into only then, so that the rest costs nothing.
    return JSON.stringify(value, (_key, inner) =>
      typeof inner === 'bigint' ? `${DIGITS}${inner}` : inner,
    ).replace(QUOTED_DIGITS, '$1');
  }
}

/** A value as {@link parseJson} reads it and Python writes it, indented by two spaces, with a line end. */
export function formatJson(value: unknown): string {
  const standIn = (_key: string, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? `${NAN} ${part}` : part;
  return `${JSON.stringify(value, standIn, 2).replace(STAND_INS, '$1')}\n`;
}

const STAND_INS = new RegExp(`"${NAN} (-?\\w+)"`, 'g');

function spell(match: string): string {
  if (match.startsWith('"')) return match;
  if (match.endsWith('NaN')) return JSON.stringify(NAN);
  return match.startsWith('-') ? '-1e999' : '1e999';
}

/** V8 quotes the text around the place. */
function withoutText(error: unknown): SyntaxError {
  const reason = (error as Error).message
    .replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, ' is not valid JSON')
    .replace(/[\s\p{C}]+/gu, ' ');
  return new SyntaxError(reason, { cause: error });
}
