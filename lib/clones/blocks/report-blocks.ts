/** From the lines of both sides in memory to the report: blocks by rule, then their places and fingerprints. */
import { createHash } from 'node:crypto';
import {
  type CloneOccurrence,
  type CloneReport,
  compareGroups,
  compareOccurrences,
} from '../clone-report.js';
import type { LineMode } from '../lines/line-mode.js';
import type { LineTable } from '../lines/line-table.js';
import type { LineSpan } from '../log/locate.js';
import type { SearchedFile } from '../searched-file.js';
import { type Block, BlockList } from './block-list.js';
import { findBlocks } from './blocks.js';
import { findExactBlocks } from './exact-blocks.js';
import { type BlockPlace, exactFingerprints } from './exact-fingerprints.js';

export interface ReportSettings {
  readonly threshold: number;
  readonly mode: LineMode;
  readonly outputs: readonly SearchedFile[];
  readonly shards: readonly SearchedFile[];
}

/** `table` holds the outputs up to `outputsEnd`, then what is kept of the shards, file by file as in the settings. */
export async function reportBlocks(
  table: LineTable,
  outputsEnd: number,
  { threshold, mode, outputs, shards }: ReportSettings,
): Promise<CloneReport> {
  const files = [...outputs, ...shards];
  const found = new BlockList();
  if (mode === 'exact') findExactBlocks(table, outputsEnd, threshold, found);
  else findBlocks(table, outputsEnd, threshold, found);
  const fingerprints =
    mode === 'exact'
      ? await exactFingerprints(found.blocks.map((block) => firstPlace(block, table, outputs)))
      : found.blocks.map(({ hash }) => createHash('md5').update(String(hash)).digest('hex'));
  const groups = found.blocks.map((block, i) => ({
    length: block.length,
    fingerprint: fingerprints[i]!,
    occurrences: Array.from(block.starts, (start) => placeOf(start, block.length, table, files)).sort(
      compareOccurrences,
    ),
  }));
  groups.sort(compareGroups);
  if (mode === 'exact') {
    const { nameDocuments } = await import('../corpus/document-names.js');
    await nameDocuments(groups, { outputs, shards });
  }
  const withBlocks = new Set<string>();
  for (const { occurrences } of groups) for (const { file } of occurrences) withBlocks.add(file);
  const sum = (count: (file: SearchedFile) => number) =>
    files.reduce((total, file) => total + count(file), 0);
  return {
    groups,
    totals: {
      duplicateLines: found.uncoveredLines,
      blocks: found.uncovered,
      filesWithBlocks: withBlocks.size,
      significantLines: sum(({ significantLines }) => significantLines),
      // Simian counts an empty file as one line.
      rawLines: sum(({ rawLines }) => Math.max(1, rawLines)),
      files: files.length,
    },
  };
}

function placeOf(
  start: number,
  length: number,
  table: LineTable,
  files: readonly SearchedFile[],
): CloneOccurrence {
  return { file: files[table.fileAt(start)]!.input.path, ...spanOf(start, length, table) };
}

/** The first place of a block is in the outputs, which come first in the table. */
function firstPlace(
  { starts, length }: Block,
  table: LineTable,
  outputs: readonly SearchedFile[],
): BlockPlace {
  const [start] = starts;
  return { input: outputs[table.fileAt(start!)]!.input, ...spanOf(start!, length, table) };
}

function spanOf(start: number, length: number, { raw }: LineTable): LineSpan {
  return { start: raw[start]!, end: raw[start + length - 1]! };
}
