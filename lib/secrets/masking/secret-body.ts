/**
 * What of a secret's value is secret. Its public beginning is none of it: `AKIA`, `ghp_` or `https://` begin a million
 * values, and say which kind it is; nor is the top-level domain of an e-mail address.
 */

/** Characters of the shortest run of a body that gives something away. */
export const LEAST_RUN = 6;

/** The same in a text to forget (a licence, say): what any text of its kind shares with it is longer than a word. */
export const LEAST_TEXT_RUN = 24;

/** A value of this many characters and {@link TEXT_WORDS} words is a text if it has sentences: the words of a pass phrase have not. */
const TEXT_LENGTH = 100;
const TEXT_WORDS = 12;
const PUNCTUATION = /\p{L}[.,;:!?)"”](?:\s|$)/u;

/** How values of the scanner's kinds (rules.ts) begin, and some that only people mark; a URL's scheme comes first. */
const PUBLIC_START =
  /^(?:-----BEGIN [A-Z ]+-----|https?:\/\/hooks\.slack\.com\/services\/|[a-z][a-z0-9+.-]*:\/\/|gh[opusr]_|github_pat_|gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-|GR1348941|A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA|AIza|npm_|pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)|sk-(?:proj-|ant-)?|SG\.|xox[abeposr]-|[rsp]k_(?:live|test)_|sq0csp-|eyJ|AKC|Bearer )/;

const EMAIL = /^[^\s@]+@[^\s@]+$/;
/** `.org`, `.co.uk`. */
const PUBLIC_SUFFIX = /(?:\.[\p{L}]{2,3})?\.\p{L}{2}$|\.\p{L}{3,}$/u;

export interface Stretch {
  readonly start: number;
  /** One past the last. */
  readonly end: number;
}

/** The body of a value, in UTF-16 units of it; all of it where too little would be left. */
export function bodyOf(value: string): Stretch {
  const start = PUBLIC_START.exec(value)?.[0].length ?? 0;
  const suffix = EMAIL.test(value) ? (PUBLIC_SUFFIX.exec(value)?.[0].length ?? 0) : 0;
  const end = value.length - suffix;
  return end - start >= LEAST_RUN ? { start, end } : { start: 0, end: value.length };
}

/** Whether a value is a text of many words, of which only long runs, and words that are no words, give it away. */
export function isText(value: string): boolean {
  if (value.length < TEXT_LENGTH || !PUNCTUATION.test(value)) return false;
  return value.split(/\s+/).filter(isPlainWord).length >= TEXT_WORDS;
}

/** Letters in one case, or with a capital at the start, and what punctuation stands around them. */
export function isPlainWord(word: string): boolean {
  return /^[^\p{L}\p{N}]*(?:\p{L}?\p{Ll}*|\p{Lu}*)(?:['’-]\p{L}+)?[^\p{L}\p{N}]*$/u.test(word);
}
