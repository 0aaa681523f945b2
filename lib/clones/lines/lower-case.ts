/**
 * Lower case of one code point inside a word, as Java's, Python's and JavaScript's `toLowerCase` of the whole word
 * give it. Only Greek capital sigma depends on its neighbours; for that the two properties below are exposed.
 */

/** U+03A3: final (U+03C2) after a cased letter and before none, else U+03C3. */
export const CAPITAL_SIGMA = 0x3a3;
export const SMALL_SIGMA = 0x3c3;
/** U+03C2 is U+03C3 - 1, which lets a running hash be corrected when the word turns out to end. */
export const CAPITAL_I_WITH_DOT = 0x130;

// 0: not looked up yet. No code point of a word (>= U+0100) has U+0000 as its lower case.
const bmp = new Uint16Array(0x10000);

/** Lower case of a UTF-16 unit >= U+0100 other than U+0130 (which has two units) and capital sigma. */
export function lowerUnit(codePoint: number): number {
  const known = bmp[codePoint]!;
  if (known !== 0) return known;
  const lower = String.fromCharCode(codePoint).toLowerCase();
  const unit = lower.length === 1 ? lower.charCodeAt(0) : codePoint;
  bmp[codePoint] = unit;
  return unit;
}

/** Lower case of a code point >= U+10000. */
export function lowerSupplementary(codePoint: number): number {
  return String.fromCodePoint(codePoint).toLowerCase().codePointAt(0)!;
}

const CASED = /\p{Cased}/u;
const CASE_IGNORABLE = /\p{Case_Ignorable}/u;

const UNKNOWN = 0;
const CASELESS = 1;
const IS_CASED = 2;
const IS_IGNORABLE = 3;
const cases = new Uint8Array(0x110000);

function caseOf(codePoint: number): number {
  const known = cases[codePoint]!;
  if (known !== UNKNOWN) return known;
  const text = String.fromCodePoint(codePoint);
  // A character that is both (e.g. U+02B0) is skipped: that is how the rule for final sigma reads.
  const found = CASE_IGNORABLE.test(text) ? IS_IGNORABLE : CASED.test(text) ? IS_CASED : CASELESS;
  cases[codePoint] = found;
  return found;
}

/** Skipped when the rule for final sigma looks for a neighbour. */
export function isCaseIgnorable(codePoint: number): boolean {
  return caseOf(codePoint) === IS_IGNORABLE;
}

/** Cased and not case-ignorable. */
export function isCased(codePoint: number): boolean {
  return caseOf(codePoint) === IS_CASED;
}
