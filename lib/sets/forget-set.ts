/** What to forget and what to keep: sampling of forget and retained sets (REFERENCE section 8). */
import * as z from 'zod';
import { check } from '../check.js';
import { InputError } from '../errors.js';
import { deriveSeed, Random } from '../random.js';

/** What the selection of a forget set asks of a document. */
export interface ForgetCandidate {
  readonly id: string;
  /** Mean MA over the document's secrets, 0..1. NaN (nothing could be measured) is never selected. */
  readonly memorizationAccuracy: number;
  /** Tokens of the document that are part of a secret. */
  readonly secretTokens: number;
}

export interface SelectForgetSetOptions {
  /** k, documents per group. Integer >= 1. Default: 32. */
  readonly size?: number | undefined;
  /** Disjoint groups to draw, each a forget set of its own. Integer >= 1. Default: 1; published: 5. */
  readonly groups?: number | undefined;
  /** Least mean MA of the secrets, 0..1. Default: 0.9. */
  readonly minAccuracy?: number | undefined;
  /** Least number of secret tokens. Integer >= 1. Default: 32. */
  readonly minTokens?: number | undefined;
  /** Default: 42. */
  readonly seed?: number | undefined;
}

export interface ForgetSelection<T> {
  /** `groups` arrays of `size` documents; no document is in two. */
  readonly groups: readonly (readonly T[])[];
  /** Every document that could have been drawn, in the order of the input. */
  readonly eligible: readonly T[];
}

const forgetSchema = z.strictObject({
  size: z.int().min(1).default(32),
  groups: z.int().min(1).default(1),
  minAccuracy: z.number().min(0).max(1).default(0.9),
  minTokens: z.int().min(1).default(32),
  seed: z.int().default(42),
});

/**
 * Draws disjoint forget sets from the documents whose secrets are memorized: mean MA >= 0.9 and at least 32 secret
 * tokens (REFERENCE sections 6.5 and 8).
 *
 * @throws InputError `ERR_INVALID_OPTION` if fewer documents qualify than `size * groups`
 */
export function selectForgetSet<T extends ForgetCandidate>(
  candidates: readonly T[],
  options: SelectForgetSetOptions = {},
): ForgetSelection<T> {
  const what = 'options of selectForgetSet';
  const { size, groups, minAccuracy, minTokens, seed } = check(forgetSchema, options, what);
  const eligible = candidates.filter(
    (candidate) => candidate.memorizationAccuracy >= minAccuracy && candidate.secretTokens >= minTokens,
  );
  if (eligible.length < size * groups) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected at least ${size * groups} documents with a mean secret MA >= ${minAccuracy} and >= ${minTokens} secret tokens for ${groups === 1 ? 'a set' : `${groups} sets`} of ${size} but found ${eligible.length} among ${candidates.length}.`,
      { remedy: 'Ask for fewer documents, or lower the least accuracy or the least number of tokens.' },
    );
  }
  const drawn = new Random(deriveSeed(seed, 'forget')).shuffle(eligible);
  return {
    groups: Array.from({ length: groups }, (_, i) => drawn.slice(i * size, (i + 1) * size)),
    eligible,
  };
}

/** What the selection of a retained set asks of a document. */
export interface RetainCandidate {
  readonly id: string;
  /** MA of the whole document, 0..1. NaN, or none, is never selected by it. */
  readonly memorizationAccuracy?: number | undefined;
  /** BLEU-4 of its greedy continuation, 0..1, see `measureContinuations`. A document without is never selected by it. */
  readonly bleu4?: number | undefined;
  /** Tokens of the document that are part of a secret; 0 or absent: none. */
  readonly secretTokens?: number | undefined;
}

export interface SelectRetainSetOptions {
  /** k. Integer >= 1. Default: 32. */
  readonly size?: number | undefined;
  /** Least MA of the document, 0..1, where `minBleu` is not given. Default: 0.9. */
  readonly minAccuracy?: number | undefined;
  /** Least BLEU-4 of the document's continuation, 0..1; published: 0.95. Default: none, MA decides. */
  readonly minBleu?: number | undefined;
  /** Ids that may not be drawn: those of the forget set. Default: none. */
  readonly exclude?: Iterable<string> | undefined;
  /** Default: 42. */
  readonly seed?: number | undefined;
}

const retainSchema = z.strictObject({
  size: z.int().min(1).default(32),
  minAccuracy: z.number().min(0).max(1).default(0.9),
  minBleu: z.number().min(0).max(1).optional(),
  exclude: z
    .custom<Iterable<string>>(
      (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
      'an iterable of ids',
    )
    .default([]),
  seed: z.int().default(42),
});

/**
 * Draws the documents that a model must keep: memorized, without secrets, and not in the forget set, so that what
 * unlearning does beside its purpose shows where the model has most to lose. Memorized is by MA or, as published, by
 * what prefix -> suffix extraction confirms (REFERENCE section 5).
 *
 * @throws InputError `ERR_INVALID_OPTION` if fewer documents qualify than `size`
 */
export function selectRetainSet<T extends RetainCandidate>(
  candidates: readonly T[],
  options: SelectRetainSetOptions = {},
): T[] {
  const settings = check(retainSchema, options, 'options of selectRetainSet');
  const { size, minAccuracy, minBleu, exclude, seed } = settings;
  const excluded = new Set(exclude);
  const eligible = candidates.filter(
    (candidate) =>
      (minBleu === undefined
        ? (candidate.memorizationAccuracy ?? Number.NaN) >= minAccuracy
        : (candidate.bleu4 ?? Number.NaN) >= minBleu) &&
      (candidate.secretTokens ?? 0) === 0 &&
      !excluded.has(candidate.id),
  );
  if (eligible.length < size) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected at least ${size} documents with ${minBleu === undefined ? `MA >= ${minAccuracy}` : `BLEU-4 >= ${minBleu}`}, without secrets and outside of the forget set but found ${eligible.length} among ${candidates.length}.`,
      { remedy: 'Ask for fewer documents or lower the limit.' },
    );
  }
  return new Random(deriveSeed(seed, 'retain')).shuffle(eligible).slice(0, size);
}
