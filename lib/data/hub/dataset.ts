/** From the name of a data set on the Hugging Face hub to files with documents, downloaded into the cache. */
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InputError, throwIfAborted } from '../../errors.js';
import { CachedRepository, COMMIT, HUB_NAME } from '../../model/hub/hub-cache.js';
import { locationOf, walkFiles } from '../trees/walk.js';
import { HubClient, type HubFile, HubUnreachable } from './client.js';
import { downloadFiles, type HubEvent } from './files.js';
import { type HubOptions, type HubSettings, hubSettings } from './settings.js';

export interface Dataset {
  readonly name: string;
  readonly commit: string;
  /** In the order of their names. */
  readonly files: readonly DatasetFile[];
}

export interface DatasetFile {
  /** Within the data set, with `/`. */
  readonly name: string;
  /** Where it lies. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Where the hub has said so. */
  readonly sha256?: string;
}

/** Formats in which data sets come, the ones without losses first. */
const FORMATS = [/\.parquet$/i, /\.(jsonl|ndjson|json)(\.gz)?$/i, /\.csv(\.gz)?$/i];
/** JSON beside the data that is none. */
const METADATA = /(^|\/)(dataset_infos?|dataset_dict|state|config|package)\.json$|(^|\/)\./i;
/** How the hub itself tells the splits of a data set by the names of files. */
const TRAIN = /(^|[\W_])train(ing)?([\W_]|$)/i;
/** A path that stays below the directory that it is joined to. */
const PLAIN_PATH = /^(?!.*(^|\/)\.{0,2}(\/|$))[^\\\p{C}]+$/u;

/**
 * Pins the data set to the commit that `revision` is now and downloads the files of its training split, of all files
 * if none is named after one: Parquet, else JSON lines, else CSV. If the hub cannot be reached, a cached commit of the
 * revision is used, with a note.
 *
 * @throws InputError `ERR_DATASET_NOT_FOUND` for a name or revision that neither hub nor cache has; `ERR_FILE_FORMAT` for
 *   a data set without such files; `ERR_INVALID_OPTION`; `ERR_DOWNLOAD` if it is gated
 * @throws NativeError `ERR_DOWNLOAD` if the hub cannot be reached or sends something else
 */
export async function* resolveDataset(
  name: string,
  options: HubOptions = {},
): AsyncGenerator<HubEvent, Dataset, void> {
  const settings = hubSettings(options, 'resolveDataset');
  const { revision, signal, endpoint, token } = settings;
  if (!isDatasetName(name))
    throw new InputError(
      'ERR_DATASET_NOT_FOUND',
      `Expected the name of a data set such as org/name but received ${JSON.stringify(name)}.`,
    );
  const cached = new CachedRepository(settings.cacheDirectory, 'dataset', name);
  if (settings.localFilesOnly) return yield* fromCache(name, cached, settings);

  const client = new HubClient({ endpoint, token, kind: 'dataset', name, revision }, signal);
  throwIfAborted(signal);
  let commit: string;
  let listed: ReadonlyMap<string, HubFile>;
  try {
    commit = COMMIT.test(revision) ? revision : await client.commit();
    listed = await client.files(commit, true);
  } catch (error) {
    if (!(error instanceof HubUnreachable) || (await cached.commitOf(revision)) === undefined) throw error;
    yield { type: 'note', message: `${error.message} Going on with the cached copy.` };
    return yield* fromCache(name, cached, settings);
  }
  const chosen = chooseFiles([...listed.keys()], name);
  yield* tellChoice(chosen, name);
  const files = chosen.names.map((path) => listed.get(path)!);
  yield* downloadFiles(client, cached, commit, files, settings.retryDelayMs);
  await cached.remember(revision, commit);
  return {
    name,
    commit,
    files: files.map(({ path, sizeBytes, etag }) => ({
      name: path,
      path: join(cached.snapshot(commit), path),
      sizeBytes,
      ...(etag.length === 64 ? { sha256: etag } : {}),
    })),
  };
}

/** Whether something on the hub may be called so. */
export function isDatasetName(name: string): boolean {
  return HUB_NAME.test(name);
}

/** What the cache has of a commit: Python's cache does not say whether that is all. */
async function* fromCache(
  name: string,
  cached: CachedRepository,
  { revision, cacheDirectory }: HubSettings,
): AsyncGenerator<HubEvent, Dataset, void> {
  const commit = await cached.commitOf(revision);
  const directory = commit === undefined ? '' : cached.snapshot(commit);
  const found = await stat(directory).catch(() => undefined);
  if (commit === undefined || found === undefined)
    throw new InputError(
      'ERR_DATASET_NOT_FOUND',
      `Expected revision ${revision} of the data set ${name} in the cache ${cacheDirectory} but found none.`,
      { remedy: 'Run it once without --local-files-only and HF_HUB_OFFLINE, or give files.' },
    );
  const files = new Map<string, DatasetFile>();
  for await (const file of walkFiles(directory, { hidden: false })) {
    const etag = basename(await realpath(locationOf(file)));
    files.set(file.name, { ...file, ...(/^[0-9a-f]{64}$/.test(etag) ? { sha256: etag } : {}) });
  }
  const chosen = chooseFiles([...files.keys()], name);
  yield* tellChoice(chosen, name);
  yield {
    type: 'note',
    message: `Taking the ${chosen.names.length} files of ${name} that are in the cache; it does not say whether these are all.`,
  };
  return { name, commit, files: chosen.names.map((path) => files.get(path)!) };
}

interface Choice {
  readonly names: readonly string[];
  /** Of other splits. */
  readonly left: number;
}

function chooseFiles(listed: readonly string[], name: string): Choice {
  const paths = listed.filter((path) => PLAIN_PATH.test(path) && !METADATA.test(path));
  for (const format of FORMATS) {
    const all = paths.filter((path) => format.test(path)).sort();
    const train = all.filter((path) => TRAIN.test(path));
    const names = train.length > 0 ? train : all;
    if (names.length > 0) return { names, left: all.length - names.length };
  }
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected Parquet, JSON-lines or CSV files in the data set ${name} but found none.`,
    { remedy: 'Download it yourself, and give its files or a directory.' },
  );
}

function* tellChoice({ names, left }: Choice, name: string): Generator<HubEvent, void> {
  if (left === 0) return;
  const message = `Taking the ${names.length} files of ${name} that are named after a training split; ${left} others are not.`;
  yield { type: 'note', message };
}
