/**
 * A causal language model: load, create, score, generate, train, save.
 * The weights live in C++; this file turns documents into batches and nothing more.
 */
import type { NativeTerm, OptimizerSettings, StopReason, TrainStepResult } from '../native/contract.js';

/** Token ids of one sequence. */
export type Tokens = Int32Array;

/** The entries of tokens 2..T of one sequence: `T - 1` each. */
export interface Score {
  /** Natural-log probability of the token given what precedes it. */
  readonly logprobs: Float32Array;
  /** 1 where the token is the argmax. */
  readonly hits: Uint8Array;
  /** 0 for the most likely token. */
  readonly ranks: Int32Array;
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

export interface Generation {
  /** New tokens only; a stop id that ended the row is included. */
  readonly tokens: Tokens;
  readonly stopReason: StopReason;
}

/** A sequence to train on; bit s of `sets[i]` says that token i belongs to token set s. */
export interface TrainingSequence {
  readonly tokens: Tokens;
  readonly sets: Uint8Array;
}

export interface TrainStepOptions {
  readonly microBatches: readonly (readonly TrainingSequence[])[];
  readonly terms: readonly NativeTerm[];
  readonly optimizer: OptimizerSettings;
  readonly reference?: Model;
  readonly signal?: AbortSignal;
}
