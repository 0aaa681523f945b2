/** Calls that take several native ones: closing waits for those that have begun and refuses those that have not. */
import { InputError } from '../errors.js';

export class Ongoing {
  readonly #calls = new Set<Promise<unknown>>();
  #closed = false;

  /** @throws InputError `ERR_MODEL_DISPOSED` once closed */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new InputError('ERR_MODEL_DISPOSED', 'Expected a live model but this one has been disposed.', {
        remedy: 'Load the model again, or dispose of it later.',
      });
    }
    const running = call();
    this.#calls.add(running);
    try {
      return await running;
    } finally {
      this.#calls.delete(running);
    }
  }

  /** Resolves when what has begun has settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#calls);
  }
}
