/** From what a user calls a model, a directory or a name on the Hugging Face hub, to a directory that can be loaded. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { check } from '../check.js';
import { fileError, InputError, throwIfAborted } from '../errors.js';
import { readWeightMap, WEIGHT_FORMATS } from '../model/stored-tensors.js';
import type { NoteEvent } from '../native/download.js';
import { acquireLock } from '../native/lock.js';
import { type ProgressEvent, progress } from '../progress.js';
import { CachedModel, COMMIT, defaultCacheDirectory, exists } from './hub-cache.js';
import { HubClient, type HubFile, HubUnreachable } from './hub-client.js';
import { downloadBlob } from './hub-download.js';

export interface ResolveModelOptions {
  /** A branch, a tag or a commit (default `main`). A commit that is in the cache needs no network. */
  readonly revision?: string | undefined;
  /** Ask no server (default: HF_HUB_OFFLINE is 1). */
  readonly localFilesOnly?: boolean | undefined;
  /** Address of the hub (default: HF_ENDPOINT, or https://huggingface.co). */
  readonly endpoint?: string | undefined;
  /** Access token for private and gated models (default: HF_TOKEN). */
  readonly token?: string | undefined;
  /** The cache, shared with Python's huggingface_hub (default: HF_HUB_CACHE, or HF_HOME/hub). */
  readonly cacheDirectory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Pause before the first retry in milliseconds, doubled for each one after it (default 1000). */
  readonly retryDelayMs?: number | undefined;
}

export type ResolveModelEvent = ProgressEvent | NoteEvent;

/** Of a model beside its weights, what there is of these. */
const SMALL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
] as const;

const PROGRESS_BYTES = 1 << 20;
/** The hub's rule, and what keeps a name from being a path. */
const NAME = /^(?!.*(\.\.|--))[A-Za-z0-9_][\w.-]{0,95}(\/[A-Za-z0-9_][\w.-]{0,95})?$/;
const REVISION = /^(?!.*(\.\.|\/\/|\/$))\w[\w./+-]{0,199}$/;

const optionsSchema = z.strictObject({
  revision: z.string().regex(REVISION, 'Invalid input: expected a branch, tag or commit').optional(),
  localFilesOnly: z.boolean().optional(),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'Invalid input: expected an http or https address' })
    .optional(),
  token: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'Invalid input: expected printable characters')
    .optional(),
  cacheDirectory: z.string().min(1).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  retryDelayMs: z.number().min(0).optional(),
});

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
  const settings = { ...settingsOfEnvironment(), ...definedOf(options) };
  // A secret does not belong into a message.
  const { token, ...shown } = settings;
  check(optionsSchema.omit({ token: true }), shown, 'options of resolveModel');
  if (!optionsSchema.shape.token.safeParse(token).success)
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected printable characters for the token in HF_TOKEN but found others.',
    );
  const { revision = 'main', signal } = settings;

  const found = await stat(nameOrDirectory).catch(() => undefined);
  if (found?.isDirectory()) return nameOrDirectory;
  if (found !== undefined || !NAME.test(nameOrDirectory)) {
    throw new InputError(
      'ERR_MODEL_NOT_FOUND',
      `Expected a model directory, or a name of the hub such as org/name, but found ${found ? 'the file' : 'no'} ${nameOrDirectory}.`,
    );
  }

  const cached = new CachedModel(settings.cacheDirectory ?? defaultCacheDirectory(), nameOrDirectory);
  if (settings.localFilesOnly || COMMIT.test(revision)) {
    const directory = await cached.find(revision);
    if (directory !== undefined) return directory;
    if (settings.localFilesOnly) throw notCached(nameOrDirectory, revision, cached);
  }

  const endpoint = (settings.endpoint ?? 'https://huggingface.co').replace(/\/+$/, '');
  const client = new HubClient({ endpoint, token, name: nameOrDirectory, revision }, signal);
  throwIfAborted(signal);
  let commit: string;
  try {
    commit = await client.commit();
  } catch (error) {
    const directory = error instanceof HubUnreachable ? await cached.find(revision) : undefined;
    if (directory === undefined) throw error;
    yield { type: 'note', message: `${(error as Error).message} Going on with the cached copy.` };
    return directory;
  }
  yield* downloadSnapshot(client, cached, commit, settings.retryDelayMs ?? 1000);
  await cached.remember(revision, commit);
  return cached.snapshot(commit);
}

async function* downloadSnapshot(
  client: HubClient,
  cached: CachedModel,
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
    weights = [...new Set(map.values())].map((file) => {
      const shard = listed.get(file);
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

async function* downloadFiles(
  client: HubClient,
  cached: CachedModel,
  commit: string,
  files: readonly HubFile[],
  retryDelayMs: number,
): AsyncGenerator<ResolveModelEvent, void, void> {
  const missing: HubFile[] = [];
  for (const file of files) if (!(await cached.has(commit, file.path))) missing.push(file);
  const total = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const step = `download ${client.address.name}`;
  const began = performance.now();
  let before = 0;
  let received = 0;
  let shown = 0;
  for (const file of missing) {
    const blob = cached.blob(file.etag);
    await using _lock = yield* lockBlob(cached, file, client.signal);
    if (!(await exists(blob))) {
      let last: number | undefined;
      for await (const event of downloadBlob(client, commit, file, blob, { retryDelayMs })) {
        if (typeof event !== 'number') {
          yield event;
          continue;
        }
        // What an earlier run has left says nothing about the rate.
        received += Math.max(0, event - (last ?? event));
        last = event;
        if (before + event - shown < PROGRESS_BYTES) continue;
        shown = before + event;
        yield progress(step, shown, total, 'bytes', rate(received, performance.now() - began));
      }
    }
    await cached.link(commit, file.path, file.etag);
    before += file.sizeBytes;
    yield progress(step, before, total, 'bytes', rate(received, performance.now() - began));
  }
}

/** Two that download the same model share the work. Beside Python's own locks, which are of another kind. */
async function* lockBlob(
  cached: CachedModel,
  file: HubFile,
  signal: AbortSignal | undefined,
): AsyncGenerator<NoteEvent, AsyncDisposable, void> {
  const path = `${cached.blob(file.etag)}.lock`;
  await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw fileError('write', path, cause);
  });
  const waiting = acquireLock(path, signal);
  for (;;) {
    const next = await waiting.next();
    if (next.done) return next.value;
    yield { type: 'note', message: `Waiting for another process that downloads ${file.path}.` };
  }
}

function rate(bytes: number, elapsedMs: number): string {
  return `${(bytes / 1e3 / Math.max(elapsedMs, 1)).toFixed(1)} MB/s`;
}

function settingsOfEnvironment(): ResolveModelOptions {
  const { HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE } = process.env;
  return {
    endpoint: HF_ENDPOINT || undefined,
    token: HF_TOKEN || undefined,
    localFilesOnly: HF_HUB_OFFLINE === '1',
  };
}

function definedOf(options: ResolveModelOptions): ResolveModelOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function notCached(name: string, revision: string, cached: CachedModel): InputError {
  return new InputError(
    'ERR_MODEL_NOT_FOUND',
    `Expected revision ${revision} of the model ${name}, whole, in the cache ${cached.cacheDirectory} but found none.`,
    { remedy: 'Run it once without --local-files-only, or give a directory.' },
  );
}
