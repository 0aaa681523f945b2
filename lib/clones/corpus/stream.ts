/** The documents of all sources in their order, as blocks of a shard, read by several threads; cut where shards end. */
import type { OnLeftOut } from '../../data/left-out.js';
import { walkTree } from '../../data/trees/source-tree.js';
import type { FullTreeOptions } from '../../data/trees/tree-options.js';
import type { FoundFile } from '../../data/trees/walk.js';
import { runParallel } from '../../parallel.js';
import type { ShardBlock } from './shard.js';
import { CORPUS_WORKER, type CorpusSource } from './sources.js';
import type { BlockMessage, CorpusTask, CorpusTaskResult, Gate } from './worker.js';

/** So many documents of this source have been taken, and all of those before it. */
export interface CorpusPosition {
  readonly source: number;
  readonly documents: number;
}

export interface StreamOptions {
  readonly textField: string | undefined;
  readonly workers: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly tree: FullTreeOptions;
  /** Told of everything in trees that is left out. */
  readonly onLeftOut: OnLeftOut;
}

export interface SourceBlock {
  readonly source: number;
  /** Undefined where nothing but bytes were read. */
  readonly block: ShardBlock | undefined;
  readonly sourceBytes: number;
}

/** Files of a tree that make one task: enough to outweigh handing it over. */
const TREE_TASK_BYTES = 2 ** 23;
const TREE_TASK_FILES = 512;

interface OpenTask {
  readonly source: number;
  readonly gate: Gate;
  readonly waiting: SourceBlock[];
}

/**
 * Blocks from source `first` on. Threads read ahead, each a few blocks: memory does not grow with the sources. Leaving
 * the generator ends the threads.
 */
export async function* streamBlocks(
  sources: readonly CorpusSource[],
  first: number,
  { textField, workers, signal, tree, onLeftOut }: StreamOptions,
): AsyncGenerator<SourceBlock, void> {
  const open: OpenTask[] = [];
  const begin = (source: number): Gate => {
    const gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    open.push({ source, gate, waiting: [] });
    return gate;
  };
  async function* tasks(): AsyncGenerator<CorpusTask, void> {
    for (const [i, { kind, path }] of sources.entries()) {
      if (i < first) continue;
      if (kind === 'file') yield { type: 'file', path, textField, gate: begin(i) };
      else
        for await (const files of batches(walkTree(path, tree, onLeftOut)))
          yield { type: 'files', files, gate: begin(i) };
    }
  }
  const events = runParallel<CorpusTask, CorpusTaskResult, BlockMessage>({
    module: CORPUS_WORKER,
    tasks: tasks(),
    workers,
    ordered: true,
    // What a later source holds against it matters when its turn has come: the shards before it are whole.
    failures: 'report',
    signal,
  });
  let current = 0;
  for await (const event of events) {
    const task = open[event.index]!;
    if (event.type === 'message') task.waiting.push({ source: task.source, ...event.message });
    if (event.index !== current) continue;
    yield* take(task);
    if (event.type === 'message') continue;
    if (event.type === 'failure') throw event.error;
    if (event.result.type === 'read') {
      for (const left of event.result.leftOut) onLeftOut(...left);
      yield { source: task.source, block: undefined, sourceBytes: event.result.sourceBytes };
    }
    // Those that wait are not told of again.
    current++;
    const next = open[current];
    if (next !== undefined) yield* take(next);
  }
}

function* take({ waiting, gate }: OpenTask): Generator<SourceBlock, void> {
  for (let block = waiting.shift(); block !== undefined; block = waiting.shift()) {
    yield block;
    Atomics.add(gate, 0, 1);
    Atomics.notify(gate, 0);
  }
}

async function* batches(found: AsyncIterable<FoundFile>): AsyncGenerator<FoundFile[], void> {
  let files: FoundFile[] = [];
  let bytes = 0;
  for await (const file of found) {
    files.push(file);
    bytes += file.sizeBytes;
    if (bytes < TREE_TASK_BYTES && files.length < TREE_TASK_FILES) continue;
    yield files;
    files = [];
    bytes = 0;
  }
  if (files.length > 0) yield files;
}

/** Takes documents from a stream of blocks, so many at a time, and says where it stands. */
export class BlockCutter implements AsyncDisposable {
  readonly #blocks: AsyncGenerator<SourceBlock, void>;
  readonly #onBytes: (bytes: number) => void;
  #rest: ShardBlock | undefined;
  #restSource: number;
  #skip: number;
  #position: CorpusPosition;

  /** @param blocks from source `start.source` on; its first `start.documents` are dropped */
  constructor(
    blocks: AsyncGenerator<SourceBlock, void>,
    start: CorpusPosition,
    onBytes: (bytes: number) => void,
  ) {
    this.#blocks = blocks;
    this.#onBytes = onBytes;
    this.#restSource = start.source;
    this.#skip = start.documents;
    this.#position = start;
  }

  /** After the last document that was taken. */
  get position(): CorpusPosition {
    return this.#position;
  }

  async atEnd(): Promise<boolean> {
    while (this.#rest === undefined) {
      const next = await this.#blocks.next();
      if (next.done) return true;
      const { source, block, sourceBytes } = next.value;
      this.#onBytes(sourceBytes);
      if (block === undefined) continue;
      const dropped = Math.min(this.#skip, block.documents.length);
      this.#skip -= dropped;
      this.#rest = cut(block, dropped)[1];
      this.#restSource = source;
    }
    return false;
  }

  /** `count` documents, or as many as there are. */
  async *take(count: number): AsyncGenerator<ShardBlock, void> {
    for (let left = count; left > 0 && !(await this.atEnd()); ) {
      const [head, rest] = cut(this.#rest!, left);
      const source = this.#restSource;
      this.#rest = rest;
      left -= head.documents.length;
      const before = source === this.#position.source ? this.#position.documents : 0;
      this.#position = { source, documents: before + head.documents.length };
      yield head;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#blocks.return();
  }
}

function cut(block: ShardBlock, count: number): [ShardBlock, ShardBlock | undefined] {
  if (count >= block.documents.length) return [block, undefined];
  const head = block.documents.slice(0, count);
  const bytes = head.reduce((sum, document) => sum + document.bytes, 0);
  return [
    { documents: head, text: block.text.subarray(0, bytes) },
    { documents: block.documents.slice(count), text: block.text.subarray(bytes) },
  ];
}
