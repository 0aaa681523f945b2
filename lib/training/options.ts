/** Options that every kind of training shares, their defaults and their checks. */
import * as z from 'zod';
import type { OptimizerSettings } from '../native/contract.js';

export interface OptimizerOptions {
  /** Default: `adamw` for training, `adam` for unlearning. */
  readonly optimizer?: OptimizerSettings['kind'] | undefined;
  /** Exponential decay of the two moments, each in [0, 1). Default: 0.9 and 0.999; for unlearning 0.9 and 0.98. */
  readonly betas?: readonly [number, number] | undefined;
  /** Default: 1e-8. */
  readonly epsilon?: number | undefined;
  /** Default: 0. */
  readonly weightDecay?: number | undefined;
  /** The global gradient norm is clipped to this; 0 clips nothing. Default: 1 for training, 0 for unlearning. */
  readonly maxGradNorm?: number | undefined;
}

const beta = z.number().min(0).lt(1);

/** The zod fields of {@link OptimizerOptions}, with the defaults of one kind of training. */
export function optimizerFields(defaults: {
  optimizer: OptimizerSettings['kind'];
  betas: [number, number];
  maxGradNorm: number;
}) {
  return {
    optimizer: z.enum(['adam', 'adamw']).default(defaults.optimizer),
    betas: z.tuple([beta, beta]).default(defaults.betas),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).default(0),
    maxGradNorm: z.number().min(0).default(defaults.maxGradNorm),
  };
}

/** The options in the form of the native step. */
export function optimizerSettings(
  options: {
    optimizer: OptimizerSettings['kind'];
    betas: [number, number];
    epsilon: number;
    weightDecay: number;
    maxGradNorm: number;
  },
  learningRate: number,
): OptimizerSettings {
  return {
    kind: options.optimizer,
    learningRate,
    beta1: options.betas[0],
    beta2: options.betas[1],
    epsilon: options.epsilon,
    weightDecay: options.weightDecay,
    maxGradNorm: options.maxGradNorm,
  };
}

/** Tokens of a micro-batch, padding included: about what a small model's activations allow on a laptop. */
export const DEFAULT_MICRO_BATCH_TOKENS = 4096;

/** Saves of a long run's state lie this far apart, in seconds, so that a crash costs little. */
export const DEFAULT_SAVE_EVERY_SECONDS = 300;
