/** What the verbs of a model take and give, and the checks of what they take. */
import * as z from 'zod';
import type { DType, NativeTerm, OptimizerSettings, StopReason } from '../native/contract.js';
import type { DecodingEvent } from './decoding/decoding.js';
import type { Decoder } from './decoding/stop-strings.js';
import type { LeftOutFile } from './weights/carried-files.js';

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
  /** Mean of log p under p itself at the predicting position: minus the entropy, in nats. */
  readonly means: Float32Array;
  /** Variance of log p under p itself there (Min-K++, Zhang et al. 2024). */
  readonly variances: Float32Array;
}

export interface LoadModelOptions {
  /** `cpu`, `cuda` or `cuda:N`. Default `cpu`. */
  readonly device?: string;
  /** What the weights are converted to. Training needs `float32`. Default `float32`. */
  readonly dtype?: DType;
  /**
   * Fields that replace those of config.json. A larger `vocab_size` adds tokens, each with the mean of the others'
   * embeddings (and head). Default none.
   */
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface CreateModelOptions extends Omit<LoadModelOptions, 'config'> {
  /** Of the weights drawn. Default 0. */
  readonly seed?: number;
}

export interface SaveModelOptions {
  /** Whose files are copied beside the weights. */
  readonly tokenizer?: { readonly files: readonly string[] };
  /** Weights beyond this many bytes go to several files and an index. Default 5 GB, as transformers. */
  readonly maxShardBytes?: number;
  /**
   * Also copy the files beside the weights of the checkpoint that the model was loaded from. Default true; states of a
   * run, which nothing but that run reads, need none.
   */
  readonly carryFiles?: boolean;
}

export interface SaveModelResult {
  /** Files of the checkpoint that the model came from which were not copied, and why; weights are not among them. */
  readonly leftOut: readonly LeftOutFile[];
}

interface BatchOptions {
  /** Tokens of one native call at most, padding included. Default 8192. */
  readonly batchTokens?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (sequencesDone: number, sequences: number) => void;
}

/** How the next token is drawn, as {@link GenerateOptions} has it. */
export interface Sampler {
  /** >= 0; 0 is greedy. Default 1. */
  readonly temperature?: number | undefined;
  /** Draw from the k most likely tokens; 0 keeps all. Default 0. */
  readonly topK?: number | undefined;
  /** Draw from the most likely tokens that together reach this probability, (0, 1]. Default 1. */
  readonly topP?: number | undefined;
}

export interface ScoreOptions extends BatchOptions {
  /**
   * Tokens that every sequence follows, computed once a native call and not once a sequence. The entries are then those
   * of all tokens of a sequence, `T` each: the first is predicted as well. Default none.
   */
  readonly after?: Tokens;
  /**
   * `logprobs` are those of the tokens as it draws them: minus infinity for one that it leaves out. The other entries are
   * the model's own, whatever it is. Default: the model's own distribution.
   */
  readonly sampler?: Sampler;
}

export interface EncodeOptions extends BatchOptions {
  /** States after this many layers; 0 is the embedding. Default: all, with the last norm. */
  readonly layer?: number;
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
  /** Keep tokens at least this many times as likely as the most likely one, [0, 1]. Default 0. */
  readonly minP?: number;
  /** Of tokens that the row holds already (Keskar et al. 2019); 1 changes nothing. Default 1. */
  readonly repetitionPenalty?: number;
  /** Default 0. A row's text depends on its seed and prompt only, not on the batch it sat in. */
  readonly seed?: number;
  /** Token ids that end a row. Default none. */
  readonly stopIds?: readonly number[];
  /** Strings that end a row once its text holds one, wherever tokens begin and end; needs `tokenizer`. Default none. */
  readonly stop?: readonly string[];
  readonly tokenizer?: Decoder;
  /**
   * Rows decoded together at most; a finished row's place goes to one that waits. Default: as many as 1 GiB of cache
   * holds, from 1 to 128.
   */
  readonly batchRows?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (tokensDone: number, rowsDone: number) => void;
}

export interface Generation {
  /** New tokens only; a stop id or stop string that ended the row is included. */
  readonly tokens: Tokens;
  /** Natural-log probability of each new token under the model's own distribution, before temperature and filters. */
  readonly logprobs: Float32Array;
  /** `stop`: a stop id was drawn or a stop string appeared, be it with the last token; else `length`. */
  readonly stopReason: StopReason;
}

/** What happens to a row, by its index. */
export type GenerationEvent = DecodingEvent;

/** A sequence to train on; bit s of `sets[i]` says that token i belongs to token set s. */
export interface TrainingSequence {
  readonly tokens: Tokens;
  readonly sets: Uint8Array;
  /**
   * Number of the group of documents whose losses are reduced together, from 0 to the step's sequences - 1. Default: 0,
   * so that all are one group.
   */
  readonly group?: number;
}

/** What to minimize, see `NativeTerm`; reduced by `mean` where it does not say. */
export type TrainTerm = Omit<NativeTerm, 'reduction'> & Partial<Pick<NativeTerm, 'reduction'>>;

/** `TrainStepOptions` of model.ts, which knows what a model is. */
export interface TrainStepSettings<Reference> {
  /** Gradients are summed over these, as if they were one batch. */
  readonly microBatches: readonly (readonly TrainingSequence[])[];
  readonly terms: readonly TrainTerm[];
  readonly optimizer: OptimizerSettings;
  /** The frozen model of `kl` terms. */
  readonly reference?: Reference;
  readonly signal?: AbortSignal;
}

const placement = {
  device: z.string().default('cpu'),
  dtype: z.enum(['float32', 'bfloat16', 'float16']).default('float32'),
};
const count = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const seed = z.number().int().nonnegative().default(0);
const tokens = z.custom<Int32Array>((value) => value instanceof Int32Array, 'an Int32Array');
const finite = z.number();
const call = {
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'an AbortSignal').optional(),
  onProgress: z
    .custom<(done: number, total: number) => void>((value) => typeof value === 'function', 'a function')
    .optional(),
};
const temperature = finite.nonnegative();

export const loadSchema = z.strictObject({
  ...placement,
  config: z.record(z.string(), z.unknown()).default({}),
});
export const createSchema = z.strictObject({ ...placement, seed });
export const configSchema = z.record(z.string(), z.unknown());
export const directorySchema = z.string().min(1);
export const saveSchema = z.strictObject({
  tokenizer: z
    .custom<{ files: readonly string[] }>(
      (value) => Array.isArray((value as { files?: unknown } | null)?.files),
      'a Tokenizer',
    )
    .optional(),
  maxShardBytes: z.number().int().positive().optional(),
  carryFiles: z.boolean().default(true),
});
const batchSchema = z.strictObject({ batchTokens: count.min(1).default(8192), ...call });
export const samplerSchema = z.strictObject({
  temperature: temperature.default(1),
  topK: count.default(0),
  topP: finite.gt(0).max(1).default(1),
});
export const scoreSchema = batchSchema.extend({
  after: tokens.refine((ids) => ids.length > 0, 'at least one token').optional(),
  sampler: samplerSchema.optional(),
});
export const encodeSchema = batchSchema.extend({ layer: count.optional() });
export const sequencesSchema = z.array(tokens);
export const rowsSchema = z.array(
  z.strictObject({
    prompt: tokens,
    start: count.min(1).optional(),
    maxTokens: count.optional(),
    seed: z
      .bigint()
      .min(0n)
      .max(2n ** 64n - 1n)
      .optional(),
  }),
);
export const generateSchema = z.strictObject({
  maxTokens: count,
  temperature: z
    .union([temperature, z.array(temperature).min(1)], 'a number >= 0, or a list of them')
    .default(1),
  topK: count.default(0),
  topP: finite.positive().max(1).default(1),
  minP: finite.min(0).max(1).default(0),
  repetitionPenalty: finite.positive().default(1),
  seed,
  stopIds: z.array(count).default([]),
  stop: z.array(z.string().min(1)).default([]),
  tokenizer: z
    .custom<Decoder>(
      (value) => typeof (value as { decode?: unknown } | null)?.decode === 'function',
      'a Tokenizer',
    )
    .optional(),
  batchRows: count.min(1).optional(),
  ...call,
});

const sequenceSchema = z
  .strictObject({
    tokens,
    sets: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'a Uint8Array'),
    group: count.optional(),
  })
  .refine(({ tokens, sets }) => tokens.length === sets.length, 'sets as long as tokens');
const share = finite.min(0).lt(1);
export const trainStepSchema = z.strictObject({
  microBatches: z.array(z.array(sequenceSchema).min(1)).min(1),
  terms: z
    .array(
      z.strictObject({
        loss: z.enum(['nll', 'kl']),
        set: z.number().int().min(0).max(7),
        weight: finite,
        reduction: z.enum(['mean', 'perDocument']).default('mean'),
      }),
    )
    .min(1),
  optimizer: z.strictObject({
    kind: z.enum(['adam', 'adamw']),
    learningRate: finite.nonnegative(),
    beta1: share,
    beta2: share,
    epsilon: finite.positive(),
    weightDecay: finite.nonnegative(),
    maxGradNorm: finite.nonnegative(),
  }),
  reference: z.unknown().optional(),
  signal: call.signal,
});
