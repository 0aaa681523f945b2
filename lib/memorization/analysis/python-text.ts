/** What Python's json, str and csv make of text: the published files were written by them, byte for byte. */
import { stringify } from 'csv-stringify/sync';

/** A string as `json.dump` writes it: ASCII only, surrogate pairs as two escapes. */
export function pythonJsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `str.strip()`: JavaScript's `trim` spares U+001C to U+001F and U+0085, and takes U+FEFF. */
export function pythonStrip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** `str.isspace()` of one UTF-16 unit. */
function isSpace(unit: number): boolean {
  if (unit < 0x7f) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || (unit >= 0x1c && unit <= 0x1f);
  return WIDE_SPACES.has(unit) || (unit >= 0x2000 && unit <= 0x200a);
}

const WIDE_SPACES = new Set([0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000]);

/** Rows as `csv.writer` writes them by default: `\r\n` after each, quotes where a field needs them. */
export function pythonCsv(rows: readonly (readonly (string | number)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: '\r\n', quoted_match: /[",\r\n]/ },
  );
}
