/** From the matches of a corpus to the spans of the outputs: of each place in them how far the corpus goes along. */
import type { CorpusMatch } from './match-list.js';
import { beginsCharacter, type OutputText } from './output-texts.js';
import type { SpanIndex } from './span-index.js';

/** A span of whole characters, in bytes of the outputs as they are compared. */
export interface ByteSpan {
  readonly output: OutputText;
  readonly start: number;
  readonly end: number;
}

/** Of each place in the outputs the length of the longest match that begins there, as far as it is that of a span. */
export function matchLengths(index: SpanIndex, matches: Iterable<CorpusMatch>): Int32Array {
  const { sorted } = index;
  const lengths = new Int32Array(sorted.length);
  for (const { place, length } of matches) lengths[place] = Math.max(lengths[place]!, length);
  for (let at = 1; at < lengths.length; at++) lengths[at] = Math.max(lengths[at]!, lengths[at - 1]! - 1);
  // A match is told of one place where its text stands: the others are neighbours in the order of suffixes.
  for (let rank = 1; rank < sorted.length; rank++) {
    const shared = Math.min(lengths[sorted[rank - 1]!]!, index.commonWithBefore(rank));
    lengths[sorted[rank]!] = Math.max(lengths[sorted[rank]!]!, shared);
  }
  for (let rank = sorted.length - 1; rank > 0; rank--) {
    const shared = Math.min(lengths[sorted[rank]!]!, index.commonWithBefore(rank));
    lengths[sorted[rank - 1]!] = Math.max(lengths[sorted[rank - 1]!]!, shared);
  }
  return lengths;
}

/** The spans of at least the index's `minBytes` that lie in no longer one, output by output, ascending. */
export function* longestSpans(
  { text, minBytes }: SpanIndex,
  lengths: Int32Array,
  outputs: readonly OutputText[],
): Generator<ByteSpan, void, void> {
  for (const output of outputs) {
    let reached = output.start;
    for (let start = output.start; start < output.end; start++) {
      if (!beginsCharacter(text[start]!)) continue;
      let end = start + lengths[start]!;
      while (end > start && !beginsCharacter(text[end]!)) end--;
      if (end - start < minBytes || end <= reached) continue;
      yield { output, start, end };
      reached = end;
    }
  }
}
