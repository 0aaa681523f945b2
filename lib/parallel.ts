/**
 * Work spread over threads: a module of ours is run on N worker threads, task by task. What it does, and how work is
 * cut into tasks, is the caller's business.
 *
 * The worker module exports `default serveTasks(async (task, context) => result)`; the caller runs it by
 * {@link runParallel}. Both work from `dist` and from the TypeScript sources.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
} from 'node:worker_threads';
import { Piscina } from 'piscina';
import {
  AbortedError,
  type ErrorCode,
  InputError,
  LetheError,
  NativeError,
  throwIfAborted,
} from './errors.js';

export interface RunParallelOptions<Task> {
  /** The worker module as JavaScript, e.g. `moduleFile('clones/search/scan-worker.js')`. */
  readonly module: URL;
  /** Structured-cloneable values; taken one by one, so that there may be any number of them. */
  readonly tasks: Iterable<Task> | AsyncIterable<Task>;
  /** Threads, >= 1. Default: the cores that this process may use. */
  readonly workers?: number | undefined;
  /** Goes along with every task. Memory is shared between threads only where it lies in a SharedArrayBuffer. */
  readonly shared?: unknown;
  /** Results in the order of the tasks, instead of as they come. Default false. */
  readonly ordered?: boolean;
  /** Tasks begun whose results are not taken yet, at most. Default: twice the threads. */
  readonly inFlight?: number;
  /** What a failed task does: end everything by its error, or come as an event. Default `throw`. */
  readonly failures?: 'throw' | 'report';
  readonly signal?: AbortSignal | undefined;
}

/** `index` counts tasks from 0 in the order in which they were taken. Messages of a task precede its result. */
export type ParallelEvent<Result, Message> =
  | { readonly type: 'message'; readonly index: number; readonly message: Message }
  | { readonly type: 'result'; readonly index: number; readonly result: Result }
  | { readonly type: 'failure'; readonly index: number; readonly error: Error };

/** What a task has besides its input. */
export interface TaskContext<Shared, Message> {
  readonly shared: Shared;
  /** Sends a message to the caller. */
  post(message: Message): void;
  /** Says that these buffers of the result are to be moved, not copied. */
  transfer(...buffers: Transferable[]): void;
}

interface Envelope {
  readonly task: unknown;
  readonly shared: unknown;
  readonly port: MessagePort;
}

/** A LetheError as it crosses between threads: structured cloning would drop its class, code and remedy. */
interface CarriedError {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly stack: string | undefined;
}

type Reply = { readonly result: unknown } | { readonly error: CarriedError };

/** Makes the default export of a worker module. */
export function serveTasks<Task, Result, Shared = undefined, Message = never>(
  handle: (task: Task, context: TaskContext<Shared, Message>) => Result | Promise<Result>,
): (envelope: unknown) => Promise<unknown> {
  return async (envelope) => {
    const { task, shared, port } = envelope as Envelope;
    const moved: Transferable[] = [];
    let reply: Reply;
    try {
      const result = await handle(task as Task, {
        shared: shared as Shared,
        post: (message) => port.postMessage(message),
        transfer: (...buffers) => moved.push(...buffers),
      });
      reply = { result };
    } catch (error) {
      if (!(error instanceof LetheError)) throw error;
      const { name, code, message, remedy, stack } = error;
      reply = { error: { name, code, message, remedy, stack } };
    }
    return Piscina.move({ [Piscina.transferableSymbol]: moved, [Piscina.valueSymbol]: reply } as never);
  };
}

/**
 * Runs the tasks and yields what comes of them. Leaving the generator early, an error and the signal end all threads,
 * in the middle of their work; it settles only when they are gone.
 *
 * @throws AbortedError; with `failures: 'throw'` the error of the first task that failed
 */
export async function* runParallel<Task, Result, Message = never>({
  module,
  tasks,
  workers = availableParallelism(),
  shared,
  ordered = false,
  inFlight = workers * 2,
  failures = 'throw',
  signal,
}: RunParallelOptions<Task>): AsyncGenerator<ParallelEvent<Result, Message>, void, void> {
  throwIfAborted(signal);
  // Threads are started as tasks come, up to the number of workers.
  const pool = new Piscina({ ...entryOf(module), minThreads: 0, maxThreads: workers, idleTimeout: 60_000 });
  const source = Symbol.asyncIterator in tasks ? tasks[Symbol.asyncIterator]() : tasks[Symbol.iterator]();
  const ready: ParallelEvent<Result, Message>[] = [];
  const early = new Map<number, ParallelEvent<Result, Message>>();
  /** Outcomes of `early` that have become ready. */
  let inOrder = 0;
  let begun = 0;
  let taken = 0;
  let exhausted = false;
  let feeding = false;
  let broken: unknown;
  let wake = (): void => {};

  const settle = (event: ParallelEvent<Result, Message>): void => {
    if (ordered) early.set(event.index, event);
    else ready.push(event);
    for (; early.has(inOrder); inOrder++) {
      ready.push(early.get(inOrder)!);
      early.delete(inOrder);
    }
    wake();
  };
  const begin = async (task: Task, index: number): Promise<void> => {
    const { port1, port2 } = new MessageChannel();
    const take = (message: unknown): void => {
      ready.push({ type: 'message', index, message: message as Message });
      wake();
    };
    port1.on('message', take);
    try {
      const reply: Reply = await pool.run({ task, shared, port: port2 } satisfies Envelope, {
        transferList: [port2],
      });
      // The result may overtake messages that were sent before it.
      for (let left = receiveMessageOnPort(port1); left; left = receiveMessageOnPort(port1))
        take(left.message);
      if ('error' in reply) settle({ type: 'failure', index, error: revive(reply.error) });
      else settle({ type: 'result', index, result: reply.result as Result });
    } catch (error) {
      settle({ type: 'failure', index, error: error instanceof Error ? error : new Error(String(error)) });
    } finally {
      port1.close();
    }
  };
  const feed = async (): Promise<void> => {
    try {
      while (!exhausted && begun - taken < inFlight) {
        const next = await source.next();
        if (next.done) exhausted = true;
        else void begin(next.value, begun++);
      }
    } catch (error) {
      broken = error;
      exhausted = true;
    } finally {
      feeding = false;
      wake();
    }
  };

  const onAbort = () => wake();
  signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      throwIfAborted(signal);
      if (broken !== undefined) throw broken;
      if (!feeding && !exhausted && begun - taken < inFlight) {
        feeding = true;
        void feed();
      }
      const event = ready.shift();
      if (event !== undefined) {
        if (event.type === 'failure' && failures === 'throw') throw event.error;
        yield event;
        // Only now: until the caller asks for more, it is at work on this one.
        if (event.type !== 'message') taken++;
      } else if (exhausted && taken === begun) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await pool.destroy();
    await source.return?.();
  }
}

/** Run from its sources (tests, benches) the package has no `.js` beside this file; tsx reads the `.ts` in the thread. */
export function entryOf(module: URL): { filename: string; execArgv?: string[] } {
  const filename = fileURLToPath(module);
  if (!import.meta.url.endsWith('.ts')) return { filename };
  const { resolve } = createRequire(import.meta.url);
  const href = (name: string) => pathToFileURL(resolve(name)).href;
  // tsx alone registers for `require` only in a thread: what is imported on demand would not be found.
  const imports = `import { register } from '${href('tsx/esm/api').replace(/cjs$/, 'mjs')}'; register();`;
  const execArgv = [
    '--import',
    href('tsx'),
    '--import',
    `data:text/javascript,${encodeURIComponent(imports)}`,
  ];
  return { filename: filename.replace(/\.js$/, '.ts'), execArgv };
}

function revive({ name, code, message, remedy, stack }: CarriedError): LetheError {
  const error =
    name === 'InputError'
      ? new InputError(code, message, { remedy })
      : name === 'NativeError'
        ? new NativeError(code, message, { remedy })
        : name === 'AbortedError'
          ? new AbortedError(message, { remedy })
          : new LetheError(code, message, { remedy });
  if (stack !== undefined) error.stack = stack;
  return error;
}
