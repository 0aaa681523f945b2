/** The managed copy of libtorch: fetched, checked, unpacked beside its place, and moved there in one step. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AbortedError, fileError, InputError, LetheError, NativeError } from '../errors.js';
import type { ProgressEvent } from '../progress.js';
import { digestOf, download, type NoteEvent, TransferError, withoutCredentials } from './download.js';
import { extractZip } from './extract.js';
import { inspectLibtorch, type Libtorch, managedDirectory } from './libtorch.js';
import { acquireLock } from './lock.js';
import { downloadWithPip, type PipNetwork, pipNetwork } from './pip.js';
import { type Archive, type Source, sourcesOf, type Target, targetOf } from './sources.js';

export type InstallEvent = ProgressEvent | NoteEvent;

export interface InstallLibtorchOptions {
  /** CUDA build to install, e.g. `cu118` (libtorch 2.7.1) or `cu130` (2.13.0); default the CPU build of 2.13.0. */
  readonly cuda?: string | undefined;
  /** Install even if the managed copy is there. */
  readonly force?: boolean | undefined;
  /** See `FindLibtorchOptions.env`; also what pip runs with. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a managed copy was made of, beside its files. */
const MANIFEST = 'lethe-libtorch.json';

/**
 * Installs the managed copy of libtorch and returns it; returns at once if it is there. Sources are tried in turn,
 * each failure is a `note`; a killed run is gone on from.
 *
 * @throws NativeError `ERR_DOWNLOAD` if every source failed; InputError `ERR_DISK_FULL` and the like.
 */
export async function* installLibtorch(
  options: InstallLibtorchOptions = {},
): AsyncGenerator<InstallEvent, Libtorch, void> {
  const target = targetOf(options.cuda);
  return yield* installFrom(sourcesOf(target), target, options);
}

/** {@link installLibtorch} from sources of one's own. */
export async function* installFrom(
  sources: readonly Source[],
  target: Target,
  options: Omit<InstallLibtorchOptions, 'cuda'> = {},
): AsyncGenerator<InstallEvent, Libtorch, void> {
  const env = options.env ?? process.env;
  const cache = managedDirectory(env);
  const place = join(cache, `${target.version}-${target.variant}`);
  const present = options.force ? undefined : inspectLibtorch(place, 'managed copy');
  if (present) return present;

  await makeDirectory(cache);
  await using _lock = yield* acquireLock(join(cache, '.lock'), options.signal);
  // Whoever was waited for may have installed what we want.
  const made = options.force ? undefined : inspectLibtorch(place, 'managed copy');
  if (made) return made;
  await removeLeftovers(cache);

  const context = { env, signal: options.signal };
  const failures: string[] = [];
  let network: PipNetwork | undefined;
  for (const source of sources) {
    let archives: readonly Archive[];
    try {
      archives = await source.archives(context);
      network ??= await pipNetwork(env, options.signal);
      yield {
        type: 'note',
        message: `Installing libtorch ${target.version} (${target.variant}) from ${source.description}.`,
      };
      return yield* installArchives(archives, place, target, {
        ...context,
        network,
        downloads: join(cache, '.download'),
      });
    } catch (error) {
      if (!canTryNext(error)) throw withRoomRemedy(error);
      const reason = (error as Error).message.replace(/\.$/, '');
      failures.push(`${source.description}: ${reason}`);
      yield { type: 'note', message: `Not from ${source.description}: ${reason}.` };
    }
  }
  throw new NativeError(
    'ERR_DOWNLOAD',
    `Could not get libtorch ${target.version} (${target.variant}) from any source: ${failures.join('; ')}.`,
    {
      remedy:
        'Check the network and run the same command again, or set LETHE_LIBTORCH to a libtorch that you have.',
    },
  );
}

interface ArchiveContext {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly network: PipNetwork;
  readonly downloads: string;
}

async function* installArchives(
  archives: readonly Archive[],
  place: string,
  target: Target,
  context: ArchiveContext,
): AsyncGenerator<InstallEvent, Libtorch, void> {
  // On the same file system as the place, or the move would be a copy.
  const making = join(
    dirname(place),
    `.making-${basename(place)}-${process.pid}-${randomBytes(4).toString('hex')}`,
  );
  try {
    const made: { url: string; sha256: string }[] = [];
    const files: string[] = [];
    for (const archive of archives) {
      const file = yield* fetchArchive(archive, context);
      const { url, sha256, select } = archive;
      yield* extractZip({ archive: file, directory: making, select, signal: context.signal });
      made.push({ url: withoutCredentials(url), sha256: sha256 ?? (await digestOf(file, context.signal)) });
      if (!url.startsWith('file:')) files.push(file);
    }
    const found = inspectLibtorch(making, 'managed copy');
    if (found?.version !== target.version) {
      throw new NativeError(
        'ERR_DOWNLOAD',
        `what was downloaded holds ${found ? `libtorch ${found.version}` : 'no libtorch'}, not ${target.version}`,
      );
    }
    await writeManifest(making, {
      ...target,
      platform: `${process.platform}-${process.arch}`,
      archives: made,
    });
    await moveIntoPlace(making, place);
    for (const file of files) await rm(file, { force: true });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return inspectLibtorch(place, 'managed copy')!;
}

/** The archive as a local file: in place if pip found it in a directory, else downloaded, by pip if need be. */
async function* fetchArchive(
  archive: Archive,
  context: ArchiveContext,
): AsyncGenerator<InstallEvent, string, void> {
  const { url, sha256, requirement } = archive;
  if (url.startsWith('file:')) {
    const path = fileURLToPath(url);
    if (sha256 !== undefined && (await digestOf(path, context.signal)) !== sha256)
      throw new NativeError('ERR_DOWNLOAD', `${basename(path)} does not have the SHA-256 that pip states`);
    return path;
  }
  const path = join(context.downloads, decodeURIComponent(basename(new URL(url).pathname)));
  // pip masks a password that it knows and we do not.
  const masked = url.includes(':****@');
  let obstacle = masked ? 'the index needs a login' : context.network.proxy ? 'there is a proxy' : undefined;
  if (obstacle === undefined || requirement === undefined) {
    try {
      yield* download({
        url,
        path,
        sha256,
        certificates: context.network.certificates,
        signal: context.signal,
      });
      return path;
    } catch (error) {
      if (!(error instanceof TransferError && error.refused) || requirement === undefined) throw error;
      obstacle = error.message.replace(/\.$/, '');
    }
  }
  yield { type: 'note', message: `Leaving ${basename(path)} to pip, without progress (${obstacle}).` };
  await makeDirectory(context.downloads);
  await downloadWithPip(requirement, context.downloads, context);
  if (sha256 !== undefined && (await digestOf(path, context.signal)) !== sha256) {
    await rm(path, { force: true });
    throw new NativeError(
      'ERR_DOWNLOAD',
      `pip's download of ${basename(path)} was corrupted and has been deleted`,
    );
  }
  return path;
}

/** An abort, a full disk or an unwritable cache will meet the next source as well. */
function canTryNext(error: unknown): boolean {
  if (error instanceof AbortedError || !(error instanceof LetheError)) return false;
  return !(error instanceof InputError) || error.code === 'ERR_FILE_FORMAT';
}

function withRoomRemedy(error: unknown): unknown {
  if (!(error instanceof InputError) || error.code !== 'ERR_DISK_FULL') return error;
  return new InputError(error.code, error.message, {
    remedy:
      'Free some space (the CPU build takes 1.1 GB while it is installed) or set LETHE_CACHE to another disk, and run the same command again.',
    cause: error.cause,
  });
}

async function moveIntoPlace(making: string, place: string): Promise<void> {
  const old = `${making}-old`;
  try {
    // A copy in use goes on working: what is mapped outlives its name.
    await rename(place, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(making, place);
  } catch (error) {
    throw fileError('write', place, error);
  }
  await rm(old, { recursive: true, force: true });
}

/** Copies in the making whose maker died; the lock says that no living one is there. */
async function removeLeftovers(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith('.making-')) await rm(join(cache, name), { recursive: true, force: true });
  }
}

async function writeManifest(directory: string, manifest: object): Promise<void> {
  const path = join(directory, MANIFEST);
  try {
    await writeFile(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
  } catch (error) {
    throw fileError('write', path, error);
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw fileError('write', path, error);
  }
}
