/** The scan of all shards, on this thread or on several: what comes of it does not depend on how it is spread. */
import { InputError, throwIfAborted } from '../../errors.js';
import { moduleFile } from '../../package.js';
import type { ParallelEvent } from '../../parallel.js';
import type { TextInput } from '../lines/text-input.js';
import { cutIntoParts, type Part } from './part.js';

/** What is done with each part of a shard. */
export interface PartWork<Scanned> {
  /** The module that does it on a thread, with `shared`. */
  readonly module: string;
  readonly shared: unknown;
  /** Does it here. Yields how many bytes of the file on disk were read since it yielded last. */
  scan(part: Part): AsyncGenerator<number, Scanned, void>;
}

/** And how its parts become one file again. */
export interface CorpusWork<Scanned, File extends JoinedParts<Scanned>> extends PartWork<Scanned> {
  /** Takes the parts of one shard. */
  createFile(): File;
}

export interface JoinedParts<Scanned> {
  /** Called in the order of the file. */
  add(part: Scanned): void;
}

export interface ScanCorpusOptions {
  /** Bytes of a shard that are scanned in one go. */
  readonly partBytes: number;
  /** Threads; no more than there are parts, and none besides the caller's if that is one. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
}

export type ScanCorpusEvent<File> =
  | { readonly type: 'bytes'; readonly input: TextInput; readonly bytes: number }
  | { readonly type: 'scanned'; readonly input: TextInput; readonly file: File }
  | { readonly type: 'failed'; readonly input: TextInput; readonly error: InputError };

/** A shard whose parts are not all there yet. */
interface OpenShard<Scanned, File> {
  readonly file: File;
  readonly parts: number;
  joined: number;
  /** Scanned parts that wait for one before them, by their number in the shard. */
  readonly early: Map<number, Scanned>;
}

/** Yields every shard once, scanned or failed, as they come to their end. A failed one does not touch the others. */
export async function* scanCorpus<Scanned, File extends JoinedParts<Scanned>>(
  shards: readonly TextInput[],
  work: CorpusWork<Scanned, File>,
  options: ScanCorpusOptions,
): AsyncGenerator<ScanCorpusEvent<File>, void, void> {
  const open = new Map<TextInput, OpenShard<Scanned, File>>();
  const queue: { part: Part; number: number }[] = [];
  // What cannot be cut comes first, so that it does not keep everybody waiting at the end.
  for (const input of shards.toSorted((a, b) => rank(a) - rank(b))) {
    const parts = cutIntoParts(input, options.partBytes);
    queue.push(...parts.map((part, number) => ({ part, number })));
    open.set(input, { file: work.createFile(), parts: parts.length, joined: 0, early: new Map() });
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
      ? scanHere(tasks(), work, options)
      : scanOnThreads(tasks(), work, { ...options, workers: Math.min(options.workers, queue.length) });
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

async function* scanOnThreads<Scanned>(
  tasks: Iterable<Part>,
  { module, shared }: PartWork<Scanned>,
  { workers, signal }: ScanCorpusOptions,
): AsyncGenerator<ParallelEvent<Scanned, number>, void, void> {
  // Only now: threads and what they need are not for nothing.
  const { runParallel } = await import('../../parallel.js');
  yield* runParallel<Part, Scanned, number>({
    module: moduleFile(module),
    tasks,
    workers,
    shared,
    failures: 'report',
    signal,
  });
}

async function* scanHere<Scanned>(
  tasks: Iterable<Part>,
  work: PartWork<Scanned>,
  { signal }: ScanCorpusOptions,
): AsyncGenerator<ParallelEvent<Scanned, number>, void, void> {
  let index = 0;
  for (const part of tasks) {
    throwIfAborted(signal);
    const scan = work.scan(part);
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
