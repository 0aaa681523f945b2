/** `corpus.json`: what the shards of a corpus were made from, and how each of them is recognised. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { describeIssue } from '../../check.js';
import { fileError, InputError } from '../../errors.js';
import { readOptionalJsonFile, writeFileAtomic } from '../../files.js';
import { leftOutSchema } from '../left-out.js';
import { treeOptionsSchema } from '../trees/tree-options.js';

export const CORPUS_MANIFEST_FILE = 'corpus.json';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Of a shard's file: `0`, `1`, ...; `0.gz` where they are gzip'd. */
export const SHARD_NAME = /^\d+(\.gz)?$/;

const shardSchema = z.strictObject({
  name: z.string().regex(SHARD_NAME),
  documents: count,
  lines: count,
  /** Of the file as it lies on disk, as its digest is. */
  bytes: count,
  sha256,
  /** After its last document: so many of this source, and all sources before it. */
  through: z.strictObject({ source: count, documents: count }),
});

const manifestSchema = z.strictObject({
  version: z.literal(1),
  options: z.strictObject({
    documentsPerShard: z.int().min(1),
    /** Null: `text`, or else `content`. */
    textField: z.string().nullable(),
    gzip: z.boolean(),
    /** Of sources that are directories. Corpora of before these could be chosen had the defaults. */
    tree: treeOptionsSchema.prefault({}),
  }),
  sources: z.array(z.strictObject({ name: z.string(), sizeBytes: count, sha256 })),
  /** Sums over the shards. */
  documents: count,
  lines: count,
  bytes: count,
  /** Whether these are all shards of the sources. */
  complete: z.boolean(),
  /** What was met in the sources and is in no shard. */
  leftOut: leftOutSchema.default({}),
  shards: z.array(shardSchema),
});

export type CorpusManifest = z.infer<typeof manifestSchema>;
export type CorpusShard = z.infer<typeof shardSchema>;

/** @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL` */
export async function writeCorpusManifest(
  directory: string,
  manifest: Pick<CorpusManifest, 'options' | 'sources' | 'shards' | 'complete' | 'leftOut'>,
): Promise<CorpusManifest> {
  const { options, sources, shards, complete, leftOut } = manifest;
  const sum = (key: 'documents' | 'lines' | 'bytes') =>
    shards.reduce((total, shard) => total + shard[key], 0);
  const sums = { documents: sum('documents'), lines: sum('lines'), bytes: sum('bytes') };
  const whole: CorpusManifest = { version: 1, options, sources, ...sums, complete, leftOut, shards };
  await writeFileAtomic(join(directory, CORPUS_MANIFEST_FILE), `${JSON.stringify(whole, null, 2)}\n`);
  return whole;
}

/** Undefined if the directory has none. @throws InputError `ERR_FILE_READ`; `ERR_FILE_FORMAT` if it is no manifest */
export async function readCorpusManifest(directory: string): Promise<CorpusManifest | undefined> {
  const path = join(directory, CORPUS_MANIFEST_FILE);
  const value = await readOptionalJsonFile(path);
  if (value === undefined) return undefined;
  const result = manifestSchema.safeParse(value);
  if (!result.success)
    throw new InputError('ERR_FILE_FORMAT', describeIssue(result.error.issues[0]!, value, path));
  const shards = result.data.shards.map(({ name }) => name);
  const wrong = shards.findIndex((name, i) => name !== shardName(i, result.data.options.gzip));
  if (wrong === -1) return result.data;
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected shard ${shardName(wrong, result.data.options.gzip)} in ${path} but found ${shards[wrong]}.`,
  );
}

export function shardName(index: number, gzip: boolean): string {
  return `${index}${gzip ? '.gz' : ''}`;
}

/** Removes shards, their maps and the manifest. @throws InputError `ERR_FILE_WRITE` */
export async function clearShards(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const ours = names.filter((name) => /^\d+(\.gz|\.documents\.jsonl)?$/.test(name));
  // The manifest goes last: what is left of an interruption is still known for what it is.
  for (const name of [...ours, CORPUS_MANIFEST_FILE])
    await rm(join(directory, name), { force: true }).catch((error: unknown) => {
      throw fileError('write', join(directory, name), error);
    });
}

/** Shards that no manifest speaks of are someone else's. @throws InputError `ERR_RUN_MISMATCH` */
export async function refuseForeignShards(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw fileError('read', directory, error);
  });
  const foreign = names.find((name) => SHARD_NAME.test(name));
  if (foreign === undefined) return;
  throw new InputError(
    'ERR_RUN_MISMATCH',
    `Expected a directory without shards, or with ${CORPUS_MANIFEST_FILE}, but found ${join(directory, foreign)}.`,
    { remedy: 'Build into another directory, or replace them with --force.' },
  );
}
