/**
 * The outputs of a campaign on disk, in either layout: `separate/<i>`, one file an output as published, or
 * `outputs-000000.jsonl`, a thousand outputs a file.
 */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { fileError, InputError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import { decodeLeniently } from '../text-encoding.js';
import { SHARD_RECORDS, ShardedRecords } from './sharded-records.js';

export const LAYOUTS = ['separate', 'jsonl'] as const;
export type OutputLayout = (typeof LAYOUTS)[number];

export const OUTPUTS_FOLDER = 'separate';

/** Small files read at once: enough to hide the latency of a disk, few enough for any limit on open files. */
const READ_AHEAD = 64;

const outputSchema = z.strictObject({
  id: z.int().min(0),
  /** The text after the prompt, without special tokens. */
  text: z.string(),
  /** New tokens, one that ended the output included. */
  tokenCount: z.int().min(0),
  stopReason: z.enum(['length', 'stop']),
});

const logProbsSchema = z.strictObject({
  id: z.int().min(0),
  tokens: z.array(z.int().min(0)),
  /** Natural logarithms under the model itself, before temperature and filters; one a token. */
  logprobs: z.array(z.number()),
});

/** A line of `outputs-000000.jsonl`. */
export type OutputRecord = z.infer<typeof outputSchema>;
/** A line of `logprobs-000000.jsonl`. */
export type LogProbsRecord = z.infer<typeof logProbsSchema>;

/** Where the outputs of one campaign are put. */
export interface OutputStore {
  /** Numbers of the outputs that are there, ascending. */
  present(): Promise<number[]>;
  /** Announces the outputs that will be added. */
  expect(ids: readonly number[]): Promise<void>;
  /** When the promise is fulfilled, the output outlives this process. */
  add(output: OutputRecord): Promise<void>;
  /** Leaves unfinished files for a later run. */
  close(): Promise<void>;
}

export function openOutputStore(directory: string, layout: OutputLayout): OutputStore {
  return layout === 'separate' ? new SeparateOutputs(directory) : new ShardedOutputs(directory);
}

/** Token ids and their log-probabilities, beside outputs of either layout. */
export function openLogProbs(directory: string): ShardedRecords<LogProbsRecord> {
  return new ShardedRecords(directory, 'logprobs', logProbsSchema);
}

/** The layout of the outputs in a directory, as what is there shows it; undefined if there are none. */
export async function layoutOf(directory: string): Promise<OutputLayout | undefined> {
  const folder = await stat(join(directory, OUTPUTS_FOLDER)).catch(() => undefined);
  if (folder?.isDirectory()) return 'separate';
  const names = await readdir(directory).catch(() => []);
  return names.some((name) => /^outputs-\d{6,12}\.jsonl(\.part)?$/.test(name)) ? 'jsonl' : undefined;
}

/** The numbers of the finished outputs in a directory, ascending; none if it does not exist yet. */
export async function listOutputs(directory: string): Promise<number[]> {
  return (await layoutOf(directory)) === 'jsonl'
    ? new ShardedOutputs(directory).finished()
    : listSeparate(directory);
}

/** The file of an output in the published layout. */
export function outputPath(directory: string, number: number): string {
  return join(directory, OUTPUTS_FOLDER, String(number));
}

/**
 * Texts of the outputs `start` to `end`, both included, in this order. Memory holds a thousand of them at most.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND` for one that is not there
 */
export async function* readOutputs(
  directory: string,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<{ readonly id: number; readonly text: string }, void, void> {
  if ((await layoutOf(directory)) === 'jsonl') {
    yield* new ShardedOutputs(directory).read(start, end);
    return;
  }
  for (let begin = start; begin <= end; begin += READ_AHEAD) {
    const ids = Array.from({ length: Math.min(READ_AHEAD, end + 1 - begin) }, (_, i) => begin + i);
    const texts = await Promise.all(ids.map((id) => readText(outputPath(directory, id))));
    for (const [i, id] of ids.entries()) yield { id, text: texts[i]! };
  }
}

class SeparateOutputs implements OutputStore {
  constructor(readonly directory: string) {}

  present(): Promise<number[]> {
    return listSeparate(this.directory);
  }

  async expect(): Promise<void> {}

  add({ id, text }: OutputRecord): Promise<void> {
    return writeFileAtomic(outputPath(this.directory, id), text);
  }

  async close(): Promise<void> {}
}

class ShardedOutputs implements OutputStore {
  readonly #records: ShardedRecords<OutputRecord>;

  constructor(directory: string) {
    this.#records = new ShardedRecords(directory, 'outputs', outputSchema);
  }

  async finished(): Promise<number[]> {
    const ids: number[] = [];
    for await (const id of this.#records.finishedIds()) ids.push(id);
    return ascending(ids);
  }

  async present(): Promise<number[]> {
    const ids = new Set(await this.finished());
    for await (const id of this.#records.unfinishedIds()) ids.add(id);
    return ascending([...ids]);
  }

  expect(ids: readonly number[]): Promise<void> {
    return this.#records.expect(ids);
  }

  add(output: OutputRecord): Promise<void> {
    return this.#records.append(output);
  }

  close(): Promise<void> {
    return this.#records.close();
  }

  async *read(start: number, end: number): AsyncGenerator<OutputRecord, void, void> {
    let shard = new Map<number, OutputRecord>();
    for (let id = start; id <= end; id++) {
      if (id === start || id % SHARD_RECORDS === 0) shard = await this.#records.readShardOf(id);
      const output = shard.get(id);
      if (output === undefined)
        throw new InputError(
          'ERR_FILE_NOT_FOUND',
          `Expected output ${id} in ${this.#records.path(id)} but found none.`,
        );
      yield output;
    }
  }
}

async function listSeparate(directory: string): Promise<number[]> {
  const folder = join(directory, OUTPUTS_FOLDER);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw fileError('read', folder, error);
  });
  return ascending(names.filter((name) => /^(0|[1-9]\d{0,14})$/.test(name)).map(Number));
}

function ascending(ids: number[]): number[] {
  return ids.sort((a, b) => a - b);
}

async function readText(path: string): Promise<string> {
  const data = await readFile(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  return decodeLeniently(data);
}
