/**
 * E-mail addresses. The search starts at each `@` and walks outwards, so it takes linear time on any input.
 *
 * The published expression takes everything between two delimiters. (ours) The local part is the characters that
 * addresses in practice use, so that `mailto=jana@x.org`, a template literal or a Markdown link does not become a
 * part of the value; the domain is labels with a top-level name of letters; the user information of a URL
 * (`https://name:password@host`) and the density suffix of an image (`logo@2x.png`) are not addresses; an escape
 * sequence before an address and a word of a script without spaces beside it are no part of it.
 */
import { ESCAPE_AT_END, UNSPACED } from './boundaries.js';
import type { Detector, Finding } from './detector.js';

const LOCAL_CHARACTER = /[\p{L}\p{N}\p{M}._%+-]/u;
const UNSPACED_LETTER = new RegExp(`[${UNSPACED}]`, 'u');
/** RFC 5321 allows 64; a longer run is not an address. */
const LOCAL_MAX = 64;
const ANY_DOMAIN = domainOf(String.raw`\p{L}`);
/** Of letters beside which one of another script is no part of the same name. */
const SPACED_DOMAIN = domainOf(String.raw`(?![${UNSPACED}])\p{L}`);
const IMAGE_DENSITY = /^\d+x\.[a-z]+$/i;
const URL_BEFORE = /:\/\/[^\s/"'`<>]*$/;
/** How far before an address a URL's `://` is looked for. */
const URL_WINDOW = 256;

/** Every e-mail address of a text, in order, none overlapping. */
export const EMAILS: Detector<Finding> = {
  literals: ['@'],
  begin(text) {
    let searched = 0;
    const found: Finding[] = [];
    return {
      at(_, at) {
        const start = localStart(text, at, searched);
        // `@jana@host.org` is a handle, `a@b@c.org` nothing.
        if (start === at || text[start - 1] === '@') return;
        const pattern = UNSPACED_LETTER.test(text.slice(at + 1, at + 3)) ? ANY_DOMAIN : SPACED_DOMAIN;
        pattern.lastIndex = at;
        const domain = pattern.exec(text)?.[0];
        if (domain === undefined || IMAGE_DENSITY.test(domain.slice(1))) return;
        if (URL_BEFORE.test(text.slice(Math.max(0, start - URL_WINDOW), start))) return;
        searched = at + domain.length;
        found.push({ value: text.slice(start, searched), start });
      },
      finish: () => found,
    };
  },
};

/** `@` and labels of `letter`, the last of letters alone. */
function domainOf(letter: string): RegExp {
  const edge = String.raw`(?:${letter}|\p{N})`;
  const inner = String.raw`(?:${letter}|[\p{N}\p{M}-])`;
  const last = String.raw`(?:${letter}|[\p{N}\p{M}])`;
  const end = String.raw`(?!${letter}|[\p{N}\p{M}_@-])`;
  return new RegExp(
    String.raw`@(?:${edge}(?:${inner}{0,61}${last})?\.){1,8}${letter}(?:${letter}|\p{M}){1,62}${end}`,
    'uy',
  );
}

/** Where the local part before the `@` begins; `at` itself when there is none. */
function localStart(text: string, at: number, limit: number): number {
  let start = at;
  let unspaced = false;
  while (start > limit && at - start <= LOCAL_MAX) {
    const low = text.charCodeAt(start - 1);
    const width = low >= 0xdc00 && low <= 0xdfff && start - 2 >= limit ? 2 : 1;
    const character = text.slice(start - width, start);
    if (!LOCAL_CHARACTER.test(character)) break;
    // `联系jane@`: a word of another script, written without a space.
    if (UNSPACED_LETTER.test(character) && start < at && !unspaced) break;
    unspaced ||= UNSPACED_LETTER.test(character);
    start -= width;
  }
  if (at - start > LOCAL_MAX) return at;
  start += escapeLength(text, start, at);
  while (start < at && (text[start] === '.' || text[start] === '-')) start++;
  return text[at - 1] === '.' ? at : start;
}

/** Of an escape sequence whose backslash stands before `start`: how much of what follows is part of it. */
function escapeLength(text: string, start: number, end: number): number {
  if (text[start - 1] !== '\\') return 0;
  for (const length of [5, 3, 1])
    if (start + length < end && ESCAPE_AT_END.test(text.slice(start - 1, start + length))) return length;
  return 0;
}
