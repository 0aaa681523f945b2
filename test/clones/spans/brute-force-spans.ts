/** Spans by their definition, slowly: every piece of every output is looked for in every document. */
import type { ListedSpan } from '../../../lib/clones/spans/list-spans.js';
import { NAMED_PLACES } from '../../../lib/clones/spans/match-list.js';

export interface SpanRule {
  readonly minBytes: number;
  readonly anyWhiteSpace: boolean;
}

export interface PlainSpan {
  readonly output: number;
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** `file:document:offset` */
  readonly places: readonly string[];
}

/** @param files the documents of each */
export function findSpans(
  outputs: readonly string[],
  files: readonly (readonly string[])[],
  { minBytes, anyWhiteSpace }: SpanRule,
): PlainSpan[] {
  const compared = (text: string) => (anyWhiteSpace ? text.replace(/[\0- ]+/g, ' ') : text);
  const corpus = files.map((documents) => documents.map(compared));
  const found: PlainSpan[] = [];
  for (const [number, output] of outputs.entries()) {
    let reached = 0;
    for (let start = 0; start < output.length; start += widthAt(output, start)) {
      // A run of white space is one character, which begins where the run does.
      if (anyWhiteSpace && start > 0 && isSpace(output[start]!) && isSpace(output[start - 1]!)) continue;
      let end = start;
      for (let next = start; next < output.length; ) {
        next += widthAt(output, next);
        if (anyWhiteSpace && isSpace(output[next - 1]!))
          while (next < output.length && isSpace(output[next]!)) next++;
        const piece = compared(output.slice(start, next));
        if (!corpus.some((documents) => documents.some((text) => text.includes(piece)))) break;
        end = next;
      }
      const piece = compared(output.slice(start, end));
      if (end <= reached || Buffer.byteLength(piece) < minBytes) continue;
      reached = end;
      const places = corpus.flatMap((documents, file) =>
        documents.flatMap((text, document) =>
          placesOf(piece, text).map((at) => `${file}:${document}:${Buffer.byteLength(text.slice(0, at))}`),
        ),
      );
      found.push({ output: number, start, end, count: places.length, places: places.slice(0, NAMED_PLACES) });
    }
  }
  return found;
}

/** What the product lists, in the same shape. */
export function plainSpan({ output, from, to, count, named }: ListedSpan): PlainSpan {
  const places = named.map(({ file, document, at }) => `${file}:${document}:${at}`);
  return { output: output.number, start: from, end: to, count, places };
}

function isSpace(character: string): boolean {
  return character <= ' ';
}

function widthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

function placesOf(piece: string, text: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + 1)) places.push(at);
  return places;
}
