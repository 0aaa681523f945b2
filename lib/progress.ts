/** The one shape in which long work tells how far it is. Drawing it is the command line's business. */
export interface ProgressEvent {
  readonly type: 'progress';
  /** What is being done, e.g. `train`, `sample`. */
  readonly step: string;
  readonly done: number;
  /** Undefined when the end is not known beforehand. */
  readonly total: number | undefined;
  /** What `done` counts, plural: `steps`, `tokens`, `bytes`. */
  readonly unit: string;
  /** A figure worth watching, e.g. `loss 0.12`. */
  readonly note?: string;
}

export function progress(
  step: string,
  done: number,
  total: number | undefined,
  unit: string,
  note?: string,
): ProgressEvent {
  return { type: 'progress', step, done, total, unit, ...(note === undefined ? {} : { note }) };
}

/** Runs a generator of events to its end and returns its result: the promise form of long work. */
export async function drain<Event, Result>(
  events: AsyncGenerator<Event, Result, void>,
  onEvent?: (event: Event) => void,
): Promise<Result> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    onEvent?.(next.value);
  }
}

/**
 * Turns work that reports through a callback into a generator of its events. Events that the consumer is too slow
 * for are dropped in favour of the latest. A consumer that leaves early, or a `signal` that fires, aborts the
 * signal which the work received, and the generator settles only when the work has.
 */
export async function* relay<Event, Result>(
  work: (emit: (event: Event) => void, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): AsyncGenerator<Event, Result, void> {
  const leaving = new AbortController();
  const pending: Event[] = [];
  let wake = (): void => {};
  let settled = false;
  const emit = (event: Event): void => {
    pending[0] = event;
    wake();
  };
  const stop = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
  const outcome = work(emit, stop).finally(() => {
    settled = true;
    wake();
  });
  // The rejection is thrown below; until then it must not count as unhandled.
  outcome.catch(() => {});
  try {
    while (!settled || pending.length > 0) {
      const event = pending.pop();
      if (event !== undefined) yield event;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    return await outcome;
  } finally {
    leaving.abort();
    await outcome.catch(() => {});
  }
}
