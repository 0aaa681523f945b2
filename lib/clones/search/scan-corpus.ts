/** The scan of all shards, on this thread or on several: what comes of it does not depend on how it is spread. */
import { InputError, throwIfAborted } from '../../errors.js';
import { moduleFile } from '../../package.js';
import type { ParallelEvent } from '../../parallel.js';
import type { LineMode } from '../lines/line-mode.js';
import type { TextInput } from '../lines/text-input.js';
import { PartJoiner } from './part-joiner.js';
import { cutIntoParts, type Part, type ScannedPart, scanPart } from './scan-part.js';
import type { ScanShared } from './scan-worker.js';
import type { WindowSets } from './window-sets.js';

export interface ScanCorpusOptions {
  readonly mode: LineMode;
  readonly chunkBytes: number;
  /** Bytes of a shard that are scanned in one go. */
  readonly partBytes: number;
  /** Threads; no more than there are parts, and none besides the caller's if that is one. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
}

export type ScanCorpusEvent =
  | { readonly type: 'bytes'; readonly input: TextInput; readonly bytes: number }
  | { readonly type: 'scanned'; readonly input: TextInput; readonly file: PartJoiner }
  | { readonly type: 'failed'; readonly input: TextInput; readonly error: InputError };

/** A shard whose parts are not all there yet. */
interface OpenShard {
  readonly file: PartJoiner;
  readonly parts: number;
  joined: number;
  /** Scanned parts that wait for one before them, by their number in the shard. */
  readonly early: Map<number, ScannedPart>;
}

/** Yields every shard once, scanned or failed, as they come to their end. A failed one does not touch the others. */
export async function* scanCorpus(
  shards: readonly TextInput[],
  sets: WindowSets,
  options: ScanCorpusOptions,
): AsyncGenerator<ScanCorpusEvent, void, void> {
  const open = new Map<TextInput, OpenShard>();
  const queue: { part: Part; number: number }[] = [];
  // What cannot be cut comes first, so that it does not keep everybody waiting at the end.
  for (const input of shards.toSorted((a, b) => rank(a) - rank(b))) {
    const parts = cutIntoParts(input, options.partBytes);
    queue.push(...parts.map((part, number) => ({ part, number })));
    open.set(input, { file: new PartJoiner(sets), parts: parts.length, joined: 0, early: new Map() });
  }
  const begun: (typeof queue)[number][] = [];
  function* tasks() {
    for (const entry of queue) {
      if (!open.has(entry.part.input)) continue;
      begun.push(entry);
      yield entry.part;
    }
  }
  const events =
    Math.min(options.workers, queue.length) === 1
      ? scanHere(tasks(), sets, options)
      : scanOnThreads(tasks(), sets, { ...options, workers: Math.min(options.workers, queue.length) });
  for await (const event of events) {
    const { part, number } = begun[event.index]!;
    const shard = open.get(part.input);
    if (shard === undefined) continue;
    if (event.type === 'message') {
      yield { type: 'bytes', input: part.input, bytes: event.message };
    } else if (event.type === 'failure') {
      if (!(event.error instanceof InputError)) throw event.error;
      open.delete(part.input);
      yield { type: 'failed', input: part.input, error: event.error };
    } else {
      shard.early.set(number, event.result);
      for (let next = shard.early.get(shard.joined); next; next = shard.early.get(shard.joined)) {
        shard.file.add(next);
        shard.early.delete(shard.joined++);
      }
      if (shard.joined < shard.parts) continue;
      open.delete(part.input);
      yield { type: 'scanned', input: part.input, file: shard.file };
    }
  }
}

function rank({ kind }: TextInput): number {
  return kind === 'text' ? 1 : 0;
}

type PartEvent = ParallelEvent<ScannedPart, number>;

async function* scanOnThreads(
  tasks: Iterable<Part>,
  sets: WindowSets,
  { workers, mode, chunkBytes, signal }: ScanCorpusOptions,
): AsyncGenerator<PartEvent, void, void> {
  // Only now: threads and what they need are not for nothing.
  const { runParallel } = await import('../../parallel.js');
  yield* runParallel<Part, ScannedPart, number>({
    module: moduleFile('clones/search/scan-worker.js'),
    tasks,
    workers,
    shared: { sets: sets.share(), mode, chunkBytes } satisfies ScanShared,
    failures: 'report',
    signal,
  });
}

async function* scanHere(
  tasks: Iterable<Part>,
  sets: WindowSets,
  options: ScanCorpusOptions,
): AsyncGenerator<PartEvent, void, void> {
  let index = 0;
  for (const part of tasks) {
    throwIfAborted(options.signal);
    const scan = scanPart(part, sets, options);
    try {
      let next = await scan.next();
      for (; !next.done; next = await scan.next()) yield { type: 'message', index, message: next.value };
      yield { type: 'result', index, result: next.value };
    } catch (error) {
      yield { type: 'failure', index, error: error as Error };
    } finally {
      // Closes the file if the caller leaves.
      await scan.return(undefined as never);
    }
    index++;
  }
}
