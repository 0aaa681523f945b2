/** What a corpus is made from: files and directories by their paths, data sets of the hub by their names, with digests. */
import { stat } from 'node:fs/promises';
import { shardsOf } from '../../data/corpus/find-shards.js';
import { isDatasetName, resolveDataset } from '../../data/hub/dataset.js';
import type { HubEvent } from '../../data/hub/files.js';
import type { HubOptions } from '../../data/hub/settings.js';
import { walkTree } from '../../data/trees/source-tree.js';
import type { FullTreeOptions } from '../../data/trees/tree-options.js';
import { fileError, InputError, throwIfAborted } from '../../errors.js';
import { moduleFile } from '../../package.js';
import { runParallel } from '../../parallel.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { digestSource } from './digest.js';
import type { CorpusTask, CorpusTaskResult } from './worker.js';

export const CORPUS_WORKER = moduleFile('clones/corpus/worker.js');

export interface CorpusSource {
  /** As given; of a data set `org/name@commit/file`. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'file' | 'tree';
  readonly sizeBytes: number;
  /** Of a tree that of its files that are taken by name and size, as `sha256sum` prints them. */
  readonly sha256: string;
}

type FoundSource = Omit<CorpusSource, 'sha256' | 'sizeBytes'> & {
  readonly sha256?: string | undefined;
  /** Of a tree it takes a walk. */
  readonly sizeBytes?: number | undefined;
};

/**
 * Finds the sources, downloads those of the hub, and digests what has no digest yet.
 *
 * @throws InputError for a source that is neither a path nor a data set of the hub; what {@link resolveDataset} throws
 */
export async function* openSources(
  names: readonly string[],
  {
    workers,
    tree,
    ...hub
  }: HubOptions & { readonly workers?: number | undefined; readonly tree: FullTreeOptions },
): AsyncGenerator<HubEvent | ProgressEvent, CorpusSource[], void> {
  const found: (FoundSource & Pick<CorpusSource, 'sizeBytes'>)[] = [];
  for (const source of yield* findSources(names, hub))
    found.push({ ...source, sizeBytes: source.sizeBytes ?? (await sizeOfTree(source.path, tree)) });
  const missing = found.filter(({ sha256 }) => sha256 === undefined);
  const digests = yield* digestAll(missing, tree, workers, hub.signal);
  return found.map((source) => ({ ...source, sha256: source.sha256 ?? digests.get(source.path)! }));
}

/** Finds the sources, and downloads those of the hub. @throws InputError as {@link openSources} */
export async function* findSources(
  names: readonly string[],
  hub: HubOptions,
): AsyncGenerator<HubEvent, FoundSource[], void> {
  const found: FoundSource[] = [];
  for (const name of names) found.push(...(yield* findSource(name, hub)));
  return found;
}

async function* findSource(
  name: string,
  hub: HubOptions,
): AsyncGenerator<HubEvent, readonly FoundSource[], void> {
  const there = await stat(name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && isDatasetName(name) && !FILE_NAME.test(name)) return undefined;
    throw fileError('read', name, error);
  });
  if (there === undefined) {
    const { commit, files } = yield* resolveDataset(name, hub);
    return files.map(({ name: file, ...rest }) => ({
      ...rest,
      kind: 'file' as const,
      name: `${name}@${commit}/${file}`,
    }));
  }
  const regular = there.isFile() || there.isDirectory();
  const shards = regular ? await shardsOf(name) : undefined;
  if (shards !== undefined) return Promise.all(shards.map(describeFile));
  if (there.isFile()) return [await describeFile(name)];
  if (!there.isDirectory())
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a file, a directory or a data set of the hub but ${name} is a pipe or a device.`,
      { remedy: 'Write it into a file first: a corpus is read twice.' },
    );
  return [{ name, path: name, kind: 'tree' }];
}

async function sizeOfTree(path: string, tree: FullTreeOptions): Promise<number> {
  let sizeBytes = 0;
  for await (const file of walkTree(path, tree)) sizeBytes += file.sizeBytes;
  return sizeBytes;
}

async function describeFile(path: string): Promise<FoundSource> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  return { name: path, path, kind: 'file', sizeBytes: size };
}

/** A mistyped file is none of the hub's. */
const FILE_NAME = /\.(jsonl|ndjson|json|csv|parquet|gz|txt)$/i;

/** Less is digested before threads have started. */
const THREADS_PAY_BYTES = 2 ** 26;

/** SHA-256 by path, several at a time. */
async function* digestAll(
  sources: readonly Pick<CorpusSource, 'path' | 'kind' | 'sizeBytes'>[],
  tree: FullTreeOptions | undefined,
  workers: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ProgressEvent, ReadonlyMap<string, string>, void> {
  const digests = new Map<string, string>();
  const total = sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let done = 0;
  if (total < THREADS_PAY_BYTES) {
    for (const { path, kind } of sources) {
      throwIfAborted(signal);
      digests.set(path, await digestSource(path, kind === 'tree' ? tree : undefined));
    }
    return digests;
  }
  const tasks = sources.map(
    ({ path, kind }): CorpusTask => ({ type: 'digest', path, tree: kind === 'tree' ? tree : undefined }),
  );
  const events = runParallel<CorpusTask, CorpusTaskResult>({ module: CORPUS_WORKER, tasks, workers, signal });
  for await (const event of events) {
    if (event.type !== 'result' || event.result.type !== 'digest') continue;
    const { path, sizeBytes } = sources[event.index]!;
    digests.set(path, event.result.sha256);
    done += sizeBytes;
    yield progress('digest sources', done, total, 'bytes');
  }
  return digests;
}

/** {@link digestAll} of files that need not be there: these are missing in the result. */
export async function* digestExisting(
  paths: readonly string[],
  workers: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ProgressEvent, ReadonlyMap<string, string>, void> {
  const there: Pick<CorpusSource, 'path' | 'kind' | 'sizeBytes'>[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) there.push({ path, kind: 'file', sizeBytes: found.size });
  }
  return yield* digestAll(there, undefined, workers, signal);
}
