/**
 * One file over HTTP(S), resumable: bytes gather in `<file>.part`, what they belong to in `<file>.part.json`; a
 * killed download goes on from there, and only a file whose size and digest are right gets its name.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { AbortedError, fileError, LetheError, NativeError, throwIfAborted } from '../errors.js';
import { type ProgressEvent, progress } from '../progress.js';

/** Something worth a line on stderr. */
export interface NoteEvent {
  readonly type: 'note';
  readonly message: string;
}

export interface DownloadOptions {
  /** http(s) address; a user and password in it are sent and never shown. */
  readonly url: string;
  readonly path: string;
  /** Hex digest that the file must have; without it the size that the server states is all there is to check. */
  readonly sha256?: string | undefined;
  /** PEM certificates trusted beside Node's own. */
  readonly certificates?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Pause before the first retry in milliseconds, doubled for each one after it (default 1000). */
  readonly retryDelayMs?: number | undefined;
}

export interface Downloaded {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The server could not be reached or refused; `refused` tells that another client might fare better (a proxy, a login). */
export class TransferError extends NativeError {
  constructor(
    message: string,
    readonly refused: boolean,
    cause?: unknown,
  ) {
    super('ERR_DOWNLOAD', message, {
      remedy: 'Run the same command again to go on from where it stopped.',
      cause,
    });
  }
}

/** The largest libtorch archive is 3 GB; whoever sends more than this sends something else. */
const MAX_BYTES = 16 * 2 ** 30;
const MAX_REDIRECTS = 10;
/** Tries in a row that bring no byte. */
const MAX_TRIES = 5;
/** A connection silent for this long is taken for dead. */
const SILENCE_MS = 60_000;
const PROGRESS_BYTES = 1 << 20;
const LOGIN_NEEDED = new Set([401, 403, 407]);
/** Nothing changes within seconds about a name that does not resolve, a closed port, a certificate. */
const HOPELESS =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|CERT_|ERR_TLS_|.*_CERT|.*SIGNATURE)/;

interface PartState {
  readonly url: string;
  /** Strong ETag or Last-Modified: what If-Range compares. */
  readonly validator?: string;
  readonly sizeBytes?: number;
}

/** Downloads a file; returns its digest and size once it has its final name. A complete file is only checked. */
export async function* download(
  options: DownloadOptions,
): AsyncGenerator<ProgressEvent | NoteEvent, Downloaded, void> {
  const { path, sha256 } = options;
  const part = `${path}.part`;
  const name = basename(path);

  const present = await sizeOf(path);
  if (present !== undefined) {
    const digest = await digestOf(path, options.signal);
    if (sha256 !== undefined && digest === sha256) return { sha256: digest, sizeBytes: present };
    await rm(path, { force: true });
  }

  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw fileError('write', dirname(path), error);
  }
  let sizeBytes = yield* fetchPart(options, part, name);

  const digest = await digestOf(part, options.signal);
  sizeBytes ??= await sizeOf(part);
  if (sha256 !== undefined && digest !== sha256) {
    await rm(part, { force: true });
    await rm(`${part}.json`, { force: true });
    throw new TransferError(
      `The download of ${name} was corrupted (expected SHA-256 ${sha256}, found ${digest}) and has been deleted.`,
      false,
    );
  }
  await rename(part, path);
  await rm(`${part}.json`, { force: true });
  return { sha256: digest, sizeBytes: sizeBytes ?? 0 };
}

/** Fills the part file to its end, over as many connections as it takes; returns the size that the server stated. */
async function* fetchPart(
  options: DownloadOptions,
  part: string,
  name: string,
): AsyncGenerator<ProgressEvent | NoteEvent, number | undefined, void> {
  const address = withoutCredentials(options.url);
  const file = await openPart(part);
  try {
    let state = await readState(part);
    let done = (await file.stat()).size;
    // Without a validator and without a digest nobody could tell whether two halves belong together.
    if (state?.url !== address || (state.validator === undefined && options.sha256 === undefined)) done = 0;
    if (done > 0 && state?.sizeBytes === done) return done;

    for (let tries = 1; ; tries++) {
      throwIfAborted(options.signal);
      const before = done;
      try {
        const response = await request(options, done, state?.validator);
        if (response.statusCode !== 200 && rangeStart(response) !== done) {
          // The part is longer than the file, or the server sends what was not asked for: start anew.
          response.destroy();
          done = 0;
          throw new RetryLater(
            'ERR_DOWNLOAD',
            `the server answered ${response.statusCode} to a resumed download`,
          );
        }
        if (response.statusCode === 200) done = 0;
        const total = statedSize(response, done);
        if ((total ?? 0) > MAX_BYTES)
          throw new TransferError(
            `The server states ${total} bytes for ${name}, more than any libtorch has.`,
            false,
          );
        state = {
          url: address,
          ...validatorOf(response),
          ...(total === undefined ? {} : { sizeBytes: total }),
        };
        await truncateTo(file, done, part);
        await writeFile(`${part}.json`, JSON.stringify(state));

        yield progress(`download ${name}`, done, total, 'bytes');
        let shown = done;
        for await (const chunk of response as AsyncIterable<Buffer>) {
          await writeAt(file, chunk, done, part);
          done += chunk.length;
          if (done > (total ?? MAX_BYTES))
            throw new TransferError(
              `The server sent more than the ${total ?? MAX_BYTES} bytes of ${name}.`,
              false,
            );
          if (done - shown >= PROGRESS_BYTES) {
            shown = done;
            yield progress(`download ${name}`, done, total, 'bytes');
          }
        }
        if (total === undefined || done === total) {
          yield progress(`download ${name}`, done, total, 'bytes');
          return total;
        }
        throw Object.assign(new Error(`it ended after ${done} of ${total} bytes`), { code: 'ECONNRESET' });
      } catch (error) {
        if (options.signal?.aborted) throw new AbortedError(undefined, { cause: error });
        if (error instanceof LetheError && !(error instanceof RetryLater)) throw error;
        if (done > before) tries = 1;
        const reason = error instanceof Error ? error.message || codeOf(error) : String(error);
        const hopeless = HOPELESS.test(codeOf(error)) && done === before;
        if (hopeless || tries >= MAX_TRIES)
          throw new TransferError(
            `Could not download ${name} from ${hostOf(address)}: ${reason}.`,
            done === 0,
            error,
          );
        const pause = (options.retryDelayMs ?? 1000) * 2 ** (tries - 1);
        yield { type: 'note', message: `The download of ${name} was interrupted (${reason}); trying again.` };
        await sleep(pause, undefined, { signal: options.signal }).catch(() => {});
      }
    }
  } finally {
    const { size } = await file.stat();
    await file.close();
    // Nothing to go on from.
    if (size === 0) await rm(part, { force: true });
  }
}

/** The server is there but busy. */
class RetryLater extends NativeError {}

/** Sends the request, follows redirects, and returns a response whose body has not been read: 200, 206 or 416. */
async function request(
  options: DownloadOptions,
  from: number,
  validator: string | undefined,
): Promise<http.IncomingMessage> {
  const headers: Record<string, string> = { 'user-agent': 'lethe', 'accept-encoding': 'identity' };
  if (from > 0) {
    headers.range = `bytes=${from}-`;
    if (validator !== undefined) headers['if-range'] = validator;
  }
  let url = new URL(options.url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await send(url, headers, options);
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400 && response.headers.location !== undefined) {
      response.resume();
      const next = new URL(response.headers.location, url);
      if (url.protocol === 'https:' && next.protocol !== 'https:')
        throw new TransferError(
          `${url.host} redirects to an address without encryption, ${next.host}.`,
          false,
        );
      url = next;
      continue;
    }
    if (status === 200 || status === 206 || status === 416) return response;
    response.resume();
    const sentence = `${url.host} answered ${status} ${response.statusMessage ?? ''}`.trim();
    if (status === 429 || status >= 500) throw new RetryLater('ERR_DOWNLOAD', sentence);
    throw new TransferError(
      `Could not download ${basename(options.path)}: ${sentence}.`,
      LOGIN_NEEDED.has(status),
    );
  }
  throw new TransferError(
    `Could not download ${basename(options.path)}: more than ${MAX_REDIRECTS} redirects.`,
    false,
  );
}

function send(
  url: URL,
  headers: Record<string, string>,
  options: DownloadOptions,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    if (!secure && url.protocol !== 'http:') {
      reject(new TransferError(`Expected an http or https address but received ${url.protocol}.`, false));
      return;
    }
    const settings: https.RequestOptions = {
      headers,
      signal: options.signal,
      timeout: SILENCE_MS,
      agent: false,
    };
    if (secure && options.certificates !== undefined)
      settings.ca = [...rootCertificates, options.certificates];
    const sent = (secure ? https : http).get(url, settings, resolve);
    sent.on('timeout', () =>
      sent.destroy(Object.assign(new Error(`no answer for ${SILENCE_MS / 1000} s`), { code: 'ETIMEDOUT' })),
    );
    sent.on('error', reject);
  });
}

/** The whole size, from Content-Range of a resumed answer or Content-Length of a fresh one. */
function statedSize(response: http.IncomingMessage, done: number): number | undefined {
  const range = /\/(\d+)$/.exec(response.headers['content-range'] ?? '');
  if (range) return Number(range[1]);
  const length = response.headers['content-length'];
  return length === undefined ? undefined : done + Number(length);
}

function rangeStart(response: http.IncomingMessage): number {
  return Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? Number.NaN);
}

function validatorOf(response: http.IncomingMessage): { validator?: string } {
  const { etag, 'last-modified': modified } = response.headers;
  const validator = etag !== undefined && !etag.startsWith('W/') ? etag : modified;
  return validator === undefined ? {} : { validator };
}

async function openPart(part: string): Promise<FileHandle> {
  try {
    // Not 'a': positions are ours, so that a restart can overwrite.
    return await open(part, 'r+').catch(() => open(part, 'w+'));
  } catch (error) {
    throw fileError('write', part, error);
  }
}

async function readState(part: string): Promise<PartState | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(`${part}.json`, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as PartState) : undefined;
  } catch {
    return undefined;
  }
}

async function truncateTo(file: FileHandle, size: number, path: string): Promise<void> {
  try {
    await file.truncate(size);
  } catch (error) {
    throw fileError('write', path, error);
  }
}

async function writeAt(file: FileHandle, chunk: Buffer, position: number, path: string): Promise<void> {
  try {
    for (let written = 0; written < chunk.length; ) {
      written += (await file.write(chunk, written, chunk.length - written, position + written)).bytesWritten;
    }
  } catch (error) {
    throw fileError('write', path, error);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

function hostOf(address: string): string {
  return new URL(address).host;
}

/** The address as it may be stored and shown. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  parsed.search = '';
  return parsed.href;
}

/** SHA-256 of a file, hex. */
export async function digestOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      throwIfAborted(signal);
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof AbortedError) throw error;
    throw fileError('read', path, error);
  }
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
