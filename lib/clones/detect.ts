/**
 * Clone detection: every block of significant lines that stands both in the outputs and in the corpus, with the
 * blocks, fingerprints and line numbers of Simian 2.5.10 in plain text mode. The outputs are indexed, the corpus is
 * streamed once; memory grows with the outputs and the matches, not with the corpus.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { check } from '../check.js';
import { throwIfAborted } from '../errors.js';
import { type ProgressEvent, progress } from '../progress.js';
import { type Block, BlockList } from './block-list.js';
import { findBlocks } from './blocks.js';
import { CorpusScan } from './corpus-scan.js';
import { LineHasher } from './line-hasher.js';
import type { LineTable } from './line-table.js';
import type { CloneGroup, CloneOccurrence, CloneTotals } from './log.js';
import { OutputsIndex } from './outputs-index.js';
import { openInputs, readChunks, type TextInput } from './text-input.js';

export interface DetectClonesOptions {
  /** Files of model outputs (the small side), e.g. one `all_0-19999`. */
  readonly outputs: readonly string[];
  /** Corpus shards. All of them are compared together: equal blocks in two shards are one group. */
  readonly shards: readonly string[];
  /** Significant lines of the shortest block, >= 2. Default 6, as published. */
  readonly threshold?: number;
  /** Bytes read at a time. Default 1 MiB. Never shows in the result. */
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CloneReport {
  /** In canonical order: length, fingerprint; occurrences by file, line. */
  readonly groups: readonly CloneGroup[];
  readonly totals: CloneTotals;
}

export interface CloneWarningEvent {
  readonly type: 'warning';
  readonly message: string;
}

export type DetectClonesEvent = ProgressEvent | CloneWarningEvent;

const optionsSchema = z.strictObject({
  outputs: z.array(z.string().min(1)).min(1),
  shards: z.array(z.string().min(1)).min(1),
  // With a threshold of 1 Simian reports lengths that are one too small.
  threshold: z.int().min(2).max(100_000).default(6),
  chunkBytes: z
    .int()
    .min(1)
    .default(2 ** 20),
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Finds the groups of equal blocks that have an occurrence in the outputs and one in a shard. Two blocks are equal if
 * their 64-bit hashes are (case and most punctuation do not count; see CLONES in the documentation).
 *
 * Occurrences name files as `outputs` and `shards` give them; line numbers are 1-based and count every raw line.
 * `totals` counts the blocks that no longer block covers, as Simian does, but only those of the groups listed.
 *
 * @throws InputError for unreadable files, a file given twice, or more than 20 million occurrences
 * @throws AbortedError
 */
export async function* detectClones(
  options: DetectClonesOptions,
): AsyncGenerator<DetectClonesEvent, CloneReport, void> {
  const { threshold, chunkBytes, signal, ...paths } = check(
    optionsSchema,
    options,
    'options of detectClones',
  );
  const inputs = await openInputs(paths.outputs, paths.shards);
  for (const message of inputs.warnings) yield { type: 'warning', message };

  const totalBytes = inputs.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let doneBytes = 0;
  const counts = { significantLines: 0, rawLines: 0 };
  async function* hashLines(file: TextInput, side: OutputsIndex | CorpusScan) {
    side.startFile();
    const hasher = new LineHasher(side);
    for await (const chunk of readChunks(file.path, chunkBytes)) {
      throwIfAborted(signal);
      hasher.push(chunk);
      doneBytes += chunk.length;
      yield progress('detect clones', doneBytes, totalBytes, 'bytes', file.path);
    }
    hasher.end();
    counts.significantLines += hasher.significantLines;
    // Simian counts an empty file as one line.
    counts.rawLines += Math.max(1, hasher.rawLines);
  }

  const index = new OutputsIndex(threshold);
  for (const file of inputs.outputs) yield* hashLines(file, index);
  const scan = new CorpusScan(index);
  for (const file of inputs.shards) yield* hashLines(file, scan);

  throwIfAborted(signal);
  const table = index.lines;
  const outputsEnd = table.appendTable(scan.kept);
  const found = new BlockList();
  findBlocks(table, outputsEnd, threshold, found);
  const names = inputs.files.map((file) => file.path);
  const groups = found.blocks.map((block) => toGroup(block, table, names));
  groups.sort((a, b) => a.length - b.length || compareText(a.fingerprint, b.fingerprint));
  const totals: CloneTotals = {
    duplicateLines: found.uncoveredLines,
    blocks: found.uncovered,
    filesWithBlocks: new Set(groups.flatMap((group) => group.occurrences.map((at) => at.file))).size,
    significantLines: counts.significantLines,
    rawLines: counts.rawLines,
    files: inputs.files.length,
  };
  return { groups, totals };
}

function toGroup({ length, hash, starts }: Block, table: LineTable, names: readonly string[]): CloneGroup {
  const occurrences = Array.from(
    starts,
    (start): CloneOccurrence => ({
      file: names[table.fileAt(start)]!,
      start: table.raw[start]!,
      end: table.raw[start + length - 1]!,
    }),
  );
  occurrences.sort((a, b) => compareText(a.file, b.file) || a.start - b.start);
  return { length, fingerprint: createHash('md5').update(String(hash)).digest('hex'), occurrences };
}

/** Order of UTF-16 units: the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
