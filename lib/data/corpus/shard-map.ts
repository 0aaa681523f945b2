/** The map of a shard, `<shard>.documents.jsonl`: which document stands where. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { check } from '../../check.js';
import { fileError, InputError } from '../../errors.js';

/** A document of a shard: its 1-based lines there, as clone detection counts them, its md5 line included. */
export interface ShardEntry {
  readonly start: number;
  readonly end: number;
  readonly id: string;
  readonly md5: string;
  readonly path?: string | undefined;
  readonly licence?: string | undefined;
}

export const entrySchema = z.strictObject({
  id: z.string(),
  md5: z.string(),
  start: z.int().min(1),
  end: z.int().min(1),
  path: z.string().optional(),
  licence: z.string().optional(),
});

export const SHARD_MAP_ENDING = '.documents.jsonl';

/** Where the map of a shard lies. */
export function shardMapPath(shard: string): string {
  return `${shard}${SHARD_MAP_ENDING}`;
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
