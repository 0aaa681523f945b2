/**
 * E-mail addresses. The search starts at each `@` and walks outwards, so it takes linear time on any input.
 *
 * The published expression takes everything between two delimiters. (ours) The local part is the characters that
 * addresses in practice use, so that `mailto=jana@x.org`, a template literal or a Markdown link does not become a
 * part of the value; the domain is labels with a top-level name of letters; the user information of a URL
 * (`https://name:password@host`) and the density suffix of an image (`logo@2x.png`) are not addresses.
 */
export interface Finding {
  readonly value: string;
  readonly start: number;
}

const LOCAL_CHARACTER = /[\p{L}\p{N}\p{M}._%+-]/u;
/** RFC 5321 allows 64; a longer run is not an address. */
const LOCAL_MAX = 64;
const DOMAIN =
  /@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.){1,8}\p{L}[\p{L}\p{M}]{1,62}(?![\p{L}\p{N}\p{M}_@-])/uy;
const IMAGE_DENSITY = /^\d+x\.[a-z]+$/i;
const URL_BEFORE = /:\/\/[^\s/"'`<>]*$/;
/** How far before an address a URL's `://` is looked for. */
const URL_WINDOW = 256;

/** Every e-mail address of a text, in order, none overlapping. */
export function* findEmails(text: string): Generator<Finding> {
  let searched = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, at, searched);
    // `@jana@host.org` is a handle, `a@b@c.org` nothing.
    if (start === at || text[start - 1] === '@') continue;
    DOMAIN.lastIndex = at;
    const domain = DOMAIN.exec(text)?.[0];
    if (domain === undefined || IMAGE_DENSITY.test(domain.slice(1))) continue;
    if (URL_BEFORE.test(text.slice(Math.max(0, start - URL_WINDOW), start))) continue;
    searched = at + domain.length;
    yield { value: text.slice(start, searched), start };
  }
}

/** Where the local part before the `@` begins; `at` itself when there is none. */
function localStart(text: string, at: number, limit: number): number {
  let start = at;
  while (start > limit && at - start <= LOCAL_MAX) {
    const low = text.charCodeAt(start - 1);
    const width = low >= 0xdc00 && low <= 0xdfff && start - 2 >= limit ? 2 : 1;
    if (!LOCAL_CHARACTER.test(text.slice(start - width, start))) break;
    start -= width;
  }
  if (at - start > LOCAL_MAX) return at;
  while (start < at && (text[start] === '.' || text[start] === '-')) start++;
  return text[at - 1] === '.' ? at : start;
}
