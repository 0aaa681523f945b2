/** From what a user calls a model, a directory or a name on the Hugging Face hub, to a directory that can be loaded. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, NativeError, throwIfAborted } from '../../errors.js';
import { CachedRepository, COMMIT, HUB_NAME } from '../../model/hub/hub-cache.js';
import { TOKENIZER_FILES } from '../../model/tokenizer/files/tokenizer-files.js';
import { readWeightMap, shardsOf, WEIGHT_FORMATS } from '../../model/weights/stored-tensors.js';
import { HubClient, type HubFile, HubUnreachable } from './client.js';
import { downloadFiles, type HubEvent } from './files.js';
import { type HubOptions, hubSettings } from './settings.js';

export type ResolveModelOptions = HubOptions;
export type ResolveModelEvent = HubEvent;

/** Of a model beside its weights, what there is of these. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  ...TOKENIZER_FILES,
  'chat_template.jinja',
] as const;

/**
 * Returns the path of a model directory. An existing directory is returned as it is. Any other `nameOrDirectory` is a
 * name on the hub, `org/name`: it is pinned to the commit that `revision` is now, looked up in the cache, and what is
 * missing of configuration, tokenizer and weights is downloaded: safetensors, or `pytorch_model.bin` if there are
 * none. If the hub cannot be reached, a cached commit of the revision is used, with a note.
 *
 * @throws InputError `ERR_MODEL_NOT_FOUND` for a name or revision that neither hub nor cache has;
 * `ERR_INVALID_OPTION`; `ERR_DOWNLOAD` if the model is gated
 * @throws NativeError `ERR_DOWNLOAD` if the hub cannot be reached or sends something else
 */
export async function* resolveModel(
  nameOrDirectory: string,
  options: ResolveModelOptions = {},
): AsyncGenerator<ResolveModelEvent, string, void> {
  const settings = hubSettings(options, 'resolveModel');
  const { revision, signal } = settings;

  const found = await stat(nameOrDirectory).catch(() => undefined);
  if (found?.isDirectory()) return nameOrDirectory;
  if (found !== undefined || !HUB_NAME.test(nameOrDirectory)) {
    throw new InputError(
      'ERR_MODEL_NOT_FOUND',
      `Expected a model directory, or a name of the hub such as org/name, but found ${found ? 'the file' : 'no'} ${nameOrDirectory}.`,
    );
  }

  const cached = new CachedRepository(settings.cacheDirectory, 'model', nameOrDirectory);
  if (settings.localFilesOnly || COMMIT.test(revision)) {
    const directory = await cached.find(revision);
    if (directory !== undefined) return directory;
    if (settings.localFilesOnly) throw notCached(nameOrDirectory, revision, cached);
  }

  const { endpoint, token } = settings;
  const address = { endpoint, token, kind: 'model', name: nameOrDirectory, revision } as const;
  const client = new HubClient(address, signal);
  throwIfAborted(signal);
  let commit: string;
  try {
    commit = await client.commit();
  } catch (error) {
    if (!(error instanceof HubUnreachable)) throw error;
    const directory = await cached.find(revision);
    if (directory === undefined) throw neitherHereNorReached(nameOrDirectory, error);
    yield { type: 'note', message: `${(error as Error).message} Going on with the cached copy.` };
    return directory;
  }
  yield* downloadSnapshot(client, cached, commit, settings.retryDelayMs);
  await cached.remember(revision, commit);
  return cached.snapshot(commit);
}

/** A mistyped directory is a name of the hub as well: whoever is not connected should hear of both. */
function neitherHereNorReached(name: string, { code, message, remedy }: HubUnreachable): NativeError {
  const reason = message.charAt(0).toLowerCase() + message.slice(1);
  return new NativeError(code, `Found no directory ${name}, nor a model of that name: ${reason}`, { remedy });
}

async function* downloadSnapshot(
  client: HubClient,
  cached: CachedRepository,
  commit: string,
  retryDelayMs: number,
): AsyncGenerator<ResolveModelEvent, void, void> {
  const { name } = client.address;
  const listed = await client.files(commit);
  const format = WEIGHT_FORMATS.find(({ file }) => listed.has(file) || listed.has(`${file}.index.json`));
  if (!listed.has('config.json') || format === undefined) {
    const wanted = WEIGHT_FORMATS.map(({ file }) => file).join(' or ');
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected config.json and ${wanted} in the model ${name} but found no ${format ? 'config.json' : 'such weights'}.`,
    );
  }
  const small = SMALL_FILES.flatMap((file) => listed.get(file) ?? []);
  let weights: readonly HubFile[];
  const single = listed.get(format.file);
  if (single !== undefined) weights = [single];
  else {
    const index = listed.get(`${format.file}.index.json`)!;
    yield* downloadFiles(client, cached, commit, [index], retryDelayMs);
    const map = await readWeightMap(join(cached.snapshot(commit), index.path), format.extension);
    const shards = shardsOf(map);
    const all = shards.every((file) => listed.has(file)) ? listed : await client.files(commit, true);
    weights = shards.map((file) => {
      const shard = all.get(file);
      if (shard !== undefined) return shard;
      throw new InputError(
        'ERR_MODEL_FORMAT',
        `Expected the shard ${file} of ${index.path} in the model ${name} but found none.`,
      );
    });
  }
  // The weights last: a snapshot that has them has everything.
  yield* downloadFiles(client, cached, commit, [...small, ...weights], retryDelayMs);
}

function notCached(name: string, revision: string, cached: CachedRepository): InputError {
  return new InputError(
    'ERR_MODEL_NOT_FOUND',
    `Expected revision ${revision} of the model ${name}, whole, in the cache ${cached.cacheDirectory} but found none.`,
    { remedy: 'Run it once without --local-files-only and HF_HUB_OFFLINE, or give a directory.' },
  );
}
