/** The clone log as text: as Simian prints it and as published, or as JSON lines. Groups come in the caller's order. */
import { InputError } from '../../errors.js';
import type { CloneGroup, CloneTotals } from '../clone-report.js';

/**
 * `simian`: the published format. `jsonl`: one group a line, `{"length", "fingerprint", "occurrences": [{"file",
 * "start", "end"}]}`, and a last line `{"totals": {...}}`; it has room for the documents of the mode exact.
 */
export const LOG_FORMATS = ['simian', 'jsonl'] as const;
export type CloneLogFormat = (typeof LOG_FORMATS)[number];

/** The format of a log whose format nobody said. */
export function formatByName(path: string): CloneLogFormat {
  return path.endsWith('.jsonl') ? 'jsonl' : 'simian';
}

/** The log, in pieces that end with a line end. */
export function* formatCloneLog(
  { groups, totals }: { readonly groups: Iterable<CloneGroup>; readonly totals: CloneTotals },
  format: CloneLogFormat = 'simian',
): Generator<string, void, void> {
  for (const group of groups) yield formatGroup(group, format);
  yield formatTotals(totals, format);
}

export function formatGroup(group: CloneGroup, format: CloneLogFormat): string {
  if (format === 'jsonl') return `${JSON.stringify(group)}\n`;
  const { length, fingerprint, occurrences } = group;
  let text = `Found ${length} duplicate lines with fingerprint ${fingerprint} in the following files:\n`;
  for (const { file, start, end } of occurrences) {
    if (/[\r\n]/.test(file)) {
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected file names of one line for the clone log but received ${JSON.stringify(file)}.`,
      );
    }
    text += ` Between lines ${start} and ${end} in ${file}\n`;
  }
  return text;
}

export function formatTotals(totals: CloneTotals, format: CloneLogFormat): string {
  if (format === 'jsonl') return `${JSON.stringify({ totals })}\n`;
  return `Found ${totals.duplicateLines} duplicate lines in ${totals.blocks} blocks in ${totals.filesWithBlocks} files
Processed a total of ${totals.significantLines} significant (${totals.rawLines} raw) lines in ${totals.files} files
`;
}
