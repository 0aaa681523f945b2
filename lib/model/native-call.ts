/** Native calls as the verbs make them: errors translated, stopped by the caller's signal. */
import { throwIfAborted } from '../errors.js';
import type { CancelToken } from '../native/contract.js';
import { translateNativeErrors } from '../native/errors.js';
import { loadAddon } from '../native/load.js';

/** Runs a native call that stops when the signal fires; settles only when native work has stopped. */
export async function withCancel<T>(
  signal: AbortSignal | undefined,
  call: (cancel: CancelToken | undefined) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  if (signal === undefined) return translateNativeErrors(() => call(undefined));
  const cancel = loadAddon().createCancelToken();
  const onAbort = () => cancel.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await translateNativeErrors(() => call(cancel));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
