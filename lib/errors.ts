/**
 * Every error that Lethe throws on purpose. A `LetheError` carries a stable `code`, one sentence that says what
 * was expected and what was found, and, where there is one, a `remedy` that says what to do about it.
 */
export type ErrorCode =
  | 'ERR_ABORTED'
  | 'ERR_CONTEXT_LENGTH'
  | 'ERR_DATASET_NOT_FOUND'
  | 'ERR_DISK_FULL'
  | 'ERR_DOWNLOAD'
  | 'ERR_FILE_FORMAT'
  | 'ERR_FILE_NOT_FOUND'
  | 'ERR_FILE_READ'
  | 'ERR_FILE_WRITE'
  | 'ERR_INVALID_OPTION'
  | 'ERR_LIBTORCH_NOT_FOUND'
  | 'ERR_LIBTORCH_VERSION'
  | 'ERR_MODEL_DISPOSED'
  | 'ERR_MODEL_FORMAT'
  | 'ERR_MODEL_NOT_FOUND'
  | 'ERR_MODEL_UNSUPPORTED'
  | 'ERR_NATIVE'
  | 'ERR_NATIVE_NOT_BUILT'
  | 'ERR_NOT_FINITE'
  | 'ERR_OUTPUT_EXISTS'
  | 'ERR_OUTPUT_IN_USE'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_RUN_MISMATCH'
  | 'ERR_SECRET_MISMATCH'
  | 'ERR_SETS_OVERLAP'
  | 'ERR_VOCABULARY_MISMATCH';

export interface LetheErrorOptions {
  /** What the reader can do about it, one sentence. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

export class LetheError extends Error {
  override readonly name: string = 'LetheError';
  readonly remedy: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: LetheErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.remedy = options.remedy;
  }
}

/** The caller's options, files or data are not what the call needs. */
export class InputError extends LetheError {
  override readonly name = 'InputError';
}

/** The native addon or libtorch could not be found, loaded, or failed at run time. */
export class NativeError extends LetheError {
  override readonly name = 'NativeError';
}

/** The caller's `AbortSignal` fired; native work has stopped by the time that this is thrown. */
export class AbortedError extends LetheError {
  override readonly name = 'AbortedError';

  constructor(message = 'The operation was aborted.', options: LetheErrorOptions = {}) {
    super('ERR_ABORTED', message, options);
  }
}

const FILE_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['ERR_FILE_NOT_FOUND', 'it does not exist'],
  ENOTDIR: ['ERR_FILE_NOT_FOUND', 'a part of its path is not a directory'],
  EISDIR: ['ERR_FILE_READ', 'it is a directory'],
  EACCES: ['ERR_FILE_READ', 'permission was denied'],
  EPERM: ['ERR_FILE_READ', 'the operation is not permitted'],
  EROFS: ['ERR_FILE_WRITE', 'the file system is read-only'],
  EEXIST: ['ERR_FILE_WRITE', 'it exists already'],
  ENOSPC: ['ERR_DISK_FULL', 'the disk is full'],
  EDQUOT: ['ERR_DISK_FULL', 'the disk quota is used up'],
};

/** One sentence for a failed file operation, e.g. `Could not read model/config.json: it does not exist.` */
export function fileError(doing: 'read' | 'write', path: string, cause: unknown): InputError {
  const errno = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  const [code, reason] = FILE_ERRORS[errno] ?? [
    doing === 'read' ? 'ERR_FILE_READ' : 'ERR_FILE_WRITE',
    cause instanceof Error ? cause.message : String(cause),
  ];
  const writing = doing === 'write' && code === 'ERR_FILE_READ' ? 'ERR_FILE_WRITE' : code;
  return new InputError(writing, `Could not ${doing} ${path}: ${reason}.`, { cause });
}

/** Throws {@link AbortedError} if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
}
