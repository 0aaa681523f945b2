/** Errors of the addon as the rest of Lethe knows them: each with its class, a stable code, the cause and a remedy. */
import { AbortedError, type ErrorCode, InputError, LetheError, NativeError } from '../errors.js';

/** Codes that the core and the binding throw, whose fault each is, and what to do about it. */
const NATIVE_CODES: Readonly<Partial<Record<ErrorCode, { input: boolean; remedy?: string }>>> = {
  ERR_CONTEXT_LENGTH: { input: true, remedy: 'Shorten the sequence, or split it into several.' },
  ERR_DISK_FULL: { input: true, remedy: 'Free some space, or write to another disk.' },
  ERR_FILE_READ: { input: true, remedy: 'Check that the file is there, whole, and readable.' },
  ERR_FILE_WRITE: { input: true, remedy: 'Check that the directory exists and can be written to.' },
  ERR_INVALID_OPTION: { input: true },
  ERR_MODEL_DISPOSED: { input: true, remedy: 'Load the model again, or dispose of it later.' },
  ERR_MODEL_FORMAT: { input: true, remedy: 'Fetch or convert the checkpoint again.' },
  ERR_MODEL_UNSUPPORTED: { input: true },
  ERR_NATIVE: {
    input: false,
    remedy: 'Run `lethe doctor`; if it finds nothing wrong, report this as a bug.',
  },
  ERR_NOT_FINITE: {
    input: true,
    remedy: 'Check the weights for NaN; while training, lower the learning rate or use float32.',
  },
  ERR_VOCABULARY_MISMATCH: { input: true, remedy: 'Use the tokenizer that the model was trained with.' },
  ERR_OUT_OF_MEMORY: { input: false, remedy: 'Use smaller batches, shorter sequences, or bfloat16.' },
};

/** The {@link LetheError} that stands for whatever the addon threw; one that is a `LetheError` already stays as it is. */
export function translateNativeError(error: unknown): LetheError {
  if (error instanceof LetheError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === 'ERR_ABORTED') return new AbortedError(undefined, { cause: error });
  // What has no code of ours comes from N-API or the C++ library: a bug or a limit, and never the caller's input,
  // except for an argument of the wrong type.
  const known = code as ErrorCode;
  const row = Object.hasOwn(NATIVE_CODES, known) ? NATIVE_CODES[known] : undefined;
  if (row)
    return new (row.input ? InputError : NativeError)(known, message, { remedy: row.remedy, cause: error });
  if (error instanceof TypeError) return new InputError('ERR_INVALID_OPTION', message, { cause: error });
  return new NativeError('ERR_NATIVE', message, { remedy: NATIVE_CODES.ERR_NATIVE!.remedy, cause: error });
}

/** Makes a native call; what it throws or rejects with is a {@link LetheError}. */
export async function translateNativeErrors<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translateNativeError(error);
  }
}
