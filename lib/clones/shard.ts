/** Corpus shards in the published format, each with a map that says which document stands where. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { check } from '../check.js';
import { fileError, InputError, throwIfAborted } from '../errors.js';
import { writeTextAtomic } from '../files.js';
import { shardDocument } from '../sampling/published-text.js';
import type { LineSpan } from './locate.js';

/** The part of a `Document` that a shard keeps. */
export interface ShardSource {
  readonly id: string;
  readonly text: string;
  readonly path?: string;
}

/** A document of a shard: its 1-based lines there, as clone detection counts them, its md5 line included. */
export interface ShardEntry extends LineSpan {
  readonly id: string;
  readonly md5: string;
  readonly path?: string | undefined;
}

export interface ShardResult {
  readonly path: string;
  /** `<path>.documents.jsonl`: one {@link ShardEntry} a line, in the order of the shard. */
  readonly mapPath: string;
  readonly documents: number;
  readonly lines: number;
}

const entrySchema = z.strictObject({
  id: z.string(),
  md5: z.string(),
  start: z.int().min(1),
  end: z.int().min(1),
  path: z.string().optional(),
});

/**
 * Writes a shard: of every document the lines that are not empty, an empty line, and a line with the md5 of the
 * former, as the published `cache_data` does (100 000 documents a shard there).
 */
export async function buildShard(
  documents: Iterable<ShardSource> | AsyncIterable<ShardSource>,
  path: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ShardResult> {
  const entries: ShardEntry[] = [];
  let lines = 0;
  async function* shardText() {
    for await (const { id, text: source, path: origin } of documents) {
      throwIfAborted(signal);
      const { text, md5 } = shardDocument(source);
      const start = lines + 1;
      lines += countLines(text);
      entries.push({ id, md5, start, end: lines, ...(origin === undefined ? {} : { path: origin }) });
      yield text;
    }
  }
  await writeTextAtomic(path, shardText());
  const mapPath = shardMapPath(path);
  await writeTextAtomic(mapPath, jsonLines(entries));
  return { path, mapPath, documents: entries.length, lines };
}

/** Where the map of a shard lies. */
export function shardMapPath(shard: string): string {
  return `${shard}.documents.jsonl`;
}

/** The documents of a shard that {@link buildShard} wrote, in order. */
export async function readShardMap(shard: string): Promise<ShardEntry[]> {
  const path = shardMapPath(shard);
  const entries: ShardEntry[] = [];
  const input = createReadStream(path);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      entries.push(check(entrySchema, parse(line), `line ${entries.length + 1} of ${path}`));
    }
    if (input.errored) throw input.errored;
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error);
  } finally {
    input.destroy();
  }
  return entries;
}

/** Anything but JSON fails the check of the entry's shape. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

function* jsonLines(records: Iterable<object>): Generator<string, void, void> {
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

/** Lines of a text that ends with \n; \r and \r\n end lines too. */
function countLines(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
