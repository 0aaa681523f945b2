/** Cuts text into the words that BPE never merges across. */
import { InputError } from '../errors.js';

/**
 * GPT-2's pattern. `\s` is spelled out as the Unicode property: JavaScript's `\s` also takes U+FEFF (a byte-order
 * mark, common in source files) and misses U+0085, so it would give other tokens than the Rust library does.
 * (Compared with Rust tokenizers 0.23 over all code points: whitespace is equal; of the rest 4657 differ, all of them
 * assigned in Unicode versions that Node knows and that library does not.) Every character matches some alternative, so consecutive matches cover the text.
 */
const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The ends of the words of a text, in code units, in order; each word begins where the one before ends. */
export type WordEnds = (text: string) => Iterable<number>;

/**
 * Words by GPT-2's pattern.
 *
 * @throws InputError if one word has more astral characters (emoji, say) than V8's backtracking stack can hold: over
 *   four million of them without a break
 */
export function* gpt2WordEnds(text: string): Generator<number> {
  // A pattern of its own: the caller may start on another text before this one is done.
  const pattern = new RegExp(GPT2_PATTERN);
  while (matchNext(pattern, text)) yield pattern.lastIndex;
}

/** The whole text as one word (`use_regex: false`). */
export function* wholeWordEnd(text: string): Generator<number> {
  if (text.length > 0) yield text.length;
}

function matchNext(pattern: RegExp, text: string): boolean {
  const from = pattern.lastIndex;
  try {
    return pattern.test(text);
  } catch (cause) {
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected text whose words can be told apart but received one of millions of characters, which begins at character ${from}.`,
      { remedy: 'Cut the text into smaller documents.', cause },
    );
  }
}
