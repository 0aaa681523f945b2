/**
 * The search for clones: every block of significant lines that stands both in the outputs and in the corpus, with the
 * blocks, fingerprints and line numbers of Simian 2.5.10 in plain text mode, or with lines compared as text. The
 * outputs are indexed, the corpus is streamed once, by several threads; memory grows with the outputs and the matches,
 * not with the corpus.
 */
import { InputError } from '../../errors.js';
import type { ProgressEvent } from '../../progress.js';
import { reportBlocks } from '../blocks/report-blocks.js';
import { type CloneReport, mergeReports } from '../clone-report.js';
import { createFileReader, type LineMode, type LineReader } from '../lines/line-mode.js';
import type { LineTable } from '../lines/line-table.js';
import { OutputLines } from '../lines/output-lines.js';
import type { TextInput } from '../lines/text-input.js';
import type { SearchedFile } from '../searched-file.js';
import { PartJoiner } from './part-joiner.js';
import { type ScannedPart, scanPart } from './scan-part.js';
import type { ScanShared } from './scan-worker.js';
import {
  type CloneWarningEvent,
  type FailedShard,
  type Search,
  type SearchFilesOptions,
  searchFiles,
} from './search-files.js';
import { indexWindows } from './window-sets.js';

export type { CloneReport } from '../clone-report.js';
export type { CloneWarningEvent, FailedShard } from './search-files.js';

export interface DetectClonesOptions extends SearchFilesOptions {
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
}

export interface DetectClonesResult extends CloneReport {
  /** Shards that are not in the report, in the order given. */
  readonly failed: readonly FailedShard[];
}

export type DetectClonesEvent = ProgressEvent | CloneWarningEvent;

/** {@link detectClones} with options that are known to be good. */
export async function* searchClones({
  threshold = 6,
  mode = 'simian',
  compare = 'together',
  ...files
}: DetectClonesOptions): AsyncGenerator<DetectClonesEvent, DetectClonesResult, void> {
  const lines = new OutputLines();
  const searched: SearchedFile[] = [];
  const basis = { threshold, mode, outputs: searched, table: lines.table };
  const scanned = new Map<string, [TextInput, PartJoiner]>();
  const reports: CloneReport[] = [];
  let reader: LineReader;
  let input: TextInput;
  let before = 0;
  const search: Search<ScannedPart, PartJoiner> = {
    open(outputs) {
      if (mode === 'exact') refusePipes(outputs);
    },
    startOutput(output) {
      lines.startFile();
      input = output;
      reader = createFileReader(mode, lines);
      before = lines.significantLines;
    },
    pushOutput(bytes) {
      reader.push(bytes);
    },
    endOutput() {
      reader.end();
      searched.push({
        input,
        rawLines: reader.rawLines,
        significantLines: lines.significantLines - before,
        gaps: lines.gaps.at(-1)!,
      });
    },
    begin(chunkBytes) {
      const sets = indexWindows(lines.table, threshold, mode === 'simian');
      const settings = { mode, chunkBytes, signal: files.signal };
      return {
        module: 'clones/search/scan-worker.js',
        shared: { sets: sets.share(), mode, chunkBytes } satisfies ScanShared,
        scan: (part) => scanPart(part, sets, settings),
        createFile: () => new PartJoiner(sets),
      };
    },
    async takeShard(shard, file) {
      if (compare === 'together') scanned.set(shard.path, [shard, file]);
      else reports.push(await reportOn([[shard, file]], basis));
    },
  };
  const failed = yield* searchFiles(files, search);
  if (compare === 'together') {
    const inOrder = files.shards.flatMap((path) => {
      const shard = scanned.get(path);
      return shard === undefined ? [] : [shard];
    });
    reports.push(await reportOn(inOrder, basis));
  }
  return { ...mergeReports(reports), failed };
}

interface Basis {
  readonly threshold: number;
  readonly mode: LineMode;
  /** The lines of the outputs. */
  readonly table: LineTable;
  readonly outputs: readonly SearchedFile[];
}

/** Compares the outputs with what is kept of some shards. */
async function reportOn(
  shards: readonly (readonly [TextInput, PartJoiner])[],
  { table, ...search }: Basis,
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
