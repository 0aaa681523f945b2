import { describe, expect, it } from 'vitest';
import { AbortedError, InputError } from '../lib/errors.js';
import { type ParallelEvent, type RunParallelOptions, runParallel } from '../lib/parallel.js';
import type { Chore, ChoreResult } from './parallel-worker.js';

type Event = ParallelEvent<ChoreResult, string>;

function run(tasks: RunParallelOptions<Chore>['tasks'], options: Partial<RunParallelOptions<Chore>> = {}) {
  const module = new URL('./parallel-worker.js', import.meta.url);
  const shared = { base: new Int32Array(new SharedArrayBuffer(8)) };
  shared.base[0] = 100;
  const events = runParallel<Chore, ChoreResult, string>({ module, tasks, shared, workers: 2, ...options });
  return { events, shared };
}

async function collect(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('runParallel', () => {
  it('runs every task, its messages before its result, with memory that is shared', async () => {
    const { events, shared } = run(Array.from({ length: 20 }, (_, value) => ({ value })));
    const all = await collect(events);
    for (let index = 0; index < 20; index++) {
      const own = all.filter((event) => event.index === index);
      expect(own.map((event) => (event.type === 'message' ? event.message : event.type))).toEqual([
        `begin ${index}`,
        `end ${index}`,
        'result',
      ]);
      const last = own.at(-1)!;
      expect(last.type === 'result' && [last.result.sum, ...last.result.moved]).toEqual([
        100 + index,
        index,
        index,
      ]);
    }
    expect(shared.base[1]).toBe(190);
  });

  it('gives results in the order of the tasks when asked to', async () => {
    const waits = [200, 0, 40, 0, 20, 0];
    const all = await collect(
      run(
        waits.map((waitMs, value) => ({ value, waitMs })),
        { ordered: true },
      ).events,
    );
    expect(all.filter(({ type }) => type === 'result').map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('takes no more tasks than may be in flight', async () => {
    let taken = 0;
    let delivered = 0;
    let most = 0;
    async function* tasks() {
      for (let value = 0; value < 30; value++) {
        taken++;
        most = Math.max(most, taken - delivered);
        yield { value };
      }
    }
    for await (const { type } of run(tasks(), { inFlight: 3 }).events) if (type === 'result') delivered++;
    expect([delivered, most]).toEqual([30, 3]);
  });

  it('uses several threads', async () => {
    const all = await collect(run([1, 2, 3, 4].map((value) => ({ value, waitMs: 300 }))).events);
    const threads = all.flatMap((event) => (event.type === 'result' ? [event.result.thread] : []));
    expect(new Set(threads).size).toBe(2);
  });

  it('throws the error of a task with its class, code and remedy', async () => {
    const error = await collect(run([{ value: 1, fail: 'input' }]).events).catch((reason) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({
      code: 'ERR_FILE_FORMAT',
      message: 'Expected more.',
      remedy: 'Give more.',
    });
  });

  it.each(['input', 'other', 'exit'] as const)('goes on after a failure (%s) when asked to', async (fail) => {
    const tasks = [{ value: 0 }, { value: 1, fail }, { value: 2 }, { value: 3 }];
    const all = await collect(run(tasks, { failures: 'report', workers: 1 }).events);
    const outcomes = all.filter(({ type }) => type !== 'message').sort((a, b) => a.index - b.index);
    expect(outcomes.map(({ type }) => type)).toEqual(['result', 'failure', 'result', 'result']);
  });

  it('ends its threads when aborted', async () => {
    const controller = new AbortController();
    const { events } = run([{ value: 0, waitMs: 60_000 }], { signal: controller.signal });
    await events.next();
    controller.abort();
    await expect(events.next()).rejects.toThrow(AbortedError);
  });

  it('passes on what the source of tasks throws', async () => {
    async function* tasks() {
      yield { value: 1 };
      throw new InputError('ERR_FILE_READ', 'Could not read on.');
    }
    await expect(collect(run(tasks()).events)).rejects.toThrow('Could not read on.');
  });

  it('closes the source of tasks when left early', async () => {
    let closed = false;
    async function* tasks() {
      try {
        for (let value = 0; ; value++) yield { value };
      } finally {
        closed = true;
      }
    }
    for await (const { type } of run(tasks()).events) if (type === 'result') break;
    expect(closed).toBe(true);
  });
});
