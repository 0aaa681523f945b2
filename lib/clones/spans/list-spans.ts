/** All spans of the outputs, from the matches of each corpus file. */
import { longestSpans, matchLengths } from './longest-spans.js';
import type { CorpusMatch } from './match-list.js';
import { type OutputText, UnitCounter } from './output-texts.js';
import type { SpanIndex } from './span-index.js';
import { type FilePlace, SpanPlaces } from './span-places.js';

/** A span in UTF-16 code units of its output. */
export interface UnitSpan {
  readonly output: OutputText;
  readonly from: number;
  readonly to: number;
  /** Bytes as they are compared. */
  readonly bytes: number;
}

export interface ListedSpan extends UnitSpan {
  readonly count: number;
  readonly named: readonly FilePlace[];
}

/**
 * @param files the matches of each corpus file, in the order in which their places are listed
 * @param isWanted what a span must be beside long enough
 */
export function listSpans(
  index: SpanIndex,
  outputs: readonly OutputText[],
  files: readonly (readonly CorpusMatch[])[],
  { anyWhiteSpace, isWanted }: { anyWhiteSpace: boolean; isWanted: (span: UnitSpan) => boolean },
): ListedSpan[] {
  const lengths = matchLengths(index, files.flat());
  const found: (UnitSpan & { readonly start: number; readonly end: number })[] = [];
  let starts: UnitCounter;
  let ends: UnitCounter;
  let last: OutputText | undefined;
  for (const { output, start, end } of longestSpans(index, lengths, outputs)) {
    if (output !== last) {
      starts = new UnitCounter(output, anyWhiteSpace);
      ends = new UnitCounter(output, anyWhiteSpace);
      last = output;
    }
    const from = starts!.unitsBefore(start - output.start);
    const to = ends!.unitsBefore(end - output.start);
    const span = { output, from, to, bytes: end - start, start, end };
    if (isWanted(span)) found.push(span);
  }
  const places = new SpanPlaces(index, found);
  for (const [i, matches] of files.entries()) places.add(i, matches);
  places.finish();
  return found.map((span) => ({ ...span, ...places.of(span) }));
}
