/**
 * A text as a search for secrets reads it, and the way back: letter case is folded, escapes are decoded (`\x41`,
 * `A`, `%41`, `&#65;`, `\"`), and a line break with the white space around it is left out, because a value that is
 * cut over lines, or written into JSON, HTML or a URL, is the same value.
 */

export interface FoldedText {
  /** UTF-16 units to search in. */
  readonly units: string;
  /** By unit, where in the text it begins and ends; undefined where a unit is the one at its own place. */
  readonly starts?: Uint32Array;
  readonly ends?: Uint32Array;
}

/** Lower case, unit by unit: no unit changes its place. */
export function foldCase(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from({ length: text.length }, (_, i) => {
    const unit = text[i]!.toLowerCase();
    return unit.length === 1 ? unit : text[i]!;
  }).join('');
}

/** Whether decoding may change anything. */
const DECODABLE = /[\\%&\n\r]/;

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const ESCAPE =
  /\\u\{([0-9a-fA-F]{1,6})\}|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})|&#[xX]([0-9a-fA-F]{1,6});|&#([0-9]{1,7});|&(amp|lt|gt|quot|apos);|\\([\\"'/])/y;

/** The text with its escapes decoded and its lines joined; undefined if that is the text itself, but for case. */
export function decode(text: string): FoldedText | undefined {
  if (!DECODABLE.test(text)) return undefined;
  const units: string[] = [];
  const starts = new Uint32Array(text.length);
  const ends = new Uint32Array(text.length);
  const push = (characters: string, start: number, end: number): void => {
    for (let i = 0; i < characters.length; i++) {
      starts[units.length] = start;
      ends[units.length] = end;
      units.push(characters[i]!);
    }
  };
  for (let at = 0; at < text.length; ) {
    const blank = blankEnd(text, at);
    if (blank > at) {
      if (!/[\n\r]|\\[nr]/.test(text.slice(at, blank)))
        for (let i = at; i < blank; i++) push(text[i]!, i, i + 1);
      at = blank;
      continue;
    }
    const decoded = escapeAt(text, at);
    push(decoded?.character ?? text[at]!, at, decoded?.end ?? at + 1);
    at = decoded?.end ?? at + 1;
  }
  return { units: foldCase(units.join('')), starts, ends };
}

/** The end of the white space, written out or escaped, that begins here. */
function blankEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) at++;
    else if (code === 0x5c && /[nrt]/.test(text[at + 1] ?? '')) at += 2;
    else return at;
  }
}

function escapeAt(text: string, at: number): { character: string; end: number } | undefined {
  const code = text.charCodeAt(at);
  if (code !== 0x5c && code !== 0x25 && code !== 0x26) return undefined;
  ESCAPE.lastIndex = at;
  const found = ESCAPE.exec(text);
  if (found === null) return undefined;
  const [whole, braced, four, two, percent, hexadecimal, number, name, literal] = found;
  const hex = braced ?? four ?? two ?? percent ?? hexadecimal;
  const codePoint = hex !== undefined ? Number.parseInt(hex, 16) : Number(number);
  const end = at + whole.length;
  if (name !== undefined) return { character: NAMED[name]!, end };
  if (literal !== undefined) return { character: literal, end };
  return codePoint <= 0x10ffff ? { character: String.fromCodePoint(codePoint), end } : undefined;
}
