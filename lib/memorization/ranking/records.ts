/** What ranking writes: a record for each output, and `ranking.json`, how well each score finds memorized outputs. */
import * as z from 'zod';
import { agreementSchema } from '../analysis/summary.js';

/**
 * The scores of an output, each by the name under which it stands in records; higher means more likely memorized.
 * With L(text) the mean of -ln p over the predicted tokens of a text, which is the logarithm of its perplexity:
 */
export const SCORE_NAMES = [
  /** -L1, by model 1 (Carlini et al. 2021, as all up to `zlib`; REFERENCE section 4). */
  'perplexity',
  /** L1 / L2: outputs that model 2 knows better than model 1 first; model 1 is the small one. */
  'smallFirst',
  /** L2 / L1: outputs that model 1 knows better than model 2 first; model 1 is the large one. */
  'largeFirst',
  /** L1 of the lower-cased text / L1. */
  'lowercase',
  /** Bytes of the compressed text / L1. */
  'zlib',
  /** Mean ln p of the least likely tokens (Shi et al. 2024). */
  'minK',
  /** Mean of the lowest (ln p - mean) / deviation, both under the model's own distribution (Zhang et al. 2024). */
  'minKPlusPlus',
] as const;
export type ScoreName = (typeof SCORE_NAMES)[number];

const score = z.number().nullable();
const count = z.int().min(0);

/** A line of `ranking.jsonl`. */
export const rankedOutputSchema = z.strictObject({
  id: z.string(),
  /** Of the text as it was scored. */
  tokens: count,
  /** The output was longer than the context and has been cut to it. */
  cut: z.boolean(),
  /** As `zlib.compress` of Python makes it. */
  zlibBytes: count,
  /** Of model 1; null for a text of less than two tokens, which has nothing to predict. */
  perplexity: score,
  /** Of model 2, where there is one. */
  perplexity2: score.optional(),
  /** Of model 1 for the lower-cased text. */
  perplexityLower: score,
  /** Windows that the output has, where windows are scored. */
  windows: count.optional(),
  /** By {@link SCORE_NAMES}; those of windows begin with `window`: `windowPerplexity`. */
  scores: z.record(z.string(), score),
  /** 1 + the outputs with a higher score; null where there is no score. */
  ranks: z.record(z.string(), z.int().min(1).nullable()).optional(),
  /** Whether clone detection found a block of it in the corpus. */
  memorized: z.boolean().optional(),
});
export type RankedOutput = z.infer<typeof rankedOutputSchema>;
/** Before all outputs are known. */
export type ScoredOutput = Omit<RankedOutput, 'ranks' | 'memorized'>;

const share = z.number().min(0).max(1);

/** How well one score tells memorized outputs from others. */
export const scoreQualitySchema = z.strictObject({
  name: z.string(),
  /** Share of memorized outputs among the best n. Equal scores share their places: the mean over their orders. */
  precisionAt: z.array(z.strictObject({ n: z.int().min(1), precision: share })),
  /** Probability that a memorized output scores higher than another one, ties counting half; null where either kind is missing. */
  auc: share.nullable(),
  /** [false positive rate, true positive rate] from [0, 0] to [1, 1]; empty where `auc` is null. */
  roc: z.array(z.tuple([share, share])),
});
export type ScoreQuality = z.infer<typeof scoreQualitySchema>;

/** `ranking.json`. */
export const rankingSchema = z.strictObject({
  version: z.literal(1),
  outputs: count,
  /** Of these, how many clone detection confirms. */
  memorized: count,
  /** Blocks that the logs call equal and are not as text; absent where all were taken. */
  agreement: agreementSchema.optional(),
  scores: z.array(scoreQualitySchema),
});
export type Ranking = z.infer<typeof rankingSchema>;

export const RANKING_FILE = 'ranking.json';
