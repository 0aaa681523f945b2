/**
 * The typed contract with the native addon: what crosses the boundary, and nothing else.
 * Coarse verbs, typed arrays in and out; no tensor object is ever visible in JavaScript.
 */

export type DType = 'float32' | 'bfloat16';

/** Where the bytes of one stored tensor lie: validated in TypeScript, mapped and bounds-checked in C++. */
export interface TensorSource {
  /** The canonical parameter name (see `lib/model/families.ts`), not the name in the file. */
  readonly name: string;
  readonly dtype: DType | 'float16';
  readonly shape: readonly number[];
  readonly path: string;
  /** Absolute byte offset in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A decoder-only transformer as a list of building blocks; families translate their config.json into this. */
export interface DecoderSpec {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly contextLength: number;
  readonly normEpsilon: number;
  readonly activation: 'gelu' | 'gelu_new' | 'relu' | 'silu';
  /** The output projection is the token embedding. */
  readonly tiedHead: boolean;
  /** Multiply attention scores by 1/sqrt(headDim). */
  readonly scaleAttention: boolean;
  /** Multiply attention scores of layer i by 1/(i+1) (GPT-2's `scale_attn_by_inverse_layer_idx`). */
  readonly scaleAttentionByLayer: boolean;
}

export interface RuntimeInfo {
  readonly torchVersion: string;
  readonly threads: number;
  readonly cudaDevices: readonly string[];
}

export interface NativeParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Sequences laid end to end: `lengths[i]` tokens each. */
export interface TokenBatch {
  readonly tokens: Int32Array;
  readonly lengths: Int32Array;
}

/** For each sequence the entries of tokens 2..T, laid end to end: `sum(lengths - 1)` entries. */
export interface NativeScores {
  /** Natural-log probability of the token given what precedes it. */
  readonly logprobs: Float32Array;
  /** 1 where the token is the argmax (of equal logits the lowest id wins). */
  readonly hits: Uint8Array;
  /** 0 for the most likely token; the number of tokens with a higher logit (or an equal one and a lower id). */
  readonly ranks: Int32Array;
}

/**
 * Rows decoded together. A row continues the first `starts[r]` tokens of prompt `prompts[r]`; each prompt
 * is prefilled once however many rows continue it.
 */
export interface GenerateRequest extends TokenBatch {
  readonly prompts: Int32Array;
  /** 1 <= starts[r] <= lengths[prompts[r]]. */
  readonly starts: Int32Array;
  /** New tokens at most, per row; 0 is allowed. */
  readonly maxTokens: Int32Array;
  /** One 64-bit seed a row; the i-th new token uses the i-th number of that row's stream and of no other. */
  readonly seeds: BigUint64Array;
  /** Temperature of the i-th new token of every row; the last one holds from there on. 0 is greedy. */
  readonly temperatures: Float32Array;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  readonly stopIds: Int32Array;
}

export const STOP_REASONS = ['length', 'stop'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** New tokens of the rows laid end to end, a stop id included; `stopReasons` index {@link STOP_REASONS}. */
export interface NativeGeneration extends TokenBatch {
  readonly stopReasons: Uint8Array;
}

/**
 * A micro-batch: `sets[i]` has bit s set where token i belongs to token set s. A token counts as a target
 * given what precedes it, so the first token of a sequence never counts.
 */
export interface MicroBatch extends TokenBatch {
  readonly sets: Uint8Array;
}

/** `weight` times the mean over the tokens of set number `set`, in all micro-batches together, of `loss`. */
export interface NativeTerm {
  readonly loss: 'nll' | 'kl';
  readonly set: number;
  readonly weight: number;
}

export interface OptimizerSettings {
  readonly kind: 'adam' | 'adamw';
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Global gradient norm is clipped to this; 0 clips nothing. */
  readonly maxGradNorm: number;
}

export interface TrainStepRequest {
  readonly microBatches: readonly MicroBatch[];
  readonly terms: readonly NativeTerm[];
  readonly optimizer: OptimizerSettings;
  /** p_ref of KL(p_ref || p_model); needed when a term is `kl`. */
  readonly reference?: NativeModel | undefined;
}

export interface TrainStepResult {
  /** Sum of weight x mean. */
  readonly loss: number;
  /** The unweighted mean of each term, NaN where its set holds no token. */
  readonly terms: Float64Array;
  /** Before clipping. */
  readonly gradNorm: number;
}

export interface CancelToken {
  cancel(): void;
}

/** All methods but `parameters` queue on the model's own thread and settle there in order. */
export interface NativeModel {
  readonly parameterCount: number;
  /** In a fixed order; shapes as stored. */
  parameters(): readonly NativeParameter[];
  score(batch: TokenBatch, cancel?: CancelToken): Promise<NativeScores>;
  generate(request: GenerateRequest, cancel?: CancelToken): Promise<NativeGeneration>;
  /** One optimizer step. On an abort or an error the weights and the optimizer state are as before. */
  trainStep(request: TrainStepRequest, cancel?: CancelToken): Promise<TrainStepResult>;
  /** A parameter, its last gradient, or an optimizer moment, as float32 in row-major order. */
  read(name: string, what: 'value' | 'gradient'): Promise<Float32Array>;
  /** Appends the raw little-endian bytes of the named tensors to the open file `fd`. */
  write(fd: number, names: readonly string[], what: 'value' | 'moments'): Promise<void>;
  /** Restores the optimizer's moments as `write(.., 'moments')` laid them (per name: exp_avg, exp_avg_sq, float32). */
  loadMoments(path: string, offset: number, names: readonly string[], stepCount: number): Promise<void>;
  /** Optimizer steps taken so far. */
  stepCount(): Promise<number>;
  /** A frozen copy of the present weights. */
  snapshot(): Promise<NativeModel>;
  /** Frees the weights after pending work; later calls reject with ERR_MODEL_DISPOSED. */
  dispose(): Promise<void>;
}

export interface NativeAddon {
  readonly builtAgainst: string;
  runtime(): RuntimeInfo;
  /** Threads of every model made from now on. */
  setThreads(count: number): void;
  /** A model whose weights are drawn from N(0, initializerRange) with the family's exceptions, from `seed`. */
  create(
    spec: DecoderSpec,
    device: string,
    dtype: DType,
    seed: bigint,
    initializerRange: number,
  ): Promise<NativeModel>;
  load(
    spec: DecoderSpec,
    device: string,
    dtype: DType,
    sources: readonly TensorSource[],
  ): Promise<NativeModel>;
  createCancelToken(): CancelToken;
}
