/** The map of a shard, `<shard>.documents.jsonl`: which document stands where. */

import * as z from 'zod';
import { readJsonLines } from '../text/json-lines.js';

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

/** The documents of a shard that `buildShard` wrote, in order. */
export async function readShardMap(shard: string): Promise<ShardEntry[]> {
  const entries: ShardEntry[] = [];
  for await (const entry of streamShardMap(shard)) entries.push(entry);
  return entries;
}

/** {@link readShardMap}, one document at a time. */
export function streamShardMap(shard: string): AsyncGenerator<ShardEntry, void> {
  return readJsonLines(shardMapPath(shard), entrySchema);
}
