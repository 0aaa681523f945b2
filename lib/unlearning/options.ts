/** What a run of unlearning takes and gives: options with their defaults and checks, events and the result. */
import * as z from 'zod';
import type { Thresholds } from '../memorization/thresholds.js';
import type { ProgressEvent } from '../progress.js';
import {
  DEFAULT_MICRO_BATCH_TOKENS,
  DEFAULT_SAVE_EVERY_SECONDS,
  type OptimizerOptions,
  optimizerFields,
} from '../training/options.js';
import type { Objective, ObjectiveTerm } from './objectives.js';
import type { PlannedStep, UnlearningDocument } from './plan.js';
import type { UnlearnStopReason } from './stop-rule.js';
import type { EpochFindings, Verdict } from './verdict.js';

/** Defaults are the published ones (REFERENCE section 8) unless they say otherwise. */
export interface UnlearnOptions extends OptimizerOptions {
  /** The method, e.g. `codeEraser()`. */
  readonly objective: Objective;
  /** Documents to forget: one optimizer step each epoch sees all of them. Published: 32. */
  readonly forget: readonly UnlearningDocument[];
  /**
   * Documents whose behaviour to keep, all in one step too. Needed where the objective has terms on them; the loss on
   * them is measured in every epoch, whether it has or not.
   */
  readonly retain?: readonly UnlearningDocument[] | undefined;
  /** From `computeThresholds` on unseen code. */
  readonly thresholds: Thresholds;
  /** EL_n is measured once MA is at most this far above its threshold, >= 0. Default: 0.1. */
  readonly margin?: number | undefined;
  /** The n of the EL_n that is watched, an integer >= 1. Default: 10. */
  readonly elN?: number | undefined;
  /** Evaluations of EL_n without improvement that end the run once MA is below its threshold. Default: 5. */
  readonly patience?: number | undefined;
  /** An integer >= 1. Default: 100. */
  readonly maxEpochs?: number | undefined;
  /** Constant, > 0. Default: 3e-6. */
  readonly learningRate?: number | undefined;
  /**
   * Whose MA and EL_n decide: the masked `secrets` after their prefixes, or whole `sequences`. Default: `secrets` for
   * an objective with terms on secret tokens (CodeEraser, SSGA), `sequences` for the others (GA, CU).
   */
  readonly evaluate?: 'secrets' | 'sequences' | undefined;
  /** Tokens before a secret that the evaluation shows, an integer >= 1. Default: 128. */
  readonly prefixTokens?: number | undefined;
  /** Tokens of a secret that the evaluation probes, an integer >= 1. Default: 32. */
  readonly secretTokens?: number | undefined;
  /** Tokens that pass through the model at once, padding included: memory, never the result's mathematics. Default: 4096. */
  readonly microBatchTokens?: number | undefined;
  /** Keeps the run here, so that the same call goes on after an interruption. Default: nowhere. */
  readonly stateDirectory?: string | undefined;
  /** Seconds between two saves into `stateDirectory`. Default: 300. An interruption saves at once. */
  readonly saveEverySeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one optimizer step found, before it changed the weights. */
export interface UnlearnStep {
  readonly on: PlannedStep['on'];
  /** Sum of weight x mean of the terms. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  /** Of each term the mean over micro-batches of what it is reduced to, without its weight; null where its token set is empty. */
  readonly terms: readonly (ObjectiveTerm & { readonly mean: number | null })[];
}

/** One epoch: its steps, and what the evaluation after them found. Epoch 0 has no steps. */
export interface UnlearnEpoch extends EpochFindings {
  readonly steps: readonly UnlearnStep[];
}

export interface UnlearnEpochEvent extends UnlearnEpoch {
  readonly type: 'epoch';
  /** Whether its weights are the ones to keep so far. */
  readonly best: boolean;
}

export type UnlearnEvent = UnlearnEpochEvent | ProgressEvent;

export interface UnlearnResult {
  /** Epoch 0, the model before unlearning, and every epoch after it. */
  readonly history: readonly UnlearnEpoch[];
  /** Epochs run; 0 where the model was below the thresholds from the start. */
  readonly epochs: number;
  readonly stopReason: UnlearnStopReason;
  /** The epoch whose weights the model has now. */
  readonly bestEpoch: number;
  /** The evaluation of `bestEpoch`. */
  readonly best: EpochFindings;
  /** Whether it was forgotten, and if not, why. */
  readonly verdict: Verdict;
}

const tokens = z.instanceof(Int32Array);
// Loose, here and for thresholds: documents and thresholds come from stages that say more about them.
const documents = z.array(
  z.object({
    id: z.string(),
    tokens,
    mask: z.instanceof(Uint8Array).optional(),
    spans: z.array(z.object({ first: z.int(), last: z.int() })).optional(),
  }),
);
const terms = z.array(
  z.strictObject({
    loss: z.enum(['nll', 'kl']),
    tokens: z.enum(['all', 'secret', 'context']),
    reduction: z.enum(['mean', 'perDocument']).default('mean'),
    weight: z.number(),
  }),
);
const share = z.number().min(0).max(1);

export const unlearnSchema = z.strictObject({
  objective: z.strictObject({
    name: z.string(),
    forget: terms.min(1),
    retain: terms,
    schedule: z.enum(['alternate', 'joint']),
    microBatch: z.int().min(1).optional(),
  }),
  forget: documents,
  retain: documents.default([]),
  thresholds: z.object({
    memorizationAccuracy: share,
    extractionLikelihood: z.record(z.string(), share),
  }),
  margin: z.number().min(0).default(0.1),
  elN: z.int().min(1).default(10),
  patience: z.int().min(1).default(5),
  maxEpochs: z.int().min(1).default(100),
  learningRate: z.number().positive().default(3e-6),
  evaluate: z.enum(['secrets', 'sequences']).optional(),
  prefixTokens: z.int().min(1).default(128),
  secretTokens: z.int().min(1).default(32),
  microBatchTokens: z.int().min(1).default(DEFAULT_MICRO_BATCH_TOKENS),
  stateDirectory: z.string().min(1).optional(),
  saveEverySeconds: z.number().positive().default(DEFAULT_SAVE_EVERY_SECONDS),
  signal: z.instanceof(AbortSignal).optional(),
  ...optimizerFields({ optimizer: 'adam', betas: [0.9, 0.98], maxGradNorm: 0 }),
});

export type UnlearnSettings = z.infer<typeof unlearnSchema>;
