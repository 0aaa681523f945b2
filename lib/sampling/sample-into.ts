/** Decoding for a campaign: outputs of all its prompts share the slots, and each is on its way to disk once it is finished. */
import { InputError } from '../errors.js';
import type { GenerateOptions, GenerateRow, GenerationEvent, Tokens } from '../model/model.js';
import { type ProgressEvent, progress } from '../progress.js';
import { deriveSeed } from '../random.js';
import type { LogProbsRecord, OutputStore } from './output-directory.js';
import type { ShardedRecords } from './sharded-records.js';

/** The part of a `Model` that is needed. */
export interface SamplingModel {
  readonly contextLength: number;
  stream(rows: readonly GenerateRow[], options: GenerateOptions): AsyncGenerator<GenerationEvent, void, void>;
}

/** The part of a `Tokenizer` that is needed. */
export interface SamplingTokenizer {
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  encode(text: string, options: { readonly addSpecialTokens: boolean }): { readonly tokens: Tokens };
  decode(tokens: ArrayLike<number>, options: { readonly skipSpecialTokens: boolean }): string;
}

export interface OutputsEvent {
  readonly type: 'outputs';
  /** Numbers of outputs that are on disk now. */
  readonly numbers: readonly number[];
  /** What they continue; undefined: a single token. */
  readonly prompt: string | undefined;
}

/** Where the outputs of one prompt go. */
export interface Sink {
  readonly prompt: string | undefined;
  /** Without a prompt: the token that the outputs start from. Default: BOS. */
  readonly startToken?: number | undefined;
  /** Of the outputs to make. */
  readonly numbers: readonly number[];
  readonly outputs: OutputStore;
  readonly logProbs: ShardedRecords<LogProbsRecord> | undefined;
  /** New tokens so far. */
  tokens: number;
}

export interface SampleIntoOptions {
  readonly seed: number;
  readonly decoding: Omit<GenerateOptions, 'signal'>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Outputs of one call of the model, which holds some hundred bytes for each from the start. Slots stand empty only
 * when the last of them run out.
 */
const GROUP_ROWS = 8192;
/** Outputs on their way to disk while decoding goes on: the disk may be slow, and memory is not for queues. */
const MOST_WRITES = 64;
const PROGRESS_TOKENS = 256;

interface Row {
  readonly sink: Sink;
  readonly number: number;
}

/** Makes all outputs of the sinks. Leaves with their files closed, and finished outputs written. */
export async function* sampleInto(
  sinks: readonly Sink[],
  model: SamplingModel,
  tokenizer: SamplingTokenizer,
  { seed, decoding, signal }: SampleIntoOptions,
): AsyncGenerator<ProgressEvent | OutputsEvent, void, void> {
  const outputs = sinks.reduce((total, { numbers }) => total + numbers.length, 0);
  const writes = new Writes();
  let [tokens, written, shown] = [0, 0, 0];

  function* report(): Generator<ProgressEvent | OutputsEvent, void, void> {
    for (const [{ prompt }, numbers] of writes.takeFinished()) {
      written += numbers.length;
      yield { type: 'outputs', numbers, prompt };
    }
    shown = tokens;
    // What is left, from the mean length of an output as far as it is known: those that are not finished count as well.
    const length = written === 0 ? decoding.maxTokens : Math.min(decoding.maxTokens, tokens / written);
    const total = written === outputs ? tokens : Math.max(tokens, Math.round(outputs * length));
    yield progress('sample', tokens, total, 'tokens', `${written} of ${outputs} outputs`);
  }

  try {
    for (const { numbers, outputs, logProbs } of sinks) {
      await outputs.expect(numbers);
      await logProbs?.expect(numbers);
    }
    for (const group of groupsOf(sinks)) {
      const rows = toRows(group, tokenizer, seed);
      const made = group.map(() => ({ tokens: [] as number[], logprobs: [] as number[] }));
      const options = { ...decoding, ...(signal === undefined ? {} : { signal }) };
      for await (const event of model.stream(rows, options)) {
        const row = made[event.row]!;
        if (event.type === 'token') {
          row.tokens.push(event.token);
          row.logprobs.push(event.logprob);
          if (++tokens - shown >= PROGRESS_TOKENS) yield* report();
          continue;
        }
        const { sink, number } = group[event.row]!;
        sink.tokens += row.tokens.length;
        const text = tokenizer.decode(row.tokens, { skipSpecialTokens: true });
        const { stopReason } = event;
        await writes.start(sink, number, async () => {
          // First, so that an output that is there has its log-probabilities.
          await sink.logProbs?.append({
            id: number,
            tokens: row.tokens,
            logprobs: row.logprobs.map(shorten),
          });
          await sink.outputs.add({ id: number, text, tokenCount: row.tokens.length, stopReason });
        });
        made[event.row] = { tokens: [], logprobs: [] };
        if (writes.anyFinished) yield* report();
      }
    }
    await writes.settle();
    yield* report();
  } finally {
    await writes.settle().catch(() => {});
    for (const { outputs, logProbs } of sinks) {
      await outputs.close();
      await logProbs?.close();
    }
  }
}

function* groupsOf(sinks: readonly Sink[]): Generator<Row[], void, void> {
  let group: Row[] = [];
  for (const sink of sinks) {
    for (const number of sink.numbers) {
      group.push({ sink, number });
      if (group.length < GROUP_ROWS) continue;
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}

/** Rows of one prompt share the array, and so its computation. */
function toRows(group: readonly Row[], tokenizer: SamplingTokenizer, seed: number): GenerateRow[] {
  const prompts = new Map<Sink, Tokens>();
  return group.map(({ sink, number }) => {
    const prompt = prompts.get(sink) ?? promptTokens(tokenizer, sink.prompt, sink.startToken);
    prompts.set(sink, prompt);
    return { prompt, seed: deriveSeed(seed, sink.prompt ?? '', number) };
  });
}

/**
 * A prompt's tokens, those around a text included where the tokenizer has such, as in transformers; without a prompt
 * the single start token, or else BOS. Models of the GPT-2 family use one token for both ends of a text.
 */
export function promptTokens(
  tokenizer: SamplingTokenizer,
  prompt: string | undefined,
  startToken?: number,
): Tokens {
  if (prompt !== undefined) return tokenizer.encode(prompt, { addSpecialTokens: true }).tokens;
  const id = startToken ?? tokenizer.bosId ?? tokenizer.eosId;
  if (id === undefined) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected a tokenizer with a beginning-of-text token for sampling without a prompt but found none.',
      { remedy: 'Give a prompt, or a token to start from (--start-token).' },
    );
  }
  return Int32Array.of(id);
}

/** The shortest decimal that is the same 32-bit float. */
function shorten(value: number): number {
  return Number(value.toPrecision(9));
}

/** Writes that run while decoding goes on. */
class Writes {
  readonly #running = new Set<Promise<void>>();
  #finished = new Map<Sink, number[]>();
  #failure: { readonly error: unknown } | undefined;

  get anyFinished(): boolean {
    return this.#finished.size > 0;
  }

  /** Waits for a place, then begins. @throws what an earlier write threw */
  async start(sink: Sink, number: number, write: () => Promise<void>): Promise<void> {
    while (this.#running.size >= MOST_WRITES) await Promise.race(this.#running);
    this.#check();
    const running = write().then(
      () => {
        this.#finished.set(sink, [...(this.#finished.get(sink) ?? []), number]);
        this.#running.delete(running);
      },
      (error: unknown) => {
        this.#failure ??= { error };
        this.#running.delete(running);
      },
    );
    this.#running.add(running);
  }

  takeFinished(): ReadonlyMap<Sink, readonly number[]> {
    const finished = this.#finished;
    this.#finished = new Map();
    return finished;
  }

  /** Waits for all. @throws what a write threw */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
