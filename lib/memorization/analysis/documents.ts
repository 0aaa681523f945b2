/** From places in the corpus to the documents that stand there, by the maps beside the shards; shards of another build are refused. */
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { locate } from '../../clones/log/locate.js';
import { readShardMap, type ShardEntry, shardMapPath } from '../../data/corpus/shard-map.js';
import { fileError, InputError, throwIfAborted } from '../../errors.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { groupRows } from './column.js';
import type { Blocks, LogSummary } from './gather.js';
import type { OutputsText } from './outputs-text.js';
import { rowsOf } from './places.js';
import { checkShard } from './shard-check.js';

/** Documents of the places in `blocks.corpus`. */
export interface LocatedDocuments {
  readonly documents: readonly ShardEntry[];
  /** By row of `blocks.corpus`: 1 + index of the document that the place begins in, 0 if there is no map. */
  readonly ofRow: Uint32Array;
}

export interface LocateDocumentsOptions {
  /**
   * Directory in which every corpus file of the logs must lie, with its map; the md5 lines of the documents that are
   * named are compared with the shards. Default: the paths of the logs, where maps are, and no look into the shards.
   */
  readonly shards?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws InputError `ERR_FILE_NOT_FOUND` for a missing shard; `ERR_FILE_FORMAT` for shards of another build */
export async function* locateDocuments(
  blocks: Blocks,
  outputs: OutputsText,
  { shards, signal }: LocateDocumentsOptions,
): AsyncGenerator<ProgressEvent, LocatedDocuments, void> {
  const [, fileOf, startOf] = blocks.corpus.map(({ data }) => data) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const rows = blocks.corpus[0].length;
  const byFile = groupRows(fileOf, rows, blocks.files.length);
  const documents: ShardEntry[] = [];
  const ofRow = new Uint32Array(rows);
  /** Lines of each corpus file that has a map. */
  const lines: (number | undefined)[] = [];

  for (const [file, { name, lastLine }] of blocks.files.entries()) {
    throwIfAborted(signal);
    yield progress('locate documents', file, blocks.files.length, 'shards');
    const path = shardPath(name, shards);
    const entries = await readMap(path, shards !== undefined);
    lines.push(entries === undefined ? undefined : (entries.at(-1)?.end ?? 0));
    if (entries === undefined) continue;
    if (lastLine > lines[file]!) {
      throw otherBuild(path, `${lastLine} lines at least, where a block ends`, `${lines[file]} in its map`);
    }
    const indexes = new Map<ShardEntry, number>();
    for (const row of rowsOf(byFile, file)) {
      const start = startOf[row]!;
      const entry = locate(entries, { start, end: start })[0];
      if (entry === undefined) throw otherBuild(path, `a document in line ${start}`, 'none in its map');
      let index = indexes.get(entry);
      if (index === undefined) {
        index = documents.push(entry);
        indexes.set(entry, index);
      }
      ofRow[row] = index;
    }
    if (shards === undefined) continue;
    // Lines of a shard of another build do not agree: all that was left out may have been left out for it.
    await checkShard(path, blocks.agreement === undefined ? [...indexes.keys()] : entries, signal);
  }
  for (const log of blocks.logs) checkTotals(log, blocks, lines, outputs);
  return { documents, ofRow };
}

/** Where a corpus file lies that a log names. */
export function shardPath(name: string, shards: string | undefined): string {
  return shards === undefined ? name : join(shards, basename(name));
}

async function readMap(path: string, required: boolean): Promise<ShardEntry[] | undefined> {
  try {
    if (required) {
      await access(path).catch((cause: unknown) => {
        throw fileError('read', path, cause);
      });
    }
    return await readShardMap(path);
  } catch (error) {
    if (!required && error instanceof InputError && error.code === 'ERR_FILE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** A log counts the lines of all its files: with their maps at hand, the sum must be right. */
function checkTotals(
  { path, files, totals }: LogSummary,
  blocks: Blocks,
  lines: readonly (number | undefined)[],
  outputs: OutputsText,
): void {
  // A file without blocks is not named in the log, and its lines are not known then.
  if (totals.files !== files.length + 1) return;
  let expected = outputs.lines;
  for (const file of files) {
    const count = lines[file];
    if (count === undefined) return;
    expected += count;
  }
  if (expected === totals.rawLines) return;
  const names = files.map((file) => shardMapPath(blocks.files[file]!.name)).join(', ');
  throw otherBuild(path, `${expected} lines by ${names} and the outputs`, `${totals.rawLines} in the log`);
}

function otherBuild(path: string, expected: string, found: string): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected ${expected} for ${path} but found ${found}: log and shards are not of the same build.`,
    { remedy: 'Run the clone detection again on these shards, or give the shards that it read.' },
  );
}
