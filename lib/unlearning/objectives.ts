/**
 * Unlearning methods as data (REFERENCE section 8): which loss, on which tokens of which set, with which weight.
 * A new method that needs no new kind of loss is a new function here and nothing else.
 */
import { z } from 'zod';
import { check } from '../check.js';

/** `all` tokens of a document, its `secret` ones by the mask, or the `context`: all others. */
export type TokenSet = 'all' | 'secret' | 'context';

/**
 * `weight` times the mean over the tokens of a loss: `nll` is the next-token loss -ln p, `kl` is
 * KL(p_ref || p_model) with the frozen model from before unlearning. The step minimizes the sum of the terms, so
 * a negative weight drives a loss up.
 */
export interface ObjectiveTerm {
  readonly loss: 'nll' | 'kl';
  readonly tokens: TokenSet;
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
}

/** The published coefficients; all are numbers >= 0. */
export interface SelectiveOptions {
  /** Weight of the context's next-token loss, which keeps the code around the secrets. Default: 0.1. */
  readonly gamma?: number | undefined;
  /** Weight of the KL terms. Default: 0.1. */
  readonly lambda?: number | undefined;
  /** Weight of the retained documents' KL beside the forgotten ones'. Default: 1. */
  readonly alpha?: number | undefined;
  /** Default: `alternate`. */
  readonly schedule?: Objective['schedule'] | undefined;
}

const weight = z.number().min(0);
const schema = z.strictObject({
  gamma: weight.default(0.1),
  lambda: weight.default(0.1),
  alpha: weight.default(1),
  schedule: z.enum(['alternate', 'joint']).default('alternate'),
});

const withDefaults = (options: SelectiveOptions, of: string) => check(schema, options, `options of ${of}`);

/** GA, gradient ascent on whole documents (Jang et al. 2023). Takes no coefficients. */
export const gradientAscent = (): Objective => ({
  name: 'GA',
  forget: [{ loss: 'nll', tokens: 'all', weight: -1 }],
  retain: [],
  schedule: 'alternate',
});

/** CU, constrained unlearning: gradient ascent, away from the reference on forget and towards it on retain. */
export const constrained = (options: Omit<SelectiveOptions, 'gamma'> = {}): Objective => {
  const { lambda, alpha, schedule } = withDefaults(options, 'constrained');
  return {
    name: 'CU',
    forget: [
      { loss: 'nll', tokens: 'all', weight: -1 },
      { loss: 'kl', tokens: 'all', weight: -lambda },
    ],
    retain: [{ loss: 'kl', tokens: 'all', weight: lambda * alpha }],
    schedule,
  };
};

/** SSGA, selective gradient ascent: up on the secrets, down on the code around them; no retained set. */
export const selectiveAscent = (options: Pick<SelectiveOptions, 'gamma'> = {}): Objective => {
  const { gamma } = withDefaults(options, 'selectiveAscent');
  return {
    name: 'SSGA',
    forget: [
      { loss: 'nll', tokens: 'secret', weight: -1 },
      { loss: 'nll', tokens: 'context', weight: gamma },
    ],
    retain: [],
    schedule: 'alternate',
  };
};

/** CodeEraser (published as SSCU): selective ascent, constrained by KL on secrets and on retained documents. */
export const codeEraser = (options: SelectiveOptions = {}): Objective => {
  const { gamma, lambda, alpha, schedule } = withDefaults(options, 'codeEraser');
  return {
    name: 'CodeEraser',
    forget: [
      { loss: 'nll', tokens: 'secret', weight: -1 },
      { loss: 'nll', tokens: 'context', weight: gamma },
      { loss: 'kl', tokens: 'secret', weight: -lambda },
    ],
    retain: [{ loss: 'kl', tokens: 'all', weight: lambda * alpha }],
    schedule,
  };
};
