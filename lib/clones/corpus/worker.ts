/** What worker threads do for a corpus: read source files into blocks of a shard, and digest files. */

import { readDocuments } from '../../data/documents.js';
import type { LeftOutReason, OnLeftOut } from '../../data/left-out.js';
import { readTreeFile } from '../../data/trees/source-tree.js';
import type { FullTreeOptions } from '../../data/trees/tree-options.js';
import type { FoundFile } from '../../data/trees/walk.js';
import { serveTasks } from '../../parallel.js';
import { digestSource } from './digest.js';
import { prepareBlocks, type ShardBlock, type ShardSource } from './shard.js';

/** Blocks of a task that wait to be taken: the thread sleeps while there are as many. */
const MAX_WAITING_BLOCKS = 3;

export type CorpusTask =
  | { readonly type: 'digest'; readonly path: string; readonly tree: FullTreeOptions | undefined }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly textField: string | undefined;
      readonly gate: Gate;
    }
  | { readonly type: 'files'; readonly files: readonly FoundFile[]; readonly gate: Gate };

/** One Int32: how many blocks of the task have been taken. */
export type Gate = Int32Array;

export interface BlockMessage {
  readonly block: ShardBlock;
  /** Bytes of the source that have been read since the block before. */
  readonly sourceBytes: number;
}

export type CorpusTaskResult =
  | { readonly type: 'digest'; readonly sha256: string }
  | {
      readonly type: 'read';
      /** Read after the last block. */
      readonly sourceBytes: number;
      readonly leftOut: readonly (readonly [LeftOutReason, string])[];
    };

export default serveTasks<CorpusTask, CorpusTaskResult, undefined, BlockMessage>(async (task, context) => {
  if (task.type === 'digest') return { type: 'digest', sha256: await digestSource(task.path, task.tree) };
  const leftOut: [LeftOutReason, string][] = [];
  let sourceBytes = 0;
  const onRead = (bytes: number) => {
    sourceBytes += bytes;
  };
  const documents: AsyncIterable<ShardSource> =
    task.type === 'file'
      ? readDocuments(task.path, { textField: task.textField, onRead })
      : readFiles(task.files, (...left) => leftOut.push(left), onRead);
  let posted = 0;
  for await (const block of prepareBlocks(documents)) {
    waitForRoom(task.gate, posted++);
    context.post({ block, sourceBytes });
    sourceBytes = 0;
  }
  return { type: 'read', sourceBytes, leftOut };
});

async function* readFiles(
  files: readonly FoundFile[],
  onLeftOut: OnLeftOut,
  onRead: (bytes: number) => void,
): AsyncGenerator<ShardSource, void> {
  for (const file of files) {
    yield* readTreeFile(file, onLeftOut);
    onRead(file.sizeBytes);
  }
}

/** A message port takes without end: without this, a reader faster than the disk would fill the memory. */
function waitForRoom(gate: Gate, posted: number): void {
  for (;;) {
    const taken = Atomics.load(gate, 0);
    if (posted - taken < MAX_WAITING_BLOCKS) return;
    Atomics.wait(gate, 0, taken);
  }
}
