/** The log of a search for spans: JSON lines, one span each, then the totals. Logs are read, checked and merged. */
import * as z from 'zod';
import { readJsonLines } from '../../data/text/json-lines.js';
import { readLines } from '../../data/text/lines.js';
import { InputError } from '../../errors.js';
import { mergeSpanReports, type Span, type SpanReport, type SpanTotals } from './span-report.js';

export function* formatSpanLog({ spans, totals }: SpanReport): Generator<string, void, void> {
  for (const span of spans) yield formatSpan(span);
  yield `${JSON.stringify({ totals })}\n`;
}

export function formatSpan(span: Span): string {
  return `${JSON.stringify(span)}\n`;
}

const count = z.int().min(0);

const spanSchema = z.strictObject({
  file: z.string(),
  output: z.string(),
  start: count,
  end: count,
  bytes: count,
  count: z.int().min(1),
  occurrences: z.array(
    z.strictObject({
      file: z.string(),
      document: z.string().optional(),
      path: z.string().optional(),
      licence: z.string().optional(),
      offset: count,
    }),
  ),
});

const totalsSchema = z.strictObject({
  totals: z.strictObject({
    minBytes: count.optional(),
    minTokens: count.optional(),
    anyWhiteSpace: z.boolean(),
    outputs: z.array(z.strictObject({ file: z.string(), outputs: count, characters: count })),
    shards: z.array(z.string()),
    spans: count,
    outputsWithSpans: count,
    charactersInSpans: count,
    occurrencesLeftOut: count,
  }),
});

/** Whether a file is the log of a search for spans, by its first line. @throws InputError if it cannot be read */
export async function isSpanLog(path: string): Promise<boolean> {
  for await (const { text } of readLines(path)) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return false;
    }
    return spanSchema.safeParse(value).success || totalsSchema.safeParse(value).success;
  }
  return false;
}

/** @throws InputError `ERR_FILE_FORMAT` for what is no such log, and for one that is cut short; `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ` */
export async function readSpanLog(path: string): Promise<SpanReport> {
  const spans: Span[] = [];
  let totals: SpanTotals | undefined;
  for await (const line of readJsonLines(path, z.union([spanSchema, totalsSchema]))) {
    if (totals !== undefined) throw cutShort(path, 'lines after them');
    if ('totals' in line) totals = line.totals;
    else spans.push(line);
  }
  if (totals === undefined) throw cutShort(path, 'none');
  if (totals.spans !== spans.length)
    throw cutShort(path, `those of ${totals.spans} spans after ${spans.length}`);
  return { spans, totals };
}

/** Any order and grouping of the logs of one search, whose shards were shared out. @throws InputError as {@link readSpanLog} and {@link mergeSpanReports} do */
export async function mergeSpanLogs(paths: readonly string[]): Promise<SpanReport> {
  const reports: SpanReport[] = [];
  for (const path of paths) reports.push(await readSpanLog(path));
  return mergeSpanReports(reports);
}

function cutShort(path: string, found: string): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected the log of spans ${path} to end with its totals but found ${found}: it is cut short or no such log.`,
    { remedy: 'Run the clone detection again.' },
  );
}
