/** What Python's json, str and csv make of text: the published files were written by them, byte for byte. */
import { stringify } from 'csv-stringify/sync';

/** A string as `json.dump` writes it: ASCII only, surrogate pairs as two escapes. */
export function pythonJsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The characters of which `str.isspace()` is true. JavaScript's `trim` spares U+001C to U+001F and U+0085, and takes U+FEFF. */
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING = new RegExp(`^${SPACE}+`);

/** `str.strip()`. */
export function pythonStrip(text: string): string {
  const rest = text.replace(LEADING, '');
  let end = rest.length;
  // From the right by hand: a pattern anchored at the end is tried at every space of a long line.
  while (end > 0 && LEADING.test(rest[end - 1]!)) end--;
  return rest.slice(0, end);
}

/** Rows as `csv.writer` writes them by default: `\r\n` after each, quotes where a field needs them. */
export function pythonCsv(rows: readonly (readonly (string | number)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: '\r\n', quoted_match: /[",\r\n]/ },
  );
}
