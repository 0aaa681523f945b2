/**
 * The clone log in the published format: written in canonical order, read in any order. Lines that are no part of it
 * (Simian prints a banner and its run time) are skipped when reading.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileError, InputError } from '../errors.js';
import type { CloneGroup, CloneOccurrence, CloneTotals } from './clone-report.js';

export type { CloneGroup, CloneOccurrence, CloneTotals } from './clone-report.js';

/** The lines of the log, each with its line end. */
export function* formatCloneLog({
  groups,
  totals,
}: {
  readonly groups: Iterable<CloneGroup>;
  readonly totals: CloneTotals;
}): Generator<string, void, void> {
  for (const { length, fingerprint, occurrences } of groups) {
    yield `Found ${length} duplicate lines with fingerprint ${fingerprint} in the following files:\n`;
    for (const { file, start, end } of occurrences) {
      if (/[\r\n]/.test(file)) {
        throw new InputError(
          'ERR_INVALID_OPTION',
          `Expected file names of one line for the clone log but received ${JSON.stringify(file)}.`,
        );
      }
      yield ` Between lines ${start} and ${end} in ${file}\n`;
    }
  }
  yield `Found ${totals.duplicateLines} duplicate lines in ${totals.blocks} blocks in ${totals.filesWithBlocks} files\n`;
  yield `Processed a total of ${totals.significantLines} significant (${totals.rawLines} raw) lines in ${totals.files} files\n`;
}

const GROUP = /^Found (\d+) duplicate lines with fingerprint ([0-9a-f]{32}) in the following files:$/;
const OCCURRENCE = /^ Between lines (\d+) and (\d+) in (.+)$/;
const FOUND = /^Found (\d+) duplicate lines in (\d+) blocks in (\d+) files$/;
const PROCESSED = /^Processed a total of (\d+) significant \((\d+) raw\) lines in (\d+) files$/;

/**
 * Reads a log group by group, in the order of the file, in constant memory; returns its totals.
 *
 * @throws InputError `ERR_FILE_FORMAT` if a line cannot be understood or the totals are missing (a log cut short)
 */
export async function* readCloneGroups(path: string): AsyncGenerator<CloneGroup, CloneTotals, void> {
  let group: { length: number; fingerprint: string; occurrences: CloneOccurrence[] } | undefined;
  let found: number[] | undefined;
  let processed: number[] | undefined;
  let lineNumber = 0;
  for await (const line of linesOf(path)) {
    lineNumber++;
    const head = GROUP.exec(line);
    const occurrence = head ? null : OCCURRENCE.exec(line);
    if (occurrence) {
      if (group === undefined) throw malformed(path, lineNumber, line);
      const [, start, end, file] = occurrence;
      group.occurrences.push({ file: file!, start: Number(start), end: Number(end) });
      continue;
    }
    if (/^ Between lines/.test(line)) throw malformed(path, lineNumber, line);
    // Every other line ends the group before it, the last one included.
    if (group !== undefined) yield group;
    group = head ? { length: Number(head[1]), fingerprint: head[2]!, occurrences: [] } : undefined;
    found = numbersOf(FOUND.exec(line)) ?? found;
    processed = numbersOf(PROCESSED.exec(line)) ?? processed;
  }
  if (found === undefined || processed === undefined) {
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected the clone log ${path} to end with its totals but found none: it is cut short or no clone log.`,
      { remedy: 'Run the clone detection again.' },
    );
  }
  return {
    duplicateLines: found[0]!,
    blocks: found[1]!,
    filesWithBlocks: found[2]!,
    significantLines: processed[0]!,
    rawLines: processed[1]!,
    files: processed[2]!,
  };
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

async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  const input = createReadStream(path);
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    if (input.errored) throw input.errored;
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    input.destroy();
  }
}

function numbersOf(match: RegExpExecArray | null): number[] | undefined {
  return match?.slice(1).map(Number);
}

function malformed(path: string, lineNumber: number, line: string): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected an entry of a clone log in line ${lineNumber} of ${path} but found ${JSON.stringify(line.slice(0, 80))}.`,
  );
}
