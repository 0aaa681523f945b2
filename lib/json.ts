/** JSON as Python writes it: RFC 8259 with NaN, Infinity and -Infinity. */
import { randomUUID } from 'node:crypto';

/** Strings, which are passed over, and the words that JSON does not have. */
const STRINGS_AND_WORDS = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs;

/** Strings, and whole numbers that a double may not hold. */
const STRINGS_AND_LONG = /"(?:[^"\\]|\\.)*"|-?\b\d{16,}\b(?![.eE])/gs;

/** Stands for NaN, which no number of JSON's is read as. Drawn anew in each process, so that no text can hold it. */
const NAN = `NaN ${randomUUID()}`;

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

/** {@link parseJson} with whole numbers beyond 2^53 as strings of their digits: a double would change the last ones. */
export function parseJsonWithDigits(text: string): unknown {
  return parseJson(
    text.replace(STRINGS_AND_LONG, (match) =>
      match.startsWith('"') || Number.isSafeInteger(Number(match)) ? match : `"${match}"`,
    ),
  );
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
