/**
 * Numbered records as JSON lines, a thousand numbers a file: `<name>-000000.jsonl` holds 0 to 999. Records come in any
 * order over a long time; a file takes its name, sorted by number, once the numbers that were announced are in it.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import { openResumableJsonLines, type ResumableJsonLines } from '../data/outputs/resumable-json-lines.js';
import { parseRecord, readJsonLines, writeJsonLines } from '../data/text/json-lines.js';
import { readLines } from '../data/text/lines.js';
import { fileError } from '../errors.js';

/** Numbers of one file. */
export const SHARD_RECORDS = 1000;

/** What the records of a directory were made from is written in its campaign.json, which is checked first. */
const RUN_KEY = 'campaign';

export interface NumberedRecord {
  readonly id: number;
}

export class ShardedRecords<T extends NumberedRecord> {
  readonly #open = new Map<number, Promise<ResumableJsonLines<T>>>();
  /** Records that are still to come, by file. */
  readonly #awaited = new Map<number, number>();

  constructor(
    readonly directory: string,
    /** Of the files, e.g. `outputs`. */
    readonly name: string,
    readonly schema: z.ZodType<T>,
  ) {}

  /** The file that holds a number. */
  path(id: number): string {
    return this.#pathOf(Math.floor(id / SHARD_RECORDS));
  }

  /** Numbers in the finished files, unordered. */
  async *finishedIds(): AsyncGenerator<number, void> {
    for (const shard of await this.#shards('jsonl')) {
      const path = this.#pathOf(shard);
      for await (const { number, text } of readLines(path)) {
        // Ours begin so: a number is found without reading the rest of a long line.
        const known = /^\{"id":(\d{1,15}),/.exec(text)?.[1];
        yield known === undefined
          ? parseRecord(text, this.schema, `${path} line ${number}`).id
          : Number(known);
      }
    }
  }

  /** Numbers that an interrupted run left in unfinished files; a line that was torn is dropped. */
  async *unfinishedIds(): AsyncGenerator<number, void> {
    for (const shard of await this.#shards('jsonl.part')) {
      await using file = await this.#openPart(shard);
      for await (const { id } of file.records()) yield id;
    }
  }

  /** Records of a finished file by number: at most {@link SHARD_RECORDS}. Empty if there is none. */
  async readShardOf(id: number): Promise<Map<number, T>> {
    return this.#readFinished(Math.floor(id / SHARD_RECORDS));
  }

  /** Announces the numbers that will be appended, and finishes files of which none is awaited any more. */
  async expect(ids: Iterable<number>): Promise<void> {
    for (const id of ids) {
      const shard = Math.floor(id / SHARD_RECORDS);
      this.#awaited.set(shard, (this.#awaited.get(shard) ?? 0) + 1);
    }
    for (const shard of await this.#shards('jsonl.part'))
      if (!this.#awaited.has(shard)) await this.#finish(shard);
  }

  /** Adds a record that was announced. When the promise is fulfilled, the record outlives this process. */
  async append(record: T): Promise<void> {
    const shard = Math.floor(record.id / SHARD_RECORDS);
    const file = await this.#fileOf(shard);
    await file.append(record);
    const left = this.#awaited.get(shard)! - 1;
    this.#awaited.set(shard, left);
    if (left === 0) await this.#finish(shard);
  }

  /** Leaves unfinished files for a later run. */
  async close(): Promise<void> {
    const files = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const file of files) if (file.status === 'fulfilled') await file.value.close();
  }

  #pathOf(shard: number): string {
    return join(this.directory, `${this.name}-${String(shard).padStart(6, '0')}.jsonl`);
  }

  async #shards(extension: string): Promise<number[]> {
    const pattern = new RegExp(`^${this.name}-(\\d{6,12})\\.${extension}$`);
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw fileError('read', this.directory, error);
    });
    const shards = names.flatMap((name) => {
      const found = pattern.exec(name);
      return found === null ? [] : [Number(found[1])];
    });
    return shards.sort((a, b) => a - b);
  }

  #fileOf(shard: number): Promise<ResumableJsonLines<T>> {
    const open = this.#open.get(shard) ?? this.#openPart(shard);
    this.#open.set(shard, open);
    return open;
  }

  #openPart(shard: number): Promise<ResumableJsonLines<T>> {
    return openResumableJsonLines(this.#pathOf(shard), this.schema, RUN_KEY);
  }

  async #readFinished(shard: number): Promise<Map<number, T>> {
    const records = new Map<number, T>();
    if (!(await this.#shards('jsonl')).includes(shard)) return records;
    for await (const record of readJsonLines(this.#pathOf(shard), this.schema))
      records.set(record.id, record);
    return records;
  }

  /** The file of earlier runs and what came since become one; between the two steps a crash leaves both, which is no harm. */
  async #finish(shard: number): Promise<void> {
    const file = await this.#fileOf(shard);
    this.#open.delete(shard);
    const records = await this.#readFinished(shard);
    for await (const record of file.records()) records.set(record.id, record);
    await file.close();
    const path = this.#pathOf(shard);
    await writeJsonLines(
      path,
      [...records.values()].sort((a, b) => a.id - b.id),
    );
    for (const left of [`${path}.part`, `${path}.part.key`]) {
      await rm(left, { force: true }).catch((error: unknown) => {
        throw fileError('write', left, error);
      });
    }
  }
}
