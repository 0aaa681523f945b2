/** The shards that somebody means: a built corpus by its directory, or files by name, among which a glob puts metadata. */

import { basename, dirname, join } from 'node:path';
import { InputError } from '../../errors.js';
import { exists, isDirectory } from '../../files.js';
import type { OnLeftOut } from '../left-out.js';
import { RUN_MANIFEST_FILE } from '../outputs/run-manifest.js';
import { CORPUS_MANIFEST_FILE, type CorpusManifest, readCorpusManifest, SHARD_NAME } from './manifest.js';
import { SHARD_MAP_ENDING, shardMapPath } from './shard-map.js';

/**
 * Files in the order given; in place of a directory that `buildCorpus` filled its shards in their order. What describes
 * a corpus is no text of it: its `corpus.json`, `run.json` and maps are left out, and told.
 *
 * @throws InputError `ERR_FILE_FORMAT` for a corpus that is not finished, and
 *   where nothing but metadata was named
 */
export async function findShards(paths: readonly string[], onLeftOut?: OnLeftOut): Promise<string[]> {
  const shards: string[] = [];
  for (const path of paths) {
    if (await isDirectory(path)) shards.push(...((await shardsOfCorpus(path)) ?? [path]));
    else if (await isMetadata(path)) onLeftOut?.('metadata', path);
    else shards.push(path);
  }
  if (shards.length > 0 || paths.length === 0) return shards;
  throw onlyDescribes(...paths);
}

/**
 * The shards that an input stands for: those of a corpus' directory, or itself if it is one of them. Undefined for any
 * other file or directory.
 *
 * @throws InputError `ERR_FILE_FORMAT` for a corpus that is not finished, and for what only describes one
 */
export async function shardsOf(path: string): Promise<string[] | undefined> {
  if (await isDirectory(path)) return shardsOfCorpus(path);
  if (await isMetadata(path)) throw onlyDescribes(path);
  return (await isShard(path)) ? [path] : undefined;
}

/** Whether a file is one of the shards that `corpus.json` beside it speaks of, or has a map beside it, as `buildShard` leaves it. */
export async function isShard(path: string): Promise<boolean> {
  const name = basename(path);
  if (!SHARD_NAME.test(name)) return false;
  if (await exists(shardMapPath(path))) return true;
  return (await manifestBeside(path))?.shards.some((shard) => shard.name === name) ?? false;
}

/** Undefined for another directory. */
async function shardsOfCorpus(directory: string): Promise<string[] | undefined> {
  const manifest = await readCorpusManifest(directory);
  if (manifest === undefined) return undefined;
  if (!manifest.complete)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a finished corpus in ${directory} but it has only its first ${manifest.shards.length} shards.`,
      { remedy: 'Run the same lethe corpus build again to go on, or name its shards one by one.' },
    );
  return manifest.shards.map(({ name }) => join(directory, name));
}

/** Whether a file says of shards beside it what they are, and holds no text itself. */
export async function isMetadata(path: string): Promise<boolean> {
  const name = basename(path);
  if (name.endsWith(SHARD_MAP_ENDING)) return exists(path.slice(0, -SHARD_MAP_ENDING.length));
  if (name !== CORPUS_MANIFEST_FILE && name !== RUN_MANIFEST_FILE) return false;
  return (await manifestBeside(path)) !== undefined;
}

/** A `corpus.json` that is none of ours is a file like others. */
async function manifestBeside(path: string): Promise<CorpusManifest | undefined> {
  return readCorpusManifest(dirname(path)).catch(() => undefined);
}

function onlyDescribes(...paths: readonly string[]): InputError {
  return new InputError(
    'ERR_FILE_FORMAT',
    `Expected shards of a corpus but ${paths.join(', ')} only ${paths.length === 1 ? 'describes' : 'describe'} one.`,
    { remedy: "Name the corpus' directory, or its shards 0, 1, ..." },
  );
}
