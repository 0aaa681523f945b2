/** Sampling strategies as data: what is prompted, how hot each token is drawn, what ends an output. */

/**
 * How tokens are drawn. Defaults as published (Yang et al., "Unveiling Memorization in Code Models", ICSE 2024):
 * temperature 1, top-k 40, top-p 1.
 */
export interface SamplingSettings {
  /** Of the i-th new token; the last one holds from there on. */
  readonly temperatures: readonly number[];
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  /** An end-of-text token ends the output. */
  readonly stopAtEnd: boolean;
}

const DECAY_START = 10;
const DECAY_END = 1;
const DECAY_TOKENS = 20;

/** 10.0 falling linearly to 1.0 over the first 20 tokens, then 1.0 (Carlini et al. 2021, section 5.1.1). */
export function decayingTemperatures(): number[] {
  const falling = Array.from(
    { length: DECAY_TOKENS },
    (_, step) => DECAY_START - ((DECAY_START - DECAY_END) * step) / DECAY_TOKENS,
  );
  return [...falling, DECAY_END];
}

export interface SamplingOptions {
  /** >= 0, 0 is greedy; or `decaying`. Default 1. Published scripts take any number above 1 for `decaying`; ours does not. */
  readonly temperature?: number | 'decaying';
  /** Default 40; 0 keeps all. With `decaying` always 0: the full softmax is sampled. */
  readonly topK?: number;
  /** Default 1: keeps all. */
  readonly topP?: number;
}

/**
 * The strategy that the options name. Constant temperatures stop at the end-of-text token, as transformers'
 * `generate` does in the published runs; the decaying schedule is a loop of its own there and never stops early.
 */
export function samplingSettings({
  temperature = 1,
  topK = 40,
  topP = 1,
}: SamplingOptions): SamplingSettings {
  return temperature === 'decaying'
    ? { temperatures: decayingTemperatures(), topK: 0, topP: 1, stopAtEnd: false }
    : { temperatures: [temperature], topK, topP, stopAtEnd: true };
}
