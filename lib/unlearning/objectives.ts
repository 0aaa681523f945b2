/**
 * Unlearning methods as data (REFERENCE section 8): which loss, on which tokens of which set, reduced how, with which
 * weight. A new method that needs no new kind of loss is a new function here and nothing else.
 */
import * as z from 'zod';
import { check } from '../check.js';
import type { Reduction } from '../native/contract.js';

/** `all` tokens of a document, its `secret` ones by the mask, or the `context`: all others. */
export type TokenSet = 'all' | 'secret' | 'context';

/**
 * `weight` times a loss: `nll` is the next-token loss -ln p, `kl` is KL(p_ref || p_model) with the frozen model from
 * before unlearning. The step minimizes the sum of the terms, so a negative weight drives a loss up.
 */
export interface ObjectiveTerm {
  readonly loss: 'nll' | 'kl';
  readonly tokens: TokenSet;
  /**
   * What the losses of the tokens of a micro-batch become: their `mean`, or, `perDocument`, their sum divided by its
   * documents, which is the mean times as many tokens as a document has. Default: `mean`.
   */
  readonly reduction?: Reduction | undefined;
  readonly weight: number;
}

export interface Objective {
  /** As it appears in reports. */
  readonly name: string;
  /** Terms on the documents to forget. */
  readonly forget: readonly ObjectiveTerm[];
  /** Terms on the documents to retain; none means that they are not used. */
  readonly retain: readonly ObjectiveTerm[];
  /** `alternate`: a step on forget, then one on retain (published). `joint`: one step on the sum of both. */
  readonly schedule: 'alternate' | 'joint';
  /**
   * Documents whose losses are reduced together, an integer >= 1, in the order in which they are given; a step averages
   * over such micro-batches. Published: 2, so that a document with few secret tokens weighs more than in a mean over all.
   * Default: all documents of a step. It has nothing to do with what passes through the model at once.
   */
  readonly microBatch?: number | undefined;
}

/** Coefficients are numbers >= 0. */
export interface SelectiveOptions {
  /** Weight of the context's next-token loss, which keeps the code around the secrets. Default: 0.1. */
  readonly gamma?: number | undefined;
  /** Weight of the KL terms. Default: 0.1, but 50 for CU with reduction `mean`. */
  readonly lambda?: number | undefined;
  /** Weight of the retained documents' KL beside the forgotten ones'. Default: 1; with reduction `mean` 30, and 0.25 for CU. */
  readonly alpha?: number | undefined;
  /** Default: `alternate`. */
  readonly schedule?: Objective['schedule'] | undefined;
  /**
   * `published`: as the published code computes it, where the KL of whole documents is a sum over their tokens. `mean`
   * (ours): every term is a mean over tokens, so that a weight means the same for short and long documents; the defaults
   * of `lambda` and `alpha` suit it. Default: `published`.
   */
  readonly reduction?: 'published' | 'mean' | undefined;
  /** See {@link Objective.microBatch}. Default: 2; with reduction `mean` all documents of a step. */
  readonly microBatch?: number | undefined;
}

/** Published micro-batches, the documents that pass through the model at once there. */
const MICRO_BATCH = 2;

const weight = z.number().min(0);
const schema = z.strictObject({
  gamma: weight.default(0.1),
  lambda: weight.optional(),
  alpha: weight.optional(),
  schedule: z.enum(['alternate', 'joint']).default('alternate'),
  reduction: z.enum(['published', 'mean']).default('published'),
  microBatch: z.int().min(1).optional(),
});

const PUBLISHED = { lambda: 0.1, alpha: 1 };

/**
 * Options with their defaults, and how the KL of whole documents is reduced.
 *
 * @param mean weights that suit means over tokens
 */
function settingsOf(options: SelectiveOptions, of: string, mean = PUBLISHED) {
  const given = check(schema, options, `options of ${of}`);
  const published = given.reduction === 'published';
  const { lambda, alpha } = published ? PUBLISHED : mean;
  return {
    gamma: given.gamma,
    lambda: given.lambda ?? lambda,
    alpha: given.alpha ?? alpha,
    schedule: given.schedule,
    microBatch: given.microBatch ?? (published ? MICRO_BATCH : undefined),
    whole: published ? 'perDocument' : 'mean',
  } as const;
}

/** GA, gradient ascent on whole documents (Jang et al. 2023). Has no coefficients. */
export const gradientAscent = (
  options: Pick<SelectiveOptions, 'reduction' | 'microBatch'> = {},
): Objective => {
  const { microBatch } = settingsOf(options, 'gradientAscent');
  return {
    name: 'GA',
    forget: [{ loss: 'nll', tokens: 'all', reduction: 'mean', weight: -1 }],
    retain: [],
    schedule: 'alternate',
    microBatch,
  };
};

/** CU, constrained unlearning: gradient ascent, away from the reference on forget and towards it on retain. */
export const constrained = (options: Omit<SelectiveOptions, 'gamma'> = {}): Objective => {
  const { lambda, alpha, schedule, microBatch, whole } = settingsOf(options, 'constrained', {
    lambda: 50,
    alpha: 0.25,
  });
  return {
    name: 'CU',
    forget: [
      { loss: 'nll', tokens: 'all', reduction: 'mean', weight: -1 },
      { loss: 'kl', tokens: 'all', reduction: whole, weight: -lambda },
    ],
    retain: [{ loss: 'kl', tokens: 'all', reduction: whole, weight: lambda * alpha }],
    schedule,
    microBatch,
  };
};

/** SSGA, selective gradient ascent: up on the secrets, down on the code around them; no retained set. */
export const selectiveAscent = (
  options: Pick<SelectiveOptions, 'gamma' | 'reduction' | 'microBatch'> = {},
): Objective => {
  const { gamma, microBatch } = settingsOf(options, 'selectiveAscent');
  return {
    name: 'SSGA',
    forget: [
      { loss: 'nll', tokens: 'secret', reduction: 'mean', weight: -1 },
      { loss: 'nll', tokens: 'context', reduction: 'mean', weight: gamma },
    ],
    retain: [],
    schedule: 'alternate',
    microBatch,
  };
};

/** CodeEraser (published as SSCU): selective ascent, constrained by KL on secrets and on retained documents. */
export const codeEraser = (options: SelectiveOptions = {}): Objective => {
  const { gamma, lambda, alpha, schedule, microBatch, whole } = settingsOf(options, 'codeEraser', {
    lambda: 0.1,
    alpha: 30,
  });
  return {
    name: 'CodeEraser',
    forget: [
      { loss: 'nll', tokens: 'secret', reduction: 'mean', weight: -1 },
      { loss: 'nll', tokens: 'context', reduction: 'mean', weight: gamma },
      { loss: 'kl', tokens: 'secret', reduction: 'mean', weight: -lambda },
    ],
    retain: [{ loss: 'kl', tokens: 'all', reduction: whole, weight: lambda * alpha }],
    schedule,
    microBatch,
  };
};
