/**
 * The Hugging Face hub over HTTP, by its own library: which commit a revision is, which files that has, what is in them.
 * Whatever goes wrong is one sentence with what to do about it. What the server says is checked before it is used.
 */
import { AbortedError, type ErrorCode, InputError, LetheError, NativeError } from '../../errors.js';
import { COMMIT, type HubKind } from '../../model/hub/hub-cache.js';

export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of a large file's content, SHA-1 of a small one as git makes it; the name of its blob in the cache. */
  readonly etag: string;
}

export interface HubAddress {
  /** `https://host`, perhaps with a path, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly kind: HubKind;
  readonly name: string;
  readonly revision: string;
}

/** No repository that anyone trains on lists more; a server that never stops listing is not one. */
const MAX_FILES = 100_000;

/** The hub could not be reached or is not well: trying again, or doing without it, may help. */
export class HubUnreachable extends NativeError {
  constructor(host: string, reason: string, cause?: unknown) {
    super('ERR_DOWNLOAD', `Could not reach the hub at ${host}: ${reason}.`, {
      remedy: 'Check the connection and HF_ENDPOINT, or use --local-files-only for what is in the cache.',
      cause,
    });
  }
}

/** The server sent a whole file where its rest was asked for. */
export class RangeIgnored extends HubUnreachable {}

export class HubClient {
  readonly #host: string;
  #failure: LetheError | undefined;
  readonly #repository: { readonly type: HubKind; readonly name: string };

  constructor(
    readonly address: HubAddress,
    readonly signal: AbortSignal | undefined,
  ) {
    this.#host = new URL(address.endpoint).host;
    this.#repository = { type: address.kind, name: address.name };
  }

  /** The commit that the revision is now. */
  async commit(): Promise<string> {
    const { kind, name, revision } = this.address;
    return this.#ask(async ({ datasetInfo, modelInfo }) => {
      const question = { ...this.#common, name, revision, additionalFields: ['sha' as const] };
      const { sha } = await (kind === 'model' ? modelInfo(question) : datasetInfo(question));
      if (typeof sha !== 'string' || !COMMIT.test(sha)) throw new TypeError('no commit');
      return sha;
    });
  }

  /** The files of a commit by their paths: those in the top folder, or all. */
  async files(commit: string, recursive = false): Promise<ReadonlyMap<string, HubFile>> {
    return this.#ask(async ({ listFiles }) => {
      const files = new Map<string, HubFile>();
      let listed = 0;
      const listing = listFiles({ ...this.#common, repo: this.#repository, revision: commit, recursive });
      for await (const { type, path, size, oid, lfs } of listing) {
        if (++listed > MAX_FILES) throw new TypeError('a list without end');
        if (type !== 'file') continue;
        const etag = lfs?.oid ?? oid;
        const valid = typeof etag === 'string' && (lfs ? /^[0-9a-f]{64}$/ : COMMIT).test(etag);
        const sizeBytes = lfs?.size ?? size;
        if (!valid || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new TypeError('no file');
        files.set(path, { path, sizeBytes, etag });
      }
      return files;
    });
  }

  /** The bytes of a file from `start` on. */
  async open(commit: string, file: HubFile, start: number): Promise<ReadableStream<Uint8Array>> {
    return this.#ask(async ({ downloadFile }) => {
      // Without the chunk protocol a download is an HTTP range, which can go on from any byte.
      const options = { ...this.#common, repo: this.#repository, path: file.path, xet: false };
      const content = await downloadFile({ ...options, revision: commit });
      if (content?.size !== file.sizeBytes) throw new TypeError('another size');
      return content.slice(start, file.sizeBytes).stream() as ReadableStream<Uint8Array>;
    });
  }

  /** What a failure means; failures of a stream that {@link open} returned, too. */
  translate(error: unknown): LetheError {
    if (this.signal?.aborted) return new AbortedError(undefined, { cause: error });
    if (error instanceof LetheError) return error;
    // The library's streams pass on no more than the message of what its requests throw.
    if (this.#failure !== undefined && error === this.#failure.message) return this.#failure;
    const cause = error instanceof Error ? error.cause : undefined;
    // What fetch throws: TypeError "fetch failed" or "terminated", with the reason as its cause.
    if (cause instanceof Error) {
      const reason = cause.message || (cause as NodeJS.ErrnoException).code || 'the connection failed';
      return new HubUnreachable(this.#host, reason, error);
    }
    return new NativeError(
      'ERR_DOWNLOAD',
      `Expected the interface of a Hugging Face hub at ${this.#host} but found something else.`,
      {
        remedy: 'Check HF_ENDPOINT.',
        cause: error,
      },
    );
  }

  get #common() {
    return { hubUrl: this.address.endpoint, fetch: this.#fetch };
  }

  async #ask<T>(question: (library: typeof import('@huggingface/hub')) => Promise<T>): Promise<T> {
    const library = await import('@huggingface/hub');
    try {
      return await question(library);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /**
   * The library would take a token by itself, but only those that begin with `hf_`, and would send it wherever a page
   * of the listing continues.
   */
  readonly #fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    try {
      return await this.#request(new URL(input instanceof Request ? input.url : input), init);
    } catch (error) {
      this.#failure = this.translate(error);
      throw this.#failure;
    }
  };

  async #request(url: URL, init: RequestInit | undefined): Promise<Response> {
    const { endpoint, token } = this.address;
    const headers = new Headers(init?.headers);
    if (token !== undefined && url.origin === new URL(endpoint).origin)
      headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(url, { ...init, headers, signal: this.signal ?? null });
    if (response.ok && (response.status === 206 || !/^bytes=[1-9]/.test(headers.get('range') ?? '')))
      return response;
    await response.body?.cancel();
    if (response.ok) throw new RangeIgnored(this.#host, 'it does not continue downloads');
    throw this.#refusal(response.status, response.headers.get('x-error-code') ?? '');
  }

  #refusal(status: number, reason: string): LetheError {
    const { kind, name, revision, endpoint, token } = this.address;
    const [what, notFound, page] =
      kind === 'model'
        ? (['model', 'ERR_MODEL_NOT_FOUND', name] as const)
        : (['data set', 'ERR_DATASET_NOT_FOUND', `datasets/${name}`] as const);
    const refuse = (code: ErrorCode, message: string, remedy: string) =>
      new InputError(code, `${message} (${this.#host} answered ${status}).`, { remedy });
    const tokenRemedy =
      token === undefined
        ? `Check the name; for a private ${what} log in (hf auth login) or set HF_TOKEN to a token that may read it.`
        : 'Check the name, and that your token (HF_TOKEN, or that of hf auth login) is valid and may read it.';
    if (status === 403 || reason === 'GatedRepo') {
      return refuse(
        'ERR_DOWNLOAD',
        `Access to the ${what} ${name} is restricted`,
        `Ask for access at ${endpoint}/${page}, and log in (hf auth login) or set HF_TOKEN to a token of yours.`,
      );
    }
    // The hub answers 401 for what does not exist as well, not to tell the names of private ones.
    if (status === 401) return refuse(notFound, `Could not find the ${what} ${name}`, tokenRemedy);
    if (reason === 'RevisionNotFound') {
      return refuse(
        notFound,
        `Expected revision ${revision} of the ${what} ${name} but found none`,
        'Check --revision: a branch, a tag or a commit.',
      );
    }
    if (status === 404) return refuse(notFound, `Could not find the ${what} ${name}`, tokenRemedy);
    return new HubUnreachable(this.#host, `it answered ${status}`);
  }
}
