/** Strings that end a generated text, wherever in it tokens begin and end. */

/** What turns tokens into text: a Tokenizer, or a part of one. */
export interface Decoder {
  decode(tokens: ArrayLike<number>): string;
}

/** A stop string can begin in one token and end in another, so the text is looked at whole. */
export function holdsStopString(
  tokens: ArrayLike<number>,
  stop: readonly string[],
  decoder: Decoder,
): boolean {
  const text = decoder.decode(tokens);
  return stop.some((string) => text.includes(string));
}

/** The text before the first of the strings in it, or all of it: what one stops at is not part of the answer. */
export function cutAtStopString(text: string, stop: readonly string[]): string {
  const starts = stop.map((string) => text.indexOf(string)).filter((start) => start !== -1);
  return text.slice(0, Math.min(text.length, ...starts));
}
