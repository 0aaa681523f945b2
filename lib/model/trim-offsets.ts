/** `trim_offsets` of the Rust tokenizers library: offsets leave out the spaces that a token begins or ends with. */
import type { TrimRule } from './post-processor.js';
import type { Encoding } from './tokenizer.js';

/**
 * Trims the offsets of `encoding` in place.
 *
 * @param bytesOf the bytes of a token, or undefined for an added token: that one counts as it stands in the text, with
 *   the whitespace that it took along
 */
export function trimOffsets(
  { tokens, offsets }: Encoding,
  text: string,
  rule: TrimRule,
  bytesOf: (id: number) => Uint8Array | undefined,
): void {
  for (let i = 0; i < tokens.length; i++) {
    const start = offsets[2 * i]!;
    const end = offsets[2 * i + 1]!;
    const bytes = bytesOf(tokens[i]!);
    const [leading, trailing] = bytes === undefined ? whitespace(text.slice(start, end)) : spaces(bytes);
    // A single space at the front may be the prefix space, which is not in the text.
    const kept = rule.prefixSpace && leading === 1 && (i === 0 || start === 0) ? 0 : leading;
    const first = Math.min(forward(text, start, kept), end);
    const last = back(text, end, trailing);
    offsets[2 * i] = first;
    if (last >= 0) offsets[2 * i + 1] = Math.max(last, first);
  }
}

function spaces(bytes: Uint8Array): [leading: number, trailing: number] {
  const leading = bytes.findIndex((byte) => byte !== 0x20);
  if (leading === -1) return [bytes.length, bytes.length];
  return [leading, bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0x20)];
}

function whitespace(text: string): [leading: number, trailing: number] {
  return [/^\p{White_Space}*/u.exec(text)![0].length, /\p{White_Space}*$/u.exec(text)![0].length];
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
