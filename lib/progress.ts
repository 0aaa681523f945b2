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
