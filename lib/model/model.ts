/**
 * A causal language model or an encoder: load, create, score, generate, encode, train, save.
 * The weights live in C++; this file turns sequences into native calls and nothing more.
 */
import { check, describe } from '../check.js';
import { InputError } from '../errors.js';
import type { DType, NativeModel, TrainStepResult } from '../native/contract.js';
import { translateNativeErrors } from '../native/errors.js';
import { loadAddon } from '../native/load.js';
import { groupByLength, toBatch } from './batching.js';
import { type Generator, generateRows, streamRows } from './decoding/generation.js';
import { withCancel } from './native-call.js';
import { Ongoing } from './ongoing.js';
import {
  type CreateModelOptions,
  configSchema,
  createSchema,
  directorySchema,
  type EncodeOptions,
  encodeSchema,
  type GenerateOptions,
  type GenerateRow,
  type Generation,
  type GenerationEvent,
  type LoadModelOptions,
  loadSchema,
  type SaveModelOptions,
  type SaveModelResult,
  type Score,
  type ScoreOptions,
  saveSchema,
  sequencesSchema,
  type Tokens,
  type TrainStepSettings,
  trainStepSchema,
} from './options.js';
import { scoreSequences } from './scoring.js';
import { type Carried, NOTHING_CARRIED, readCarried } from './weights/carried.js';
import {
  type InterpretedConfig,
  interpretConfig,
  type ModelConfig,
  readArchitecture,
} from './weights/checkpoint.js';
import { writeCheckpoint } from './weights/checkpoint-writer.js';
import { locateReconfigured } from './weights/locate.js';
import { DEFAULT_MAX_SHARD_BYTES } from './weights/shards.js';
import { readTrainingState, writeTrainingState } from './weights/training-state.js';

export type {
  CreateModelOptions,
  EncodeOptions,
  GenerateOptions,
  GenerateRow,
  Generation,
  GenerationEvent,
  LoadModelOptions,
  Sampler,
  SaveModelOptions,
  SaveModelResult,
  Score,
  ScoreOptions,
  Tokens,
  TrainingSequence,
  TrainTerm,
} from './options.js';

export type TrainStepOptions = TrainStepSettings<Model>;

let nativeOf: (model: unknown) => NativeModel;

export class Model implements AsyncDisposable {
  #native: NativeModel;
  readonly #architecture: InterpretedConfig;
  readonly #carried: Carried;
  readonly #ongoing = new Ongoing();
  readonly #device: string;
  readonly #dtype: DType;
  readonly parameterCount: number;
  /** What was found in the files and is worth knowing, a sentence each: a head that is not tied as config.json says. */
  readonly warnings: readonly string[];

  static {
    nativeOf = (model) => {
      if (typeof model === 'object' && model !== null && #native in model) return model.#native;
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected a Model for reference in options of trainStep but received ${describe(model)}.`,
      );
    };
  }

  private constructor(
    native: NativeModel,
    architecture: InterpretedConfig,
    device: string,
    carried = NOTHING_CARRIED,
    warnings: readonly string[] = [],
  ) {
    this.#native = native;
    this.#architecture = architecture;
    this.#carried = carried;
    this.#device = device;
    this.#dtype = native.parameters()[0]!.dtype;
    this.parameterCount = native.parameterCount;
    this.warnings = warnings;
  }

  /**
   * Loads a model directory in Hugging Face's layout: config.json, and weights in float32, float16 or bfloat16 as
   * safetensors or `pytorch_model.bin`, whole or in shards. What else it holds, an encoder's classifier or
   * generation_config.json, `save` writes again. A LoRA adapter of PEFT's beside the model, or alone in a directory and
   * naming its base, is merged into the weights; `save` writes what results.
   *
   * @throws InputError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`, `ERR_INVALID_OPTION`
   * @throws NativeError `ERR_LIBTORCH_NOT_FOUND`, `ERR_LIBTORCH_VERSION`, `ERR_NATIVE_NOT_BUILT`, `ERR_OUT_OF_MEMORY`
   */
  static async load(directory: string, options: LoadModelOptions = {}): Promise<Model> {
    const { device, dtype, config } = check(loadSchema, options, 'options of Model.load');
    const stored = await readArchitecture(check(directorySchema, directory, 'the directory of Model.load'));
    const located = await locateReconfigured(directory, stored, config);
    const { architecture, warnings } = located;
    const carried = await readCarried(located.base, located);
    const native = await translateNativeErrors(() =>
      loadAddon().load(architecture.spec, device, dtype, located.sources),
    );
    return new Model(native, architecture, device, carried, warnings);
  }

  /** A model with freshly drawn weights, from the fields of a config.json (`model_type` `gpt2`). */
  static async create(config: ModelConfig, options: CreateModelOptions = {}): Promise<Model> {
    const { device, dtype, seed } = check(createSchema, options, 'options of Model.create');
    const fields = check(configSchema, config, "the model's config");
    const architecture = interpretConfig(fields, "the model's config");
    const { spec, initializerRange } = architecture;
    const native = await translateNativeErrors(() =>
      loadAddon().create(spec, device, dtype, BigInt(seed), initializerRange),
    );
    return new Model(native, architecture, device);
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
   * A sequence has 1..contextLength tokens, those that it follows counted.
   *
   * @throws InputError `ERR_CONTEXT_LENGTH`, `ERR_VOCABULARY_MISMATCH`, `ERR_INVALID_OPTION`
   * @throws NativeError `ERR_NOT_FINITE`, `ERR_MODEL_DISPOSED`
   */
  async score(sequences: readonly Tokens[], options: ScoreOptions = {}): Promise<Score[]> {
    return this.#ongoing.run(() => scoreSequences(this.#native, sequences, options));
  }

  /**
   * Continues every row. Results are in input order; what a row gets does not depend on the others.
   *
   * @throws InputError `ERR_CONTEXT_LENGTH`, `ERR_VOCABULARY_MISMATCH`, `ERR_INVALID_OPTION`
   * @throws NativeError `ERR_NOT_FINITE`, `ERR_MODEL_DISPOSED`
   */
  async generate(rows: readonly GenerateRow[], options: GenerateOptions): Promise<Generation[]> {
    return this.#ongoing.run(() => generateRows(this.#generator(), rows, options));
  }

  /**
   * {@link generate} as it happens: every token of every row, and each row's end. Leaving the loop stops the work; if the
   * model is disposed of meanwhile, the next event is `ERR_MODEL_DISPOSED`.
   */
  async *stream(
    rows: readonly GenerateRow[],
    options: GenerateOptions,
  ): AsyncGenerator<GenerationEvent, void, void> {
    yield* streamRows(this.#generator(), rows, options, 1);
  }

  #generator(): Generator {
    const { layers, attention } = this.#architecture.spec;
    const numbers = 2 * layers * attention.keyValueHeads * attention.headSize;
    return {
      native: this.#native,
      contextLength: this.contextLength,
      cacheBytesPerToken: numbers * (this.#dtype === 'float32' ? 4 : 2),
    };
  }

  /**
   * Hidden states of every token, `[T, hiddenSize]` row-major for each sequence, after `layer` layers: 0 is the
   * embedding, the default the last layer with its norm.
   */
  async encode(sequences: readonly Tokens[], options: EncodeOptions = {}): Promise<Float32Array[]> {
    return this.#ongoing.run(() => this.#encode(sequences, options));
  }

  async #encode(sequences: readonly Tokens[], options: EncodeOptions): Promise<Float32Array[]> {
    const { batchTokens, signal, onProgress, layer } = check(encodeSchema, options, 'options of encode');
    check(sequencesSchema, sequences, 'sequences of encode');
    const width = this.#architecture.spec.hiddenSize;
    const out = new Array<Float32Array>(sequences.length);
    let done = 0;
    for (const group of groupByLength(sequences, batchTokens)) {
      const batch = toBatch(group.map((index) => sequences[index]!));
      const states = await withCancel(signal, (cancel) => this.#native.encode(batch, layer ?? -1, cancel));
      let offset = 0;
      for (const index of group) {
        const end = offset + sequences[index]!.length * width;
        out[index] = states.slice(offset, end);
        offset = end;
      }
      done += group.length;
      onProgress?.(done, sequences.length);
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
    const { terms } = check(trainStepSchema, options, 'options of trainStep');
    const { microBatches, optimizer, reference, signal } = options;
    const request = {
      microBatches: microBatches.map((sequences) => ({
        ...toBatch(sequences.map(({ tokens }) => tokens)),
        sets: Uint8Array.from(sequences.flatMap(({ sets }) => [...sets])),
        groups: Int32Array.from(sequences, ({ group = 0 }) => group),
      })),
      terms,
      optimizer,
      ...(reference === undefined ? {} : { reference: nativeOf(reference) }),
    };
    return withCancel(signal, (cancel) => this.#native.trainStep(request, cancel));
  }

  /** A frozen copy of the present weights: the reference model of `kl` terms. */
  async snapshot(): Promise<Model> {
    return new Model(
      await translateNativeErrors(() => this.#native.snapshot()),
      this.#architecture,
      this.#device,
      this.#carried,
    );
  }

  /**
   * Takes over the weights of a directory that this model was saved to, or of one of its snapshots, which stays as it
   * is. The optimizer starts anew; `loadTrainingState` can bring its state back.
   *
   * @throws InputError `ERR_MODEL_FORMAT` when the directory holds a model of another architecture
   */
  async restore(source: string | Model): Promise<void> {
    const restored =
      typeof source === 'string'
        ? await Model.load(source, { device: this.#device, dtype: this.#dtype })
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
    await translateNativeErrors(() => replaced.dispose());
  }

  /**
   * Writes config.json and model.safetensors (and the tokenizer's files) as transformers loads them, and copies what else
   * the checkpoint held that the model was loaded from: chat template, licence, code, but no weights. Weights that an
   * earlier save left in the directory are replaced.
   *
   * @returns what could not be copied: files over 128 MiB, or gone since
   * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL`; nothing half-written stays behind
   */
  async save(directory: string, options: SaveModelOptions = {}): Promise<SaveModelResult> {
    check(directorySchema, directory, 'the directory of save');
    const {
      tokenizer,
      maxShardBytes = DEFAULT_MAX_SHARD_BYTES,
      carryFiles,
    } = check(saveSchema, options, 'options of save');
    const leftOut = await translateNativeErrors(() =>
      writeCheckpoint(directory, this.#architecture, this.#native, {
        tokenizerFiles: tokenizer?.files ?? [],
        maxShardBytes,
        carried: this.#carried,
        carryFiles,
      }),
    );
    return { leftOut };
  }

  /** Writes the optimizer's moments and step count to a file. */
  async saveTrainingState(path: string): Promise<void> {
    await translateNativeErrors(() => writeTrainingState(path, this.#native));
  }

  async loadTrainingState(path: string): Promise<void> {
    await translateNativeErrors(() => readTrainingState(path, this.#native));
  }

  /** Canonical names, e.g. `layers.0.attention.qkv.weight`. */
  parameterNames(): string[] {
    return this.#architecture.layout.map(({ name }) => name);
  }

  /** A parameter as float32, row-major; projections are [out, in] whatever the files hold. */
  async readParameter(name: string): Promise<Float32Array> {
    return translateNativeErrors(() => this.#native.read(name, 'value'));
  }

  /** The gradient that the last training step computed, after clipping. */
  async readGradient(name: string): Promise<Float32Array> {
    return translateNativeErrors(() => this.#native.read(name, 'gradient'));
  }

  /** Frees the weights once pending work is done; later calls reject with `ERR_MODEL_DISPOSED`. Idempotent. */
  async dispose(): Promise<void> {
    await this.#ongoing.close();
    await translateNativeErrors(() => this.#native.dispose());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
