/** `trim_offsets` of the Rust tokenizers library: offsets leave out the spaces that a token begins or ends with. */

import type { Encoding } from '../encoding.js';
import type { TrimRule } from './post-processor.js';
import type { Contents } from './token-decoder.js';

/**
 * Trims the offsets of `encoding` in place.
 *
 * @param contents of the tokens; an added token counts as it stands in the text, with the whitespace that it took along
 */
export function trimOffsets(
  { tokens, offsets }: Encoding,
  text: string,
  rule: TrimRule,
  contents: Contents,
): void {
  for (let i = 0; i < tokens.length; i++) {
    const start = offsets[2 * i]!;
    const end = offsets[2 * i + 1]!;
    const { content, added } = contents(tokens[i]!)!;
    const [leading, trailing] = spaces(added ? text.slice(start, end) : content);
    // A single space at the front may be the prefix space, which is not in the text.
    const kept = rule.prefixSpace && leading === 1 && (i === 0 || start === 0) ? 0 : leading;
    const first = Math.min(forward(text, start, kept), end);
    const last = back(text, end, trailing);
    offsets[2 * i] = first;
    if (last >= 0) offsets[2 * i + 1] = Math.max(last, first);
  }
}

// In byte symbols a space is U+0120.
const SPACE = /[\p{White_Space}\u0120]/u;

/** How many spaces a token begins and ends with. */
function spaces(token: string): [leading: number, trailing: number] {
  let leading = 0;
  while (leading < token.length && SPACE.test(token[leading]!)) leading++;
  let trailing = 0;
  while (trailing < token.length && SPACE.test(token.at(-1 - trailing)!)) trailing++;
  return [leading, trailing];
}

/** `count` characters after `at`; a prefix space stands on the first character, which may have two code units. */
function forward(text: string, at: number, count: number): number {
  let place = at;
  for (let i = 0; i < count; i++) place += text.codePointAt(place)! > 0xffff ? 2 : 1;
  return place;
}

/** `count` characters before `at`, or negative if there are fewer. */
function back(text: string, at: number, count: number): number {
  let place = at;
  for (let i = 0; i < count; i++) place -= place > 1 && text.codePointAt(place - 2)! > 0xffff ? 2 : 1;
  return place;
}
