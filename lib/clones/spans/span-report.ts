/** What the search for spans finds, as records, and how the findings of several shards become one. */
import { InputError } from '../../errors.js';
import { compareText } from '../clone-report.js';
import { NAMED_PLACES } from './match-list.js';

/** Of the shortest span, in bytes or tokens: fewer stand everywhere by chance. */
export const LEAST_MIN_BYTES = 8;

export interface SpanOccurrence {
  /** The shard. */
  readonly file: string;
  /** The document in which the span stands, where documents are told apart: its id, or its number in the file from 0. */
  readonly document?: string | undefined;
  readonly path?: string | undefined;
  readonly licence?: string | undefined;
  /**
   * Where it begins: bytes of UTF-8 from the start of the document as it stands in the shard; where any white space is
   * alike, of the document with one space for each run of it.
   */
  readonly offset: number;
}

export interface Span {
  /** The file of outputs. */
  readonly file: string;
  /** The id of the output: by its map, else its number in the file from 0. */
  readonly output: string;
  /** UTF-16 code units of the output's text, the end excluded. */
  readonly start: number;
  readonly end: number;
  /** Of UTF-8, as compared. */
  readonly bytes: number;
  /** How often its text stands in the corpus. */
  readonly count: number;
  /** The first of these places, at most 20, by file and place in it. */
  readonly occurrences: readonly SpanOccurrence[];
}

/** What was searched, and by what rule. */
export interface SpanBasis {
  readonly minBytes?: number | undefined;
  readonly minTokens?: number | undefined;
  readonly anyWhiteSpace: boolean;
  readonly outputs: readonly {
    readonly file: string;
    readonly outputs: number;
    /** UTF-16 code units. */
    readonly characters: number;
  }[];
  /** Those that were read. */
  readonly shards: readonly string[];
}

export interface SpanTotals extends SpanBasis {
  readonly spans: number;
  readonly outputsWithSpans: number;
  /** Characters that lie in some span: overlaps once. */
  readonly charactersInSpans: number;
  /** Occurrences that are counted and not listed. */
  readonly occurrencesLeftOut: number;
}

export interface SpanReport {
  /** By file of outputs as they were given, output and place. No span lies within another one. */
  readonly spans: readonly Span[];
  readonly totals: SpanTotals;
}

/** Brings spans in their order and adds the totals. */
export function reportSpans(basis: SpanBasis, found: Iterable<Span>): SpanReport {
  const files = new Map(basis.outputs.map(({ file }, i) => [file, i]));
  const spans = [...found].sort(
    (a, b) =>
      files.get(a.file)! - files.get(b.file)! ||
      compareIds(a.output, b.output) ||
      a.start - b.start ||
      b.end - a.end,
  );
  let outputsWithSpans = 0;
  let charactersInSpans = 0;
  let occurrencesLeftOut = 0;
  let reached = 0;
  for (const [i, { file, output, start, end, count, occurrences }] of spans.entries()) {
    const before = spans[i - 1];
    if (before?.file !== file || before.output !== output) {
      outputsWithSpans++;
      reached = 0;
    }
    charactersInSpans += end - Math.max(start, reached);
    reached = end;
    occurrencesLeftOut += count - occurrences.length;
  }
  return {
    spans,
    totals: { ...basis, spans: spans.length, outputsWithSpans, charactersInSpans, occurrencesLeftOut },
  };
}

/**
 * The spans of some shards and of others, as if all had been searched together. The order of the reports is no matter.
 *
 * @throws InputError `ERR_INVALID_OPTION` for reports of other outputs or by another rule, and for a shard in two of them
 */
export function mergeSpanReports(reports: readonly SpanReport[]): SpanReport {
  const [first] = reports;
  const shards = new Set<string>();
  for (const { totals } of reports) {
    if (ruleOf(totals) !== ruleOf(first!.totals))
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected spans of the same outputs, of the same least length, but received ${ruleOf(first!.totals)} and ${ruleOf(totals)}.`,
        { remedy: 'Merge logs of one search, whose shards were shared out by --shard.' },
      );
    for (const shard of totals.shards) {
      if (shards.has(shard))
        throw new InputError(
          'ERR_INVALID_OPTION',
          `Expected each shard in one of the logs but ${shard} is in two: its occurrences would be counted twice.`,
        );
      shards.add(shard);
    }
  }
  const groups = new Map<string, Span[]>();
  for (const span of reports.flatMap(({ spans }) => spans)) {
    const key = JSON.stringify([span.file, span.output, span.start, span.end]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [span]);
    else group.push(span);
  }
  const { minBytes, minTokens, anyWhiteSpace, outputs } = first!.totals;
  const basis = { minBytes, minTokens, anyWhiteSpace, outputs, shards: [...shards].sort(compareText) };
  const all = reportSpans(basis, [...groups.values()].map(joinSpans)).spans;
  return reportSpans(basis, longestOf(all));
}

function ruleOf({ minBytes, minTokens, anyWhiteSpace, outputs }: SpanBasis): string {
  return JSON.stringify({ minBytes, minTokens, anyWhiteSpace, outputs });
}

/** The same span of several shards. */
function joinSpans(spans: readonly Span[]): Span {
  const count = spans.reduce((sum, span) => sum + span.count, 0);
  const occurrences = spans
    .flatMap((span) => span.occurrences)
    .sort((a, b) => compareText(a.file, b.file))
    .slice(0, NAMED_PLACES);
  return { ...spans[0]!, count, occurrences };
}

/** Without those within another one: of the same start the longest comes first. */
function* longestOf(spans: readonly Span[]): Generator<Span, void, void> {
  let last: Span | undefined;
  for (const span of spans) {
    const isNext = last?.file !== span.file || last.output !== span.output || span.end > last.end;
    if (!isNext) continue;
    yield span;
    last = span;
  }
}

const NUMBER = /^\d+$/;

/** Numbers by their value, before other ids. */
function compareIds(a: string, b: string): number {
  if (NUMBER.test(a) && NUMBER.test(b)) return Number(a) - Number(b);
  return Number(NUMBER.test(b)) - Number(NUMBER.test(a)) || compareText(a, b);
}
