/** What is measured: the same work for Lethe and for its peers (bench/peers), on models with random weights. */

/** Shapes only: speed does not depend on the weights, except for EL_n, where random ones are the worst case. */
export const CONFIGS = {
  tiny: { n_layer: 4, n_head: 4, n_embd: 128, n_positions: 512, vocab_size: 4096 },
  small: { n_layer: 12, n_head: 12, n_embd: 768, n_positions: 1024, vocab_size: 32768 },
} as const;

/** Rows and tokens per row; `generate` continues prompts of 16 tokens by the rest. */
export const SIZES = {
  generate: { rows: 16, tokens: 144 },
  score: { rows: 32, tokens: 256 },
  'train-step': { rows: 8, tokens: 256 },
  el: { rows: 2, tokens: 64 },
} as const;

export type BenchName = keyof typeof SIZES;
export type ConfigName = keyof typeof CONFIGS;

export const PROMPT_TOKENS = 16;
