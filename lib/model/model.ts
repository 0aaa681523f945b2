/**
 * A causal language model: load, create, score, generate, train, save.
 * The weights live in C++; this file turns sequences into native calls and nothing more.
 */
import { z } from 'zod';
import { check } from '../check.js';
import { InputError, throwIfAborted } from '../errors.js';
import type {
  CancelToken,
  DType,
  NativeAddon,
  NativeModel,
  NativeTerm,
  OptimizerSettings,
  StopReason,
  TrainStepResult,
} from '../native/contract.js';
import { STOP_REASONS } from '../native/contract.js';
import { translateNativeErrors } from '../native/errors.js';
import { loadAddon } from '../native/load.js';
import { deriveSeed } from '../random.js';
import { groupByLength, requireSequences, toBatch } from './batching.js';
import { canonicalNames } from './canonical.js';
import type { Architecture, ModelConfig } from './checkpoint.js';
import { interpretConfig, locateParameters, readArchitecture, writeCheckpoint } from './checkpoint.js';
import { readTrainingState, writeTrainingState } from './training-state.js';

/** Token ids of one sequence. */
export type Tokens = Int32Array;

/** The entries of tokens 2..T of one sequence: `T - 1` each. */
export interface Score {
  /** Natural-log probability of the token given what precedes it. */
  readonly logprobs: Float32Array;
  /** 1 where the token is the argmax (of equal logits the lowest id). */
  readonly hits: Uint8Array;
  /** 0 for the most likely token. */
  readonly ranks: Int32Array;
}

export interface LoadModelOptions {
  /** `cpu`, `cuda` or `cuda:N`. Default `cpu`. */
  readonly device?: string;
  /** What the weights are converted to. Training needs `float32`. Default `float32`. */
  readonly dtype?: DType;
}

export interface CreateModelOptions extends LoadModelOptions {
  /** Of the weights drawn. Default 0. */
  readonly seed?: number;
}

export interface ScoreOptions {
  /** Tokens of one native call at most, padding included. Default 8192. */
  readonly batchTokens?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (sequencesDone: number, sequences: number) => void;
}

export interface GenerateRow {
  /** Rows that pass the same array (`===`) share one prefill. */
  readonly prompt: Tokens;
  /** Continue the first `start` tokens of the prompt. Default: all. Range 1..prompt.length. */
  readonly start?: number;
  /** New tokens at most. Default: the option of the call. */
  readonly maxTokens?: number;
  /** 64-bit seed of this row. Default: derived from the call's seed and the row's index. */
  readonly seed?: bigint;
}

export interface GenerateOptions {
  /** New tokens at most, of rows that do not say. */
  readonly maxTokens: number;
  /** 0 is greedy; a list is a schedule: the i-th new token takes the i-th, the last holds on. Default 1. */
  readonly temperature?: number | readonly number[];
  /** Sample from the k most likely tokens; 0 keeps all. Default 0. */
  readonly topK?: number;
  /** Sample from the most likely tokens that together reach this probability, (0, 1]. Default 1. */
  readonly topP?: number;
  /** Default 0. A row's text depends on its seed and prompt only, not on the batch it sat in. */
  readonly seed?: number;
  /** Token ids that end a row. Default none. */
  readonly stopIds?: readonly number[];
  /** Rows decoded together at most. Default 32. */
  readonly batchRows?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (tokensDone: number, rowsDone: number) => void;
}

export interface Generation {
  /** New tokens only; a stop id that ended the row is included. */
  readonly tokens: Tokens;
  /** `stop` when a stop id was drawn, `length` when maxTokens was reached. */
  readonly stopReason: StopReason;
}

/** A sequence to train on; bit s of `sets[i]` says that token i belongs to token set s. */
export interface TrainingSequence {
  readonly tokens: Tokens;
  readonly sets: Uint8Array;
}

export interface TrainStepOptions {
  /** Gradients are summed over these, as if they were one batch. */
  readonly microBatches: readonly (readonly TrainingSequence[])[];
  readonly terms: readonly NativeTerm[];
  readonly optimizer: OptimizerSettings;
  /** The frozen model of `kl` terms. */
  readonly reference?: Model;
  readonly signal?: AbortSignal;
}

const placementSchema = {
  device: z.string().default('cpu'),
  dtype: z.enum(['float32', 'bfloat16']).default('float32'),
};
const loadSchema = z.strictObject(placementSchema);
const createSchema = z.strictObject({ ...placementSchema, seed: z.number().int().nonnegative().default(0) });

const callback = z.custom<(...values: number[]) => void>(
  (value) => typeof value === 'function',
  'a function',
);
const callSchema = {
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'an AbortSignal').optional(),
  onProgress: callback.optional(),
};
const scoreSchema = z.strictObject({ batchTokens: z.number().int().positive().default(8192), ...callSchema });
const temperatureSchema = z.number().nonnegative().finite();
const generateSchema = z.strictObject({
  maxTokens: z.number().int().nonnegative(),
  temperature: z.union([temperatureSchema, z.array(temperatureSchema).min(1)]).default(1),
  topK: z.number().int().nonnegative().default(0),
  topP: z.number().positive().max(1).default(1),
  seed: z.number().int().nonnegative().default(0),
  stopIds: z.array(z.number().int().nonnegative()).default([]),
  batchRows: z.number().int().positive().default(32),
  ...callSchema,
});

export class Model implements AsyncDisposable {
  #native: NativeModel;
  readonly #architecture: Architecture;
  readonly #device: string;
  readonly parameterCount: number;

  private constructor(native: NativeModel, architecture: Architecture, device: string) {
    this.#native = native;
    this.#architecture = architecture;
    this.#device = device;
    this.parameterCount = native.parameterCount;
  }

  /**
   * Loads a model directory in Hugging Face's layout: config.json and model.safetensors (float32, float16, bfloat16).
   *
   * @throws InputError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`, `ERR_INVALID_OPTION`
   * @throws NativeError `ERR_LIBTORCH_NOT_FOUND`, `ERR_LIBTORCH_VERSION`, `ERR_NATIVE_NOT_BUILT`, `ERR_OUT_OF_MEMORY`
   */
  static async load(directory: string, options: LoadModelOptions = {}): Promise<Model> {
    const { device, dtype } = check(loadSchema, options, 'options of Model.load');
    const architecture = await readArchitecture(directory);
    const sources = await locateParameters(directory, architecture.family, canonicalNames(architecture.spec));
    const native = await translateNativeErrors(loadAddon().load(architecture.spec, device, dtype, sources));
    return new Model(native, architecture, device);
  }

  /** A model with freshly drawn weights, from the fields of a config.json (`model_type` `gpt2`). */
  static async create(config: ModelConfig, options: CreateModelOptions = {}): Promise<Model> {
    const { device, dtype, seed } = check(createSchema, options, 'options of Model.create');
    const architecture = interpretConfig(config, 'the config of Model.create');
    const range = architecture.family.initializerRange(config, 'the config of Model.create');
    const created = loadAddon().create(architecture.spec, device, dtype, BigInt(seed), range);
    return new Model(await translateNativeErrors(created), architecture, device);
  }

  /** As in config.json, all fields kept. */
  get config(): ModelConfig {
    return this.#architecture.config;
  }

  get vocabularySize(): number {
    return this.#architecture.spec.vocabularySize;
  }

  /** Tokens of a prompt and its continuation at most. */
  get contextLength(): number {
    return this.#architecture.spec.contextLength;
  }

  /**
   * How well the model knows each token given what precedes it: one teacher-forced pass. Results are in input order.
   * A sequence has 1..contextLength tokens.
   *
   * @throws InputError `ERR_CONTEXT_LENGTH`, `ERR_VOCABULARY_MISMATCH`, `ERR_INVALID_OPTION`
   * @throws NativeError `ERR_NOT_FINITE`, `ERR_MODEL_DISPOSED`
   */
  async score(sequences: readonly Tokens[], options: ScoreOptions = {}): Promise<Score[]> {
    const { batchTokens, signal, onProgress } = check(scoreSchema, options, 'options of score');
    requireSequences(sequences, 'sequences of score');
    const out = new Array<Score>(sequences.length);
    let done = 0;
    for (const group of groupByLength(sequences, batchTokens)) {
      const batch = toBatch(group.map((index) => sequences[index]!));
      const scores = await withCancel(signal, (cancel) => this.#native.score(batch, cancel));
      let offset = 0;
      for (const index of group) {
        const end = offset + sequences[index]!.length - 1;
        out[index] = {
          logprobs: scores.logprobs.slice(offset, end),
          hits: scores.hits.slice(offset, end),
          ranks: scores.ranks.slice(offset, end),
        };
        offset = end;
      }
      done += group.length;
      onProgress?.(done, sequences.length);
    }
    return out;
  }

  /**
   * Continues every row. Results are in input order; what a row gets does not depend on the others.
   *
   * @throws InputError `ERR_CONTEXT_LENGTH`, `ERR_VOCABULARY_MISMATCH`, `ERR_INVALID_OPTION`
   * @throws NativeError `ERR_NOT_FINITE`, `ERR_MODEL_DISPOSED`
   */
  async generate(rows: readonly GenerateRow[], options: GenerateOptions): Promise<Generation[]> {
    const { batchRows, signal, onProgress, ...settings } = check(
      generateSchema,
      options,
      'options of generate',
    );
    requireSequences(
      rows.map(({ prompt }) => prompt),
      'prompts of generate',
    );
    const out: Generation[] = [];
    let tokensDone = 0;
    for (let begin = 0; begin < rows.length; begin += batchRows) {
      const batch = rows.slice(begin, begin + batchRows);
      const prompts = [...new Set(batch.map(({ prompt }) => prompt))];
      const request = {
        ...toBatch(prompts),
        prompts: Int32Array.from(batch, ({ prompt }) => prompts.indexOf(prompt)),
        starts: Int32Array.from(batch, ({ start, prompt }) => start ?? prompt.length),
        maxTokens: Int32Array.from(batch, ({ maxTokens }) => maxTokens ?? settings.maxTokens),
        seeds: BigUint64Array.from(batch, ({ seed }, i) => seed ?? deriveSeed(settings.seed, begin + i)),
        temperatures: Float32Array.from([settings.temperature].flat()),
        topK: settings.topK,
        topP: settings.topP,
        stopIds: Int32Array.from(settings.stopIds),
      };
      const generated = await withCancel(signal, (cancel) => this.#native.generate(request, cancel));
      let offset = 0;
      for (const [i, length] of generated.lengths.entries()) {
        out.push({
          tokens: generated.tokens.slice(offset, offset + length),
          stopReason: STOP_REASONS[generated.stopReasons[i]!]!,
        });
        offset += length;
      }
      tokensDone += generated.tokens.length;
      onProgress?.(tokensDone, out.length);
    }
    return out;
  }

  /**
   * One optimizer step on an objective (see `lib/unlearning/objectives.ts`). On an error or an abort the weights and
   * the optimizer's state are as before.
   *
   * @throws NativeError `ERR_NOT_FINITE` when the loss or a gradient is NaN or infinite
   */
  async trainStep(options: TrainStepOptions): Promise<TrainStepResult> {
    const { microBatches, terms, optimizer, reference, signal } = options;
    if (microBatches.length === 0) {
      throw new InputError(
        'ERR_INVALID_OPTION',
        'Expected at least one micro-batch for trainStep but received none.',
      );
    }
    const request = {
      microBatches: microBatches.map((sequences) => ({
        ...toBatch(sequences.map(({ tokens }) => tokens)),
        sets: Uint8Array.from(sequences.flatMap(({ sets }) => [...sets])),
      })),
      terms,
      optimizer,
      ...(reference === undefined ? {} : { reference: reference.#native }),
    };
    return withCancel(signal, (cancel) => this.#native.trainStep(request, cancel));
  }

  /** A frozen copy of the present weights: the reference model of `kl` terms. */
  async snapshot(): Promise<Model> {
    return new Model(await translateNativeErrors(this.#native.snapshot()), this.#architecture, this.#device);
  }

  /**
   * Takes over the weights of a directory that this model was saved to, or of one of its snapshots, which stays as it
   * is. The optimizer starts anew; `loadTrainingState` can bring its state back.
   *
   * @throws InputError `ERR_MODEL_FORMAT` when the directory holds a model of another architecture
   */
  async restore(source: string | Model): Promise<void> {
    const dtype = this.#native.parameters()[0]!.dtype;
    const restored =
      typeof source === 'string'
        ? await Model.load(source, { device: this.#device, dtype })
        : await source.snapshot();
    if (JSON.stringify(restored.#architecture.spec) !== JSON.stringify(this.#architecture.spec)) {
      await restored.dispose();
      throw new InputError(
        'ERR_MODEL_FORMAT',
        'Expected weights of the same architecture to restore but received those of another.',
      );
    }
    const replaced = this.#native;
    this.#native = restored.#native;
    await translateNativeErrors(replaced.dispose());
  }

  /**
   * Writes config.json and model.safetensors (and the tokenizer's files) as transformers loads them.
   *
   * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL`; nothing half-written stays behind
   */
  async save(
    directory: string,
    options: { readonly tokenizer?: { readonly files: readonly string[] } } = {},
  ): Promise<void> {
    await writeCheckpoint(directory, this.#architecture, this.#native, options.tokenizer?.files ?? []);
  }

  /** Writes the optimizer's moments and step count to a file. */
  async saveTrainingState(path: string): Promise<void> {
    await writeTrainingState(path, this.#native);
  }

  async loadTrainingState(path: string): Promise<void> {
    await readTrainingState(path, this.#native);
  }

  /** Canonical names, e.g. `layers.0.attention.qkv.weight`. */
  parameterNames(): string[] {
    return this.#native.parameters().map(({ name }) => name);
  }

  /** A parameter as float32, row-major, in the shape of the files (GPT-2's projections are [in, out]). */
  async readParameter(name: string): Promise<Float32Array> {
    return translateNativeErrors(this.#native.read(name, 'value'));
  }

  /** The gradient that the last training step computed, after clipping. */
  async readGradient(name: string): Promise<Float32Array> {
    return translateNativeErrors(this.#native.read(name, 'gradient'));
  }

  /** Frees the weights once pending work is done; later calls reject with `ERR_MODEL_DISPOSED`. Idempotent. */
  async dispose(): Promise<void> {
    await translateNativeErrors(this.#native.dispose());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Runs a native call that stops when the signal fires; settles only when native work has stopped. */
async function withCancel<T>(
  signal: AbortSignal | undefined,
  call: (cancel: CancelToken | undefined) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  if (signal === undefined) return translateNativeErrors(call(undefined));
  const addon: NativeAddon = loadAddon();
  const cancel = addon.createCancelToken();
  const onAbort = () => cancel.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await translateNativeErrors(call(cancel));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
