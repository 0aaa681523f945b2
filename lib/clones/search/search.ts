/**
 * The search for clones: every block of significant lines that stands both in the outputs and in the corpus, with the
 * blocks, fingerprints and line numbers of Simian 2.5.10 in plain text mode, or with lines compared as text. The
 * outputs are indexed, the corpus is streamed once, by several threads; memory grows with the outputs and the matches,
 * not with the corpus.
 */
import { availableParallelism } from 'node:os';
import { InputError, type LetheError, throwIfAborted } from '../../errors.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { reportBlocks } from '../blocks/report-blocks.js';
import { type CloneReport, mergeReports } from '../clone-report.js';
import { createFileReader, type LineMode } from '../lines/line-mode.js';
import type { LineTable } from '../lines/line-table.js';
import { OutputLines } from '../lines/output-lines.js';
import { openInputs, readChunks, type TextInput } from '../lines/text-input.js';
import type { SearchedFile } from '../searched-file.js';
import type { PartJoiner } from './part-joiner.js';
import { scanCorpus } from './scan-corpus.js';
import { indexWindows } from './window-sets.js';

export type { CloneReport } from '../clone-report.js';

export interface DetectClonesOptions {
  /** Files of model outputs (the small side), e.g. one `all_0-19999`; text, compressed or not. */
  readonly outputs: readonly string[];
  /** Corpus shards; text, compressed or not. */
  readonly shards: readonly string[];
  /** Significant lines of the shortest block, >= 2. Default 6, as published. */
  readonly threshold?: number;
  /**
   * `simian` (default): lines, windows and blocks are alike if their hashes are, as in Simian. `exact`: lines are alike
   * if their text is, up to trailing white space; blocks do not span documents, and occurrences name theirs.
   */
  readonly mode?: LineMode;
  /**
   * `together` (default): equal blocks in two shards are one group, and a longer block in any file covers a shorter
   * one. `separately`: each shard is searched as if it were the only one, as published, and the results are merged.
   */
  readonly compare?: 'together' | 'separately';
  /**
   * Threads, >= 1. Default: the cores that this process may use, fewer for a corpus that is too small to be worth it.
   * Never shows in the result.
   */
  readonly workers?: number;
  /** Bytes read at a time. Default 2 MiB. Never shows in the result. */
  readonly chunkBytes?: number;
  /**
   * Bytes of a shard that are one piece of work. Default 8 to 64 MiB, by the size of the corpus, or all of it if there is
   * one thread. Never shows in the result.
   */
  readonly partBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A shard that could not be searched; the others were. */
export interface FailedShard {
  readonly file: string;
  readonly error: LetheError;
}

export interface DetectClonesResult extends CloneReport {
  /** Shards that are not in the report, in the order given. */
  readonly failed: readonly FailedShard[];
}

export interface CloneWarningEvent {
  readonly type: 'warning';
  readonly message: string;
}

export type DetectClonesEvent = ProgressEvent | CloneWarningEvent;

/** {@link detectClones} with options that are known to be good. */
export async function* searchClones({
  outputs,
  shards,
  threshold = 6,
  mode = 'simian',
  compare = 'together',
  workers,
  chunkBytes = 2 ** 21,
  partBytes,
  signal,
}: DetectClonesOptions): AsyncGenerator<DetectClonesEvent, DetectClonesResult, void> {
  const inputs = await openInputs(outputs, shards);
  if (mode === 'exact') refusePipes(inputs.outputs);
  for (const message of inputs.warnings) yield { type: 'warning', message };
  const failures = new Map<string, LetheError>();
  const fail = (file: string, error: LetheError): CloneWarningEvent => {
    failures.set(file, error);
    return {
      type: 'warning',
      message: `${error.message.replace(/\.$/, '')}; the other shards are searched.`,
    };
  };
  for (const { file, error } of inputs.failed) yield fail(file, error);

  const files = [...inputs.outputs, ...inputs.shards];
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let doneBytes = 0;
  const advance = (input: TextInput, count: number): ProgressEvent => {
    doneBytes += count;
    return progress('detect clones', doneBytes, totalBytes, 'bytes', input.path);
  };

  const lines = new OutputLines();
  const searched: SearchedFile[] = [];
  for (const input of inputs.outputs) {
    lines.startFile();
    const reader = createFileReader(mode, lines);
    const before = lines.significantLines;
    for await (const { bytes: chunk, diskBytes } of readChunks(input, chunkBytes)) {
      throwIfAborted(signal);
      reader.push(chunk);
      yield advance(input, diskBytes);
    }
    reader.end();
    searched.push({
      input,
      rawLines: reader.rawLines,
      significantLines: lines.significantLines - before,
      gaps: lines.gaps.at(-1)!,
    });
  }

  const sets = indexWindows(lines.table, threshold, mode === 'simian');
  const search = { threshold, mode, outputs: searched, table: lines.table };
  const scanned = new Map<TextInput, PartJoiner>();
  const reports: CloneReport[] = [];
  const threads = workers ?? worthwhileWorkers(inputs.shards);
  const scan = scanCorpus(inputs.shards, sets, {
    mode,
    chunkBytes,
    workers: threads,
    partBytes: partBytes ?? worthwhilePart(inputs.shards, threads),
    signal,
  });
  for await (const event of scan) {
    if (event.type === 'bytes') yield advance(event.input, event.bytes);
    else if (event.type === 'failed') yield fail(event.input.path, event.error);
    else if (compare === 'together') scanned.set(event.input, event.file);
    else reports.push(await reportOn([[event.input, event.file]], search));
  }
  if (failures.size === shards.length) throw failures.get(shards[0]!)!;
  throwIfAborted(signal);
  if (compare === 'together') {
    const inOrder = inputs.shards.filter((input) => scanned.has(input));
    reports.push(
      await reportOn(
        inOrder.map((input) => [input, scanned.get(input)!]),
        search,
      ),
    );
  }
  return {
    ...mergeReports(reports),
    failed: shards.filter((file) => failures.has(file)).map((file) => ({ file, error: failures.get(file)! })),
  };
}

/** Text that one thread reads before another one has started. */
const BYTES_PER_WORKER = 2 ** 23;

function worthwhileWorkers(shards: readonly TextInput[]): number {
  // Packed text is several times as long; of a pipe nobody knows.
  const weights = { text: 1, encoded: 1, packed: 5, pipe: Number.POSITIVE_INFINITY };
  const weight = shards.reduce((sum, { kind, sizeBytes }) => sum + weights[kind] * Math.max(1, sizeBytes), 0);
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(weight / BYTES_PER_WORKER)));
}

/** Large, because a cut costs time, but so small that the threads are done at about the same time. */
function worthwhilePart(shards: readonly TextInput[], threads: number): number {
  if (threads === 1) return Number.MAX_SAFE_INTEGER;
  const bytes = shards.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return Math.min(2 ** 26, Math.max(2 ** 23, Math.ceil(bytes / (16 * threads))));
}

interface Search {
  readonly threshold: number;
  readonly mode: LineMode;
  /** The lines of the outputs. */
  readonly table: LineTable;
  readonly outputs: readonly SearchedFile[];
}

/** Compares the outputs with what is kept of some shards. */
async function reportOn(
  shards: readonly (readonly [TextInput, PartJoiner])[],
  { table, ...search }: Search,
): Promise<CloneReport> {
  const outputsEnd = table.length;
  const outputFiles = table.fileStarts.length;
  const files = shards.map(([input, { kept, rawLines, significantLines, gaps }]) => {
    table.startFile();
    table.appendLines(kept.toLines());
    return { input, rawLines, significantLines, gaps };
  });
  const report = await reportBlocks(table, outputsEnd, { ...search, shards: files });
  table.truncate(outputsEnd, outputFiles);
  return report;
}

/** Fingerprints of text are made from the outputs, which are read again for it. */
function refusePipes(outputs: readonly TextInput[]): void {
  const pipe = outputs.find(({ kind }) => kind === 'pipe');
  if (pipe === undefined) return;
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected outputs in files for the mode exact but ${pipe.path} is a pipe, which cannot be read twice.`,
  );
}
