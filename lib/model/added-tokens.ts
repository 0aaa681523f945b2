/** Added tokens, special or not: found in the text before anything else is split. */
import { InputError } from '../errors.js';

/** An entry of `added_tokens` in tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Only where no word character touches it. */
  readonly singleWord: boolean;
  /** Takes the whitespace before it along. */
  readonly leftStrip: boolean;
  /** Takes the whitespace after it along. */
  readonly rightStrip: boolean;
  /** Left out by `decode` with `skipSpecialTokens`. */
  readonly special: boolean;
  /** Looked for after the tokens that are not normalized. */
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
  readonly #passes: readonly (readonly [RegExp, ReadonlyMap<string, AddedToken>])[];

  constructor(tokens: readonly AddedToken[]) {
    // The Rust library searches the raw text for unnormalized tokens, then what is left for normalized ones.
    this.#passes = [tokens.filter((token) => !token.normalized), tokens.filter((token) => token.normalized)]
      .filter((pass) => pass.length > 0)
      .map((pass) => [
        // Alternatives are tried in order, so the longest comes first.
        new RegExp(
          pass
            .map((token) => token.content)
            .sort((a, b) => b.length - a.length)
            .map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
            .join('|'),
          'g',
        ),
        new Map(pass.map((token) => [token.content, token])),
      ]);
  }

  /** The sections of `text` in order; together they cover it. */
  *split(text: string): Generator<Section> {
    yield* this.#split(text, 0, text.length, 0);
  }

  *#split(text: string, start: number, end: number, pass: number): Generator<Section> {
    const search = this.#passes[pass];
    if (search === undefined) {
      if (start < end) yield { token: undefined, start, end };
      return;
    }
    const [pattern, tokens] = search;
    const section = start === 0 && end === text.length ? text : text.slice(start, end);
    let done = 0;
    let from = 0;
    for (;;) {
      pattern.lastIndex = from;
      const match = pattern.exec(section);
      if (match === null) break;
      const token = tokens.get(match[0])!;
      let left = match.index;
      let right = left + match[0].length;
      from = right;
      // Whitespace that the token before took along may hold this match.
      if (left < done || (token.singleWord && touchesWord(section, left, right))) continue;
      if (token.leftStrip) while (left > done && WHITESPACE.test(section[left - 1]!)) left--;
      if (token.rightStrip) while (right < section.length && WHITESPACE.test(section[right]!)) right++;
      yield* this.#split(text, start + done, start + left, pass + 1);
      yield { token, start: start + left, end: start + right };
      done = right;
    }
    yield* this.#split(text, start + done, end, pass + 1);
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
