/**
 * The course of every search: all files are looked at, the outputs are read, then the corpus is scanned once. What is
 * looked for is the business of a {@link Search}.
 */
import { availableParallelism } from 'node:os';
import { type LetheError, throwIfAborted } from '../../errors.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { openInputs, readChunks, type TextInput } from '../lines/text-input.js';
import { type CorpusWork, type JoinedParts, scanCorpus } from './scan-corpus.js';

export interface SearchFilesOptions {
  /** Files of model outputs (the small side), e.g. one `all_0-19999`; text, compressed or not. */
  readonly outputs: readonly string[];
  /** Corpus shards; text, compressed or not. */
  readonly shards: readonly string[];
  /**
   * Threads, >= 1. Default: the cores that this process may use, fewer for a corpus that is too small to be worth it.
   * Never shows in the result.
   */
  readonly workers?: number | undefined;
  /** Bytes read at a time. Default 2 MiB. Never shows in the result. */
  readonly chunkBytes?: number | undefined;
  /**
   * Bytes of a shard that are one piece of work. Default 8 to 64 MiB, by the size of the corpus, or all of it if there is
   * one thread. Never shows in the result.
   */
  readonly partBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Called in this order. */
export interface Search<Scanned, File extends JoinedParts<Scanned>> {
  /** All files can be opened. */
  open?(outputs: readonly TextInput[]): void;
  /** The outputs, one after the other. */
  startOutput(input: TextInput): void;
  pushOutput(bytes: Uint8Array): void;
  endOutput(): void;
  /** All outputs are read. */
  begin(chunkBytes: number): CorpusWork<Scanned, File>;
  /** A whole shard, in any order. */
  takeShard(input: TextInput, file: File): void | Promise<void>;
}

/** A shard that could not be searched; the others were. */
export interface FailedShard {
  readonly file: string;
  readonly error: LetheError;
}

export interface CloneWarningEvent {
  readonly type: 'warning';
  readonly message: string;
}

/** Returns the shards that could not be read, in the order given. @throws InputError if that is all of them */
export async function* searchFiles<Scanned, File extends JoinedParts<Scanned>>(
  { outputs, shards, workers, chunkBytes = 2 ** 21, partBytes, signal }: SearchFilesOptions,
  search: Search<Scanned, File>,
): AsyncGenerator<ProgressEvent | CloneWarningEvent, FailedShard[], void> {
  const inputs = await openInputs(outputs, shards);
  search.open?.(inputs.outputs);
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

  for (const input of inputs.outputs) {
    search.startOutput(input);
    for await (const { bytes, diskBytes } of readChunks(input, chunkBytes)) {
      throwIfAborted(signal);
      search.pushOutput(bytes);
      yield advance(input, diskBytes);
    }
    search.endOutput();
  }

  const threads = workers ?? worthwhileWorkers(inputs.shards);
  const scan = scanCorpus(inputs.shards, search.begin(chunkBytes), {
    workers: threads,
    partBytes: partBytes ?? worthwhilePart(inputs.shards, threads),
    signal,
  });
  for await (const event of scan) {
    if (event.type === 'bytes') yield advance(event.input, event.bytes);
    else if (event.type === 'failed') yield fail(event.input.path, event.error);
    else await search.takeShard(event.input, event.file);
  }
  if (failures.size === shards.length) throw failures.get(shards[0]!)!;
  throwIfAborted(signal);
  return shards.filter((file) => failures.has(file)).map((file) => ({ file, error: failures.get(file)! }));
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
