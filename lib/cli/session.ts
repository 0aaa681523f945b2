/** What every command that works for long has in common: Ctrl-C, a progress line, talk on stderr. */
import { AbortedError } from '../errors.js';
import { drain, type ProgressEvent } from '../progress.js';
import { withInterrupt } from './interrupt.js';
import { toMessage } from './message.js';
import { ProgressLine } from './progress-line.js';
import { takeWarnings } from './warnings.js';

export interface Session {
  /** Fires at Ctrl-C: hand it to every library call. */
  readonly signal: AbortSignal;
  /** Runs a generator of events to its end, draws its progress, and returns its result. */
  run<Event extends { readonly type: string }, Result>(
    events: AsyncGenerator<Event, Result, void>,
    onEvent?: (event: Event) => void | Promise<void>,
  ): Promise<Result>;
  /** Draws progress of work that reports through a callback. */
  progress(event: ProgressEvent): void;
  /** One line on stderr. */
  say(text: string): void;
}

export interface SessionOptions {
  /** What an interrupted user should do, one sentence. Default: nothing was kept, run the command again. */
  readonly whenInterrupted?: string | undefined;
}

/** Runs the work of one command. An {@link AbortedError} leaves it with a remedy that says how to go on. */
export async function withSession<T>(
  work: (session: Session) => Promise<T>,
  { whenInterrupted = 'Nothing was written; run the same command to start again.' }: SessionOptions = {},
): Promise<T> {
  const line = new ProgressLine();
  try {
    return await withInterrupt((signal) =>
      work({
        signal,
        run: (events, onEvent) => runEvents(events, line, onEvent),
        progress: (event) => line.update(event),
        say: (text) => {
          line.clear();
          process.stderr.write(`${toMessage(text)}\n`);
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof AbortedError) || error.remedy !== undefined) throw error;
    throw new AbortedError('Stopped.', { cause: error, remedy: whenInterrupted });
  } finally {
    line.end();
    for (const warning of takeWarnings()) process.stderr.write(`Warning: ${toMessage(warning)}\n`);
  }
}

async function runEvents<Event extends { readonly type: string }, Result>(
  events: AsyncGenerator<Event, Result, void>,
  line: ProgressLine,
  onEvent?: (event: Event) => void | Promise<void>,
): Promise<Result> {
  if (onEvent === undefined) return drain(events, (event) => draw(event, line));
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    draw(next.value, line);
    await onEvent(next.value);
  }
}

function draw(event: { readonly type: string }, line: ProgressLine): void {
  if (event.type === 'progress') line.update(event as ProgressEvent);
}
