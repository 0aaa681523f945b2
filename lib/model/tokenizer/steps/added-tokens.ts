/** Added tokens, special or not: found in the text before anything else is split. */
import { InputError } from '../../../errors.js';
import { escapePattern } from '../oniguruma.js';

/** An entry of `added_tokens` in tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** What is looked for: `content` as the normalizer leaves it, if the token is normalized. */
  readonly sought: string;
  /** Only where no word character touches it. */
  readonly singleWord: boolean;
  /** Takes the whitespace before it along. */
  readonly leftStrip: boolean;
  /** Takes the whitespace after it along. */
  readonly rightStrip: boolean;
  /** Left out by `decode` with `skipSpecialTokens`. */
  readonly special: boolean;
  /** Looked for in normalized text, where the tokens that are not normalized have left some. */
  readonly normalized: boolean;
}

/** A stretch of text: an added token, or (`token` undefined) ordinary text. Code units, `start < end`. */
export interface Section {
  readonly token: AddedToken | undefined;
  readonly start: number;
  readonly end: number;
}

// `\s` and `\w` as the Rust library's regular expressions have them: JavaScript's `\s` also takes U+FEFF and
// misses U+0085, and its `\w` is ASCII.
const WHITESPACE = /\p{White_Space}/u;
const WORD_AT_START = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const WORD_AT_END = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;

/** Cuts texts at added tokens: leftmost first, of several at one place the longest. */
export class AddedTokenSplitter {
  readonly #pattern: RegExp | undefined;
  readonly #tokens: ReadonlyMap<string, AddedToken>;

  constructor(tokens: readonly AddedToken[]) {
    this.#tokens = new Map(tokens.map((token) => [token.sought, token]));
    // Alternatives are tried in order, so the longest comes first.
    const alternatives = [...this.#tokens.keys()]
      .filter((sought) => sought !== '')
      .sort((a, b) => b.length - a.length)
      .map(escapePattern);
    this.#pattern = alternatives.length === 0 ? undefined : new RegExp(alternatives.join('|'), 'g');
  }

  /** The sections of `text` in order; together they cover it. */
  *split(text: string): Generator<Section> {
    let done = 0;
    // matchAll works on a pattern of its own, so that another text may be started on before this one is done.
    for (const match of this.#pattern === undefined ? [] : text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!;
      let left = match.index;
      let right = left + match[0].length;
      // Whitespace that the token before took along may hold this match.
      if (left < done || (token.singleWord && touchesWord(text, left, right))) continue;
      if (token.leftStrip) while (left > done && WHITESPACE.test(text[left - 1]!)) left--;
      if (token.rightStrip) while (right < text.length && WHITESPACE.test(text[right]!)) right++;
      if (done < left) yield { token: undefined, start: done, end: left };
      yield { token, start: left, end: right };
      done = right;
    }
    if (done < text.length) yield { token: undefined, start: done, end: text.length };
  }
}

function touchesWord(text: string, start: number, end: number): boolean {
  // Two code units hold any one character.
  return (
    WORD_AT_END.test(text.slice(Math.max(0, start - 2), start)) ||
    WORD_AT_START.test(text.slice(end, end + 2))
  );
}

/** @throws InputError if `vocabulary` gives the token another id, or another string its id */
export function checkAddedToken(
  token: AddedToken,
  vocabulary: ReadonlyMap<string, number>,
  taken: ReadonlyMap<number, string>,
  path: string,
): void {
  const id = vocabulary.get(token.content);
  const holder = taken.get(token.id);
  if ((id === undefined || id === token.id) && (holder === undefined || holder === token.content)) return;
  throw new InputError(
    'ERR_MODEL_FORMAT',
    id === undefined
      ? `Expected an id of its own for added token ${JSON.stringify(token.content)} in ${path} but received ${token.id}, which is ${JSON.stringify(holder)}.`
      : `Expected id ${id} for added token ${JSON.stringify(token.content)} in ${path}, as in its vocabulary, but received ${token.id}.`,
  );
}
