/** Kinds of UTF-16 code units; NaN, which stands beyond the end of a text, is of no kind. */

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isHexDigit(code: number): boolean {
  const folded = code | 0x20;
  return isDigit(code) || (folded >= 0x61 && folded <= 0x66);
}
