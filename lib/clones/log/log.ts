/**
 * Reads clone logs, Simian's and ours, as text or JSON lines, gzip'd or not, in any order of groups. Lines of text that
 * are no part of the log (Simian prints a banner and its run time) are skipped.
 */
import * as z from 'zod';
import { type Line, readLines } from '../../data/text/lines.js';
import { InputError } from '../../errors.js';
import type { CloneGroup, CloneOccurrence, CloneTotals } from '../clone-report.js';

export type { CloneGroup, CloneOccurrence, CloneTotals } from '../clone-report.js';
export { formatCloneLog } from './log-format.js';

/**
 * Reads a log group by group, in the order of the file, in constant memory; returns its totals.
 *
 * @throws InputError `ERR_FILE_FORMAT` if a line cannot be understood or the totals are missing (a log cut short);
 *   `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`
 */
export async function* readCloneGroups(path: string): AsyncGenerator<CloneGroup, CloneTotals, void> {
  const lines = readLines(path);
  try {
    const first = await lines.next();
    if (first.done) throw cutShort(path);
    const isJson = first.value.text.startsWith('{');
    const totals = isJson
      ? yield* readJson(path, first.value, lines)
      : yield* readText(path, first.value, lines);
    if (totals === undefined) throw cutShort(path);
    return totals;
  } finally {
    await lines.return(undefined);
  }
}

/** Reads a whole log into memory. */
export async function readCloneLog(path: string): Promise<{ groups: CloneGroup[]; totals: CloneTotals }> {
  const groups: CloneGroup[] = [];
  const reader = readCloneGroups(path);
  for (;;) {
    const next = await reader.next();
    if (next.done) return { groups, totals: next.value };
    groups.push(next.value);
  }
}

type Groups = AsyncGenerator<CloneGroup, CloneTotals | undefined, void>;

const count = z.int().min(0);
const lineNumber = z.int().min(1);
const groupSchema = z.object({
  length: lineNumber,
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
  occurrences: z.array(
    z.object({ file: z.string(), start: lineNumber, end: lineNumber, document: z.string().optional() }),
  ),
});
const totalsSchema = z.object({
  totals: z.object({
    duplicateLines: count,
    blocks: count,
    filesWithBlocks: count,
    significantLines: count,
    rawLines: count,
    files: count,
  }),
});

async function* readJson(path: string, first: Line, rest: AsyncIterable<Line>): Groups {
  let totals: CloneTotals | undefined;
  for await (const { number, text } of withFirst(first, rest)) {
    // Totals are the last line of a log: after them nothing is expected.
    if (totals !== undefined) throw malformed(path, number, text);
    const value = parseJson(text);
    const group = groupSchema.safeParse(value);
    if (group.success) yield group.data as CloneGroup;
    else {
      const end = totalsSchema.safeParse(value);
      if (!end.success) throw malformed(path, number, text);
      totals = end.data.totals;
    }
  }
  return totals;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const GROUP = /^Found (\d+) duplicate lines with fingerprint ([0-9a-f]{32}) in the following files:$/;
const OCCURRENCE = /^ Between lines (\d+) and (\d+) in (.+)$/;
const FOUND = /^Found (\d+) duplicate lines in (\d+) blocks in (\d+) files$/;
const PROCESSED = /^Processed a total of (\d+) significant \((\d+) raw\) lines in (\d+) files$/;

async function* readText(path: string, first: Line, rest: AsyncIterable<Line>): Groups {
  let group: { length: number; fingerprint: string; occurrences: CloneOccurrence[] } | undefined;
  let found: number[] | undefined;
  let processed: number[] | undefined;
  for await (const { number, text } of withFirst(first, rest)) {
    const occurrence = OCCURRENCE.exec(text);
    if (occurrence) {
      if (group === undefined) throw malformed(path, number, text);
      const [, start, end, file] = occurrence;
      group.occurrences.push({ file: file!, start: Number(start), end: Number(end) });
      continue;
    }
    if (text.startsWith(' Between lines')) throw malformed(path, number, text);
    // Every other line ends the group before it, the last one included.
    if (group !== undefined) yield group;
    const head = GROUP.exec(text);
    group = head ? { length: Number(head[1]), fingerprint: head[2]!, occurrences: [] } : undefined;
    found = numbersOf(FOUND.exec(text)) ?? found;
    processed = numbersOf(PROCESSED.exec(text)) ?? processed;
  }
  if (found === undefined || processed === undefined) return undefined;
  return {
    duplicateLines: found[0]!,
    blocks: found[1]!,
    filesWithBlocks: found[2]!,
    significantLines: processed[0]!,
    rawLines: processed[1]!,
    files: processed[2]!,
  };
}

async function* withFirst(first: Line, rest: AsyncIterable<Line>): AsyncGenerator<Line, void, void> {
  yield first;
  yield* rest;
}

function numbersOf(match: RegExpExecArray | null): number[] | undefined {
  return match?.slice(1).map(Number);
}

function cutShort(path: string): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected the clone log ${path} to end with its totals but found none: it is cut short or no clone log.`,
    { remedy: 'Run the clone detection again.' },
  );
}

function malformed(path: string, lineNumber: number, line: string): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected an entry of a clone log in line ${lineNumber} of ${path} but found ${JSON.stringify(line.slice(0, 80))}.`,
    { remedy: 'If the log is cut short, run the clone detection again.' },
  );
}
