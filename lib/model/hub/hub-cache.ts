/**
 * The cache that Python's huggingface_hub keeps, read and written in its layout, so that neither downloads
 * what the other has: `models--org--name/` and
 * `datasets--org--name/` with `refs/<revision>` (a commit), `snapshots/<commit>/<file>` (links) and
 * `blobs/<etag>` (contents).
 */
import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileError, LetheError } from '../../errors.js';
import { exists, writeFileAtomic } from '../../files.js';
import { readWeightMap, shardsOf, WEIGHT_FORMATS } from '../weights/stored-tensors.js';

export const COMMIT = /^[0-9a-f]{40}$/;

/** The hub's rule, and what keeps a name from being a path. */
export const HUB_NAME = /^(?!.*(\.\.|--))[A-Za-z0-9_][\w.-]{0,95}(\/[A-Za-z0-9_][\w.-]{0,95})?$/;

/** What lies on the hub. */
export type HubKind = 'model' | 'dataset';

/** The name and the commit that a model's snapshot stands for; undefined for another directory. */
export function modelOfSnapshot(directory: string): { name: string; commit: string } | undefined {
  const [folder = '', snapshots, commit = ''] = resolve(directory).split(sep).slice(-3);
  // Names hold no `--`.
  const name = /^models--(.+)$/.exec(folder)?.[1]?.replace('--', '/');
  if (name === undefined || snapshots !== 'snapshots' || !COMMIT.test(commit)) return undefined;
  return { name, commit };
}

/** One model's or data set's part of the cache. */
export class CachedRepository {
  readonly #folder: string;

  constructor(
    readonly cacheDirectory: string,
    kind: HubKind,
    name: string,
  ) {
    this.#folder = join(cacheDirectory, `${kind}s--${name.replace('/', '--')}`);
  }

  /** The directory that holds the files of a commit, whether it exists or not. */
  snapshot(commit: string): string {
    return join(this.#folder, 'snapshots', commit);
  }

  blob(etag: string): string {
    return join(this.#folder, 'blobs', etag);
  }

  /** The commit that a branch or tag had when it was last looked up; undefined if it never was. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (COMMIT.test(revision)) return revision;
    const text = await readFile(join(this.#folder, 'refs', revision), 'utf8').catch(() => '');
    return COMMIT.test(text.trim()) ? text.trim() : undefined;
  }

  /** The directory of a revision of a model that can be loaded as it is; undefined if there is none. */
  async find(revision: string): Promise<string | undefined> {
    const commit = await this.commitOf(revision);
    if (commit === undefined) return undefined;
    const directory = this.snapshot(commit);
    return (await isWhole(directory)) ? directory : undefined;
  }

  async remember(revision: string, commit: string): Promise<void> {
    // An unchanged cache needs no right to write to it.
    if ((await this.commitOf(revision)) === commit) return;
    await writeFileAtomic(join(this.#folder, 'refs', revision), commit);
  }

  async has(commit: string, file: string): Promise<boolean> {
    return exists(join(this.snapshot(commit), file));
  }

  /** Makes the blob the content of a file of the commit: a relative link where links can be made. */
  async link(commit: string, file: string, etag: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    try {
      await mkdir(dirname(path), { recursive: true });
      await rm(path, { force: true });
      const target = relative(dirname(path), this.blob(etag));
      await symlink(target, path).catch(() => rename(this.blob(etag), path));
    } catch (error) {
      throw fileError('write', path, error);
    }
  }
}

/** Whether the configuration and all weights are there. Weights are downloaded last, so the tokenizer is as well. */
async function isWhole(directory: string): Promise<boolean> {
  if (!(await exists(join(directory, 'config.json')))) return false;
  for (const { file, extension } of WEIGHT_FORMATS) {
    if (await exists(join(directory, file))) return true;
    const index = join(directory, `${file}.index.json`);
    if (!(await exists(index))) continue;
    try {
      const shards = shardsOf(await readWeightMap(index, extension));
      const present = await Promise.all(shards.map((shard) => exists(join(directory, shard))));
      return present.every(Boolean);
    } catch (error) {
      if (error instanceof LetheError) return false;
      throw error;
    }
  }
  return false;
}
