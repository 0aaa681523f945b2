/**
 * Where a value ends and the text around it begins, for values that letters and digits delimit. A letter beside a value
 * belongs to the same word, with two exceptions: the letter of an escape sequence (`"\njane@corp.io"`), and one of a
 * script that writes no spaces between words, beside a value in another script (`联系jane@corp.io谢谢`).
 */

/** Letters of scripts without spaces between words. */
export const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;

/** An escape sequence in the notations of C, JSON, Python and their kin, as the source of a pattern. */
export const ESCAPE = String.raw`\\(?:[nrtbfv0]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})`;
export const ESCAPE_AT_END = new RegExp(`${ESCAPE}$`);

const UNSPACED_LETTER = new RegExp(`[${UNSPACED}]`, 'u');
const WORD_AT_END = /[\p{L}\p{N}_]$/u;
const WORD_AT_START = /^(?:[\p{L}\p{N}_]|\.\d)/u;
/** The longest escape sequence. */
const WINDOW = 6;

/** Is what stands from `start` to `end` a part of a longer word or number? */
export function continuesBeyond(text: string, start: number, end: number): boolean {
  return continuesBefore(text, start, end) || continuesAfter(text, start, end);
}

function continuesBefore(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - WINDOW), start);
  if (!WORD_AT_END.test(before) || ESCAPE_AT_END.test(before)) return false;
  return !scriptChanges(lastCharacter(before), text.slice(start, end));
}

function continuesAfter(text: string, start: number, end: number): boolean {
  const after = text.slice(end, end + 2);
  if (!WORD_AT_START.test(after)) return false;
  return !scriptChanges(String.fromCodePoint(after.codePointAt(0)!), text.slice(start, end));
}

/** Does a letter without spaces stand beside a value that has none of its kind? */
function scriptChanges(letter: string, value: string): boolean {
  return UNSPACED_LETTER.test(letter) && !UNSPACED_LETTER.test(value);
}

function lastCharacter(text: string): string {
  const low = text.charCodeAt(text.length - 1);
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(-2) : text.slice(-1);
}
