/**
 * The decoding engine: rows wait for a fixed number of slots, enter when one is free and leave when they are done, one
 * native call at a time, so that whoever iterates can watch, stop or stream.
 */
import type { NativeSession, SessionOptions, StopReason } from '../../native/contract.js';
import { STOP_REASONS } from '../../native/contract.js';
import { toBatch } from '../batching.js';

export interface DecodingRow {
  readonly prompt: Int32Array;
  readonly start: number;
  readonly maxTokens: number;
  readonly seed: bigint;
}

export type DecodingEvent =
  | { readonly type: 'token'; readonly row: number; readonly token: number; readonly logprob: number }
  | { readonly type: 'finished'; readonly row: number; readonly stopReason: StopReason };

export interface Decoding {
  readonly options: Omit<SessionOptions, 'slots' | 'capacity'>;
  readonly slots: number;
  /** Steps of one native call at most. */
  readonly stepsPerCall: number;
  /** Whether the row's tokens so far end it, though no stop id was drawn. */
  readonly endsText?: ((row: number, tokens: readonly number[]) => boolean) | undefined;
}

/** Opens a session, and runs native calls that stop when the caller's signal fires. */
export interface DecodingHost {
  open(options: SessionOptions): Promise<NativeSession>;
  call<T>(work: (cancel: Parameters<NativeSession['step']>[1]) => Promise<T>): Promise<T>;
}

/** Yields what happens to each row, by its index in `rows`; rows end in any order. */
export async function* decode(
  host: DecodingHost,
  rows: readonly DecodingRow[],
  decoding: Decoding,
): AsyncGenerator<DecodingEvent, void, void> {
  const waiting = new Queue(rows);
  for (const [row, { maxTokens }] of rows.entries()) {
    if (maxTokens === 0) yield { type: 'finished', row, stopReason: 'length' };
  }
  if (waiting.size === 0) return;
  const session = await host.open({
    ...decoding.options,
    slots: Math.min(decoding.slots, waiting.size),
    capacity: rows.reduce((most, { start, maxTokens }) => Math.max(most, start + maxTokens), 1),
  });
  try {
    const live = new Map<number, number[]>();
    while (waiting.size > 0 || live.size > 0) {
      const entering = waiting.take(decoding.slots - live.size);
      if (entering.length > 0) await admit(host, session, rows, waiting, entering);
      for (const row of entering) live.set(row, []);
      const steps = await host.call((cancel) => session.step(decoding.stepsPerCall, cancel));
      for (const [i, row] of steps.rows.entries()) {
        live.get(row)!.push(steps.tokens[i]!);
        yield { type: 'token', row, token: steps.tokens[i]!, logprob: steps.logprobs[i]! };
      }
      const { endsText } = decoding;
      for (const [i, row] of steps.finished.entries()) {
        // A stop string that the last token allowed completes was found all the same.
        const found = endsText?.(row, live.get(row)!) ?? false;
        live.delete(row);
        yield { type: 'finished', row, stopReason: found ? 'stop' : STOP_REASONS[steps.reasons[i]!]! };
      }
      if (endsText === undefined) continue;
      const ended = [...live].filter(([row, tokens]) => endsText(row, tokens)).map(([row]) => row);
      if (ended.length > 0) await host.call(() => session.dropRows({ ids: Int32Array.from(ended) }));
      for (const row of ended) {
        live.delete(row);
        yield { type: 'finished', row, stopReason: 'stop' };
      }
    }
  } finally {
    await session.close();
  }
}

/** Computes the prompts that are new, gives each row its slot, and drops the prompts that nobody waits for any more. */
async function admit(
  host: DecodingHost,
  session: NativeSession,
  rows: readonly DecodingRow[],
  waiting: Queue,
  entering: readonly number[],
): Promise<void> {
  const fresh = waiting.freshPrompts(entering);
  if (fresh.length > 0) {
    const prompts = {
      ...toBatch(fresh.map(([prompt]) => prompt)),
      ids: Int32Array.from(fresh, ([, id]) => id),
    };
    await host.call((cancel) => session.addPrompts(prompts, cancel));
  }
  const members = entering.map((row) => rows[row]!);
  await host.call(() =>
    session.addRows({
      ids: Int32Array.from(entering),
      prompts: Int32Array.from(members, ({ prompt }) => waiting.promptId(prompt)),
      starts: Int32Array.from(members, ({ start }) => start),
      maxTokens: Int32Array.from(members, ({ maxTokens }) => maxTokens),
      seeds: BigUint64Array.from(members, ({ seed }) => seed),
    }),
  );
  const spent = waiting.spentPrompts(entering);
  if (spent.length > 0) await host.call(() => session.dropPrompts({ ids: Int32Array.from(spent) }));
}

/**
 * The rows that wait, those of one prompt together and the longest first: what runs last, when slots stand empty, is
 * short. Knows which prompts the session holds.
 */
class Queue {
  readonly #rows: readonly DecodingRow[];
  readonly #order: number[];
  readonly #ids = new Map<Int32Array, number>();
  readonly #waiting = new Map<Int32Array, number>();
  readonly #held = new Set<Int32Array>();

  constructor(rows: readonly DecodingRow[]) {
    this.#rows = rows;
    const longest = new Map<Int32Array, number>();
    for (const { prompt, maxTokens } of rows) {
      if (maxTokens === 0) continue;
      if (!this.#ids.has(prompt)) this.#ids.set(prompt, this.#ids.size);
      this.#waiting.set(prompt, (this.#waiting.get(prompt) ?? 0) + 1);
      longest.set(prompt, Math.max(longest.get(prompt) ?? 0, maxTokens));
    }
    const compare = (a: number, b: number) => {
      const [first, second] = [rows[a]!, rows[b]!];
      return (
        longest.get(second.prompt)! - longest.get(first.prompt)! ||
        this.#ids.get(first.prompt)! - this.#ids.get(second.prompt)! ||
        second.maxTokens - first.maxTokens ||
        a - b
      );
    };
    // Reversed, so that taking the next is popping the last.
    this.#order = [...rows.keys()].filter((row) => rows[row]!.maxTokens > 0).sort((a, b) => compare(b, a));
  }

  get size(): number {
    return this.#order.length;
  }

  take(count: number): number[] {
    const taken: number[] = [];
    while (taken.length < count && this.#order.length > 0) taken.push(this.#order.pop()!);
    return taken;
  }

  promptId(prompt: Int32Array): number {
    return this.#ids.get(prompt)!;
  }

  /** Prompts of these rows that the session does not hold yet, each with its id. */
  freshPrompts(rows: readonly number[]): [Int32Array, number][] {
    const prompts = new Set(rows.map((row) => this.#rows[row]!.prompt));
    const fresh = [...prompts].filter((prompt) => !this.#held.has(prompt));
    for (const prompt of fresh) this.#held.add(prompt);
    return fresh.map((prompt) => [prompt, this.promptId(prompt)]);
  }

  /** Counts these rows as served; returns the ids of prompts that none waits for any more. */
  spentPrompts(rows: readonly number[]): number[] {
    const spent: number[] = [];
    for (const row of rows) {
      const { prompt } = this.#rows[row]!;
      const left = this.#waiting.get(prompt)! - 1;
      this.#waiting.set(prompt, left);
      if (left === 0) spent.push(this.promptId(prompt));
    }
    return spent;
  }
}
