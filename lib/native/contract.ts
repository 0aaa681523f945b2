/**
 * The typed contract with the native addon: what crosses the boundary, and nothing else.
 * Coarse verbs, typed arrays in and out; no tensor object is ever visible in JavaScript.
 */

export type DType = 'float32' | 'bfloat16' | 'float16';

/** A run of bytes in a file that holds rows of a parameter: checked in TypeScript, read and bounds-checked in C++. */
export interface Piece {
  readonly path: string;
  /** Absolute byte offset in the file. */
  readonly offset: number;
  readonly dtype: DType;
  /** As in the file. */
  readonly shape: Int32Array;
  /** The file holds [in, out]; parameters are [out, in]. */
  readonly transposed: boolean;
}

/** Rows of a parameter get `scale` times the product of two matrices more: LoRA (Hu et al. 2022). */
export interface Update {
  readonly firstRow: number;
  readonly scale: number;
  /** [rows, rank], of as many rows of the parameter. */
  readonly left: Piece;
  /** [rank, columns]. */
  readonly right: Piece;
}

/** Pieces follow one another along the first dimension. */
export interface ParameterSource {
  /** The canonical parameter name (see `lib/model/families/`), not the name in the file. */
  readonly name: string;
  readonly pieces: readonly Piece[];
  /** Rows after the pieces, each the mean of all rows before: those of tokens that the checkpoint does not have. */
  readonly meanRows: number;
  /** Added to the pieces in float32, before these are rounded to the type of the model. */
  readonly updates: readonly Update[];
}

/** Rows of a parameter on their way to a file. */
export interface Slice {
  readonly name: string;
  readonly firstRow: number;
  readonly rows: number;
  readonly transposed: boolean;
}

/** A transformer as a list of building blocks; families translate their config.json into this. */
export interface TransformerSpec {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly contextLength: number;
  readonly norm: {
    readonly rms: boolean;
    /** Scales by 1 + weight (Gemma). */
    readonly unitOffset: boolean;
    readonly epsilon: number;
  };
  readonly embedding: {
    readonly scale: number;
    /** Rows of a learned position table; 0 has none. */
    readonly learnedPositions: number;
    /** The first token's row in it. */
    readonly positionOffset: number;
    /** Rows of a token-type table, of which row 0 is used; 0 has none. */
    readonly types: number;
    readonly norm: boolean;
  };
  readonly rotary: {
    /** Radians per position of each dimension pair; empty without rotary positions. */
    readonly frequencies: Float64Array;
    /** Pairs are (2i, 2i + 1) instead of (i, i + n). */
    readonly interleaved: boolean;
  };
  readonly attention: {
    readonly heads: number;
    readonly keyValueHeads: number;
    readonly headSize: number;
    readonly scale: number;
    /** Scores of layer i are divided by i + 1 (GPT-2's `scale_attn_by_inverse_layer_idx`). */
    readonly scaleByLayer: boolean;
    readonly causal: boolean;
    readonly qkvBias: boolean;
    readonly outBias: boolean;
    /** Per layer: a token sees itself and this many - 1 tokens before it; 0 sees all. */
    readonly windows: Int32Array;
  };
  readonly mlp: {
    readonly size: number;
    readonly gated: boolean;
    readonly bias: boolean;
    readonly activation: 'gelu' | 'gelu_tanh' | 'relu' | 'silu';
  };
  /** Where the norms stand: before attention and MLP, before both at once, or after each. */
  readonly residual: 'pre' | 'parallel' | 'post';
  readonly head: 'none' | 'tied' | 'own';
  readonly headBias: boolean;
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
  /** Mean of log p under p itself at the position that predicts the token: minus the entropy. */
  readonly means: Float32Array;
  /** Variance of log p under p itself there. */
  readonly variances: Float32Array;
}

export interface NativeScoreOptions {
  /** Tokens that every sequence of the batch follows, computed once; may be empty. */
  readonly after: Int32Array;
  /** Whose log-probabilities `logprobs` are: minus infinity for a token that it leaves out. Without: the model's own. */
  readonly rule?: {
    /** 0 is greedy. */
    readonly temperature: number;
    /** 0 keeps all. */
    readonly topK: number;
    /** 1 keeps all. */
    readonly topP: number;
  };
}

export interface SessionOptions {
  /** Rows decoded together at most; the cache for them is allocated once. */
  readonly slots: number;
  /** Tokens of a row at most, prompt and continuation. */
  readonly capacity: number;
  /** Temperature of the i-th new token of every row; the last one holds from there on. 0 is greedy. */
  readonly temperatures: Float32Array;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  /** 0 keeps all. */
  readonly minP: number;
  /** 1 changes nothing. */
  readonly repetitionPenalty: number;
  readonly stopIds: Int32Array;
}

/** Parallel arrays, one entry a row. */
export interface SessionRows {
  /** The caller's, unique among the rows of the session. */
  readonly ids: Int32Array;
  /** Ids of prompts that the session holds. */
  readonly prompts: Int32Array;
  /** Continue this many tokens of the prompt, >= 1. */
  readonly starts: Int32Array;
  /** New tokens at most, >= 1. */
  readonly maxTokens: Int32Array;
  /** One 64-bit seed a row; the i-th new token uses the i-th number of that row's stream and of no other. */
  readonly seeds: BigUint64Array;
}

/** `length`: as many tokens as were allowed; `stop`: what ends a row was drawn. */
export const STOP_REASONS = ['length', 'stop'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** What some steps made, in order of time; `reasons` index {@link STOP_REASONS}. */
export interface NativeSteps {
  readonly rows: Int32Array;
  readonly tokens: Int32Array;
  /** Under the model's own distribution, before temperature and filters. */
  readonly logprobs: Float32Array;
  /** Rows that left their slots. */
  readonly finished: Int32Array;
  readonly reasons: Uint8Array;
}

/** Decoding with a fixed number of slots; all methods queue on the model's thread. */
export interface NativeSession {
  /** Computes prompts once and keeps them until they are dropped. */
  addPrompts(prompts: TokenBatch & { readonly ids: Int32Array }, cancel?: CancelToken): Promise<void>;
  dropPrompts(prompts: { readonly ids: Int32Array }): Promise<void>;
  /** Rows take free slots; rejects when there are too few. */
  addRows(rows: SessionRows): Promise<void>;
  dropRows(rows: { readonly ids: Int32Array }): Promise<void>;
  /** Up to `steps` tokens for every row; returns early once a row has finished. */
  step(steps: number, cancel?: CancelToken): Promise<NativeSteps>;
  close(): Promise<void>;
}

/**
 * A micro-batch: `sets[i]` has bit s set where token i belongs to token set s. A token counts as a target
 * given what precedes it, so the first token of a sequence never counts.
 */
export interface MicroBatch extends TokenBatch {
  readonly sets: Uint8Array;
  /** Of each sequence, the group of documents whose losses are reduced together: 0 to the step's sequences - 1. */
  readonly groups: Int32Array;
}

/** How the losses of a group's tokens become one number: their mean, or their sum divided by the group's documents. */
export type Reduction = 'mean' | 'perDocument';

/**
 * `weight` times `loss` over the tokens of set number `set`: reduced within each group of documents, then averaged over
 * the groups that hold a token of the set, in all micro-batches together.
 */
export interface NativeTerm {
  readonly loss: 'nll' | 'kl';
  readonly set: number;
  readonly weight: number;
  readonly reduction: Reduction;
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
  /** Sum of weight x term. */
  readonly loss: number;
  /** Each term without its weight, NaN where its set holds no token. */
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
  score(batch: TokenBatch, options: NativeScoreOptions, cancel?: CancelToken): Promise<NativeScores>;
  /** Hidden states after `layers` layers (-1: all, and the last norm) of every token, [sum(lengths), C]. */
  encode(batch: TokenBatch, layers: number, cancel?: CancelToken): Promise<Float32Array>;
  openSession(options: SessionOptions): Promise<NativeSession>;
  /** One optimizer step. On an abort or an error the weights and the optimizer state are as before. */
  trainStep(request: TrainStepRequest, cancel?: CancelToken): Promise<TrainStepResult>;
  /** A parameter, its last gradient, or an optimizer moment, as float32 in row-major order. */
  read(name: string, what: 'value' | 'gradient'): Promise<Float32Array>;
  /** Appends the raw little-endian bytes of the slices to the open file `fd`. */
  writeValues(fd: number, slices: readonly Slice[]): Promise<void>;
  /** Appends exp_avg and exp_avg_sq of each named parameter, float32. */
  writeMoments(fd: number, names: readonly string[]): Promise<void>;
  /** Restores the optimizer's moments as `writeMoments` laid them. */
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
    spec: TransformerSpec,
    device: string,
    dtype: DType,
    seed: bigint,
    initializerRange: number,
  ): Promise<NativeModel>;
  load(
    spec: TransformerSpec,
    device: string,
    dtype: DType,
    sources: readonly ParameterSource[],
  ): Promise<NativeModel>;
  createCancelToken(): CancelToken;
}
