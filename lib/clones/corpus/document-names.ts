/** Names the documents in which blocks stand: by the map beside their file, else by their number in it. */

import { basename, dirname, join } from 'node:path';
import { readShardMap, shardMapPath } from '../../data/corpus/shard-map.js';
import { exists } from '../../files.js';
import type { CloneOccurrence } from '../clone-report.js';
import { type LineSpan, locate, readOutputsMap } from '../log/locate.js';
import type { SearchedFile } from '../searched-file.js';

type Named = { -readonly [Key in keyof CloneOccurrence]: CloneOccurrence[Key] };

interface NamedSpan extends LineSpan {
  readonly id: string;
}

/** Sets the `document` of every occurrence in a file whose documents are told apart, by a map or by separators. */
export async function nameDocuments(
  groups: readonly { readonly occurrences: readonly Named[] }[],
  {
    outputs,
    shards,
  }: { readonly outputs: readonly SearchedFile[]; readonly shards: readonly SearchedFile[] },
): Promise<void> {
  const byFile = new Map<string, Named[]>();
  for (const { occurrences } of groups) {
    for (const occurrence of occurrences) {
      const known = byFile.get(occurrence.file);
      if (known === undefined) byFile.set(occurrence.file, [occurrence]);
      else known.push(occurrence);
    }
  }
  // One file after the other: the map of a shard may be large.
  for (const file of [...outputs, ...shards]) {
    const { path } = file.input;
    const places = byFile.get(path);
    if (places === undefined) continue;
    const spans = outputs.includes(file) ? await outputsMap(path) : await shardMap(path);
    for (const place of places) {
      const name = spans === undefined ? numberOf(place, file.gaps) : locate(spans, place)[0]?.id;
      if (name !== undefined) place.document = name;
    }
  }
}

/** Documents that end before the block begins. */
function numberOf({ start }: LineSpan, gaps: readonly number[]): string | undefined {
  if (gaps.length === 0) return undefined;
  let first = 0;
  let end = gaps.length;
  while (first < end) {
    const middle = (first + end) >> 1;
    if (gaps[middle]! < start) first = middle + 1;
    else end = middle;
  }
  return String(first);
}

async function shardMap(path: string): Promise<NamedSpan[] | undefined> {
  return (await exists(shardMapPath(path))) ? readShardMap(path) : undefined;
}

/** `map_A-B.json` beside `all_A-B`, as published; undefined where there is none. */
export async function outputsMap(path: string): Promise<NamedSpan[] | undefined> {
  const name = /^all_(\d+-\d+)$/.exec(basename(path));
  if (name === null) return undefined;
  const map = join(dirname(path), `map_${name[1]}.json`);
  return (await exists(map)) ? readOutputsMap(map) : undefined;
}
