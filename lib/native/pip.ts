/**
 * What pip knows about packages: which wheel a requirement means, where it lies, its digest. pip is asked because it
 * knows the user's index, mirror, login and certificates; it installs nothing, and Python runs nothing else.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:process';
import { promisify } from 'node:util';
import * as z from 'zod';
import { AbortedError, NativeError } from '../errors.js';

/** A wheel that pip would install. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** `https:` or, from a local directory, `file:`. A password may have been masked by pip with asterisks. */
  readonly url: string;
  readonly sha256: string | undefined;
  /** Requirements as the wheel states them, markers included. */
  readonly requires: readonly string[];
}

/** How this machine's pip reaches its index. */
export interface PipNetwork {
  /** PEM certificates that pip trusts. */
  readonly certificates: string | undefined;
  readonly proxy: boolean;
}

const run = promisify(execFile);
const TIMEOUT_MS = 180_000;
/** A report names every dependency with its metadata; torch's is 60 kB. */
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;
/** Wheels are chosen for this Python whatever runs pip: only the C++ libraries in them are used. */
const PYTHON_VERSION = '3.11';

const REPORT = z.object({
  install: z.array(
    z.object({
      download_info: z.object({
        url: z.string(),
        archive_info: z
          .object({ hash: z.string().optional(), hashes: z.record(z.string(), z.string()).optional() })
          .optional(),
      }),
      metadata: z.object({
        name: z.string(),
        version: z.string(),
        requires_dist: z.array(z.string()).optional(),
      }),
    }),
  ),
});

/** Platform tags of wheels that run here, newest first. */
function platformTags(): string[] {
  const machine = arch === 'arm64' ? 'aarch64' : 'x86_64';
  if (platform === 'darwin') return arch === 'arm64' ? ['macosx_14_0_arm64'] : ['macosx_14_0_x86_64'];
  // pip does not take a tag for a newer glibc to include those for older ones; 2.28 is torch's, 2.17 the oldest in use.
  const glibc = Array.from({ length: 12 }, (_, i) => `manylinux_2_${28 - i}_${machine}`);
  return [...glibc, `manylinux2014_${machine}`];
}

function selection(): string[] {
  return [
    '--only-binary=:all:',
    '--python-version',
    PYTHON_VERSION,
    '--implementation',
    'cp',
    ...platformTags().flatMap((tag) => ['--platform', tag]),
  ];
}

/**
 * The wheels that `pip install requirement` would fetch for this platform.
 *
 * @throws NativeError `ERR_DOWNLOAD` with pip's reason.
 */
export async function resolveWheels(
  requirement: string,
  options: { dependencies: boolean; env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<Wheel[]> {
  const output = await pip(
    [
      'install',
      '--dry-run',
      '--ignore-installed',
      '--quiet',
      '--report',
      '-',
      // pip wants a target for a foreign platform; a dry run writes nothing there.
      '--target',
      'lethe-dry-run',
      ...(options.dependencies ? [] : ['--no-deps']),
      ...selection(),
      requirement,
    ],
    options.env,
    options.signal,
  );
  const parsed = REPORT.safeParse(parseJson(output));
  if (!parsed.success)
    throw new NativeError('ERR_DOWNLOAD', `pip gave no readable report for ${requirement}`, {
      remedy: 'Update pip to 23 or newer.',
      cause: parsed.error,
    });
  return parsed.data.install.map(({ download_info: { url, archive_info: info }, metadata }) => ({
    name: metadata.name,
    version: metadata.version,
    url,
    sha256: info?.hashes?.sha256 ?? /^sha256=(\w+)$/.exec(info?.hash ?? '')?.[1],
    requires: metadata.requires_dist ?? [],
  }));
}

/** Has pip fetch a wheel into `directory`: no resuming and no progress, but pip's own way through proxies and logins. */
export async function downloadWithPip(
  requirement: string,
  directory: string,
  options: { env: NodeJS.ProcessEnv; signal?: AbortSignal | undefined },
): Promise<void> {
  // Half a gigabyte over a slow line takes long; the caller's signal ends it.
  await pip(
    ['download', '--quiet', '--no-deps', '--dest', directory, ...selection(), requirement],
    options.env,
    options.signal,
    0,
  );
}

/** Certificates and proxy from pip's configuration and the environment. */
export async function pipNetwork(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<PipNetwork> {
  const config = await pip(['config', 'list'], env, signal).catch((error: unknown) => {
    if (error instanceof AbortedError) throw error;
    return '';
  });
  const setting = (key: string) => new RegExp(`\\.${key}='([^']+)'`).exec(config)?.[1];
  const file = setting('cert') ?? env.SSL_CERT_FILE ?? env.REQUESTS_CA_BUNDLE;
  const proxy = setting('proxy') ?? env.HTTPS_PROXY ?? env.https_proxy ?? env.ALL_PROXY;
  return { certificates: file === undefined ? undefined : readPem(file), proxy: Boolean(proxy) };
}

async function pip(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
  timeout = TIMEOUT_MS,
): Promise<string> {
  let failure: unknown;
  for (const python of ['python3', 'python']) {
    try {
      const { stdout } = await run(
        python,
        ['-m', 'pip', '--disable-pip-version-check', '--no-input', ...args],
        {
          // pip must not take a package for one that lies in the working directory.
          cwd: '/',
          env,
          maxBuffer: MAX_OUTPUT_BYTES,
          timeout,
          ...(signal === undefined ? {} : { signal }),
        },
      );
      return stdout;
    } catch (error) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: error });
      // Only "no such program" and "no such module" are reasons to try the other name.
      failure ??= error;
      const text = (error as { stderr?: string }).stderr ?? '';
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !/No module named pip/.test(text)) {
        throw new NativeError('ERR_DOWNLOAD', `pip failed: ${lastError(text, error)}`, { cause: error });
      }
    }
  }
  throw new NativeError('ERR_DOWNLOAD', 'there is no Python with pip on PATH', { cause: failure });
}

/** The last line that pip marked as an error, without its list of all versions. */
function lastError(stderr: string, error: unknown): string {
  const lines = stderr.split('\n').filter((line) => line.startsWith('ERROR:'));
  const line = lines.at(-1)?.replace('ERROR: ', '');
  const killed = (error as { killed?: boolean }).killed === true;
  return (
    (line ?? (killed ? `no answer within ${TIMEOUT_MS / 1000} s` : stderr.trim().split('\n').at(-1))) ||
    'unknown reason'
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readPem(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
