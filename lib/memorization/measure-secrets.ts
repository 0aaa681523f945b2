/** MA and EL_n of the secrets inside documents: how well each secret comes out after its true prefix. */
import * as z from 'zod';
import { check } from '../check.js';
import { InputError } from '../errors.js';
import type { Model, Tokens } from '../model/model.js';
import type { ProgressEvent } from '../progress.js';
import { measureRegions } from './measure-regions.js';
import { elSchema, mean, PUBLISHED_EL, reduceMemorization, signalSchema, unmeasured } from './options.js';
import type { Memorization, Region } from './region.js';

/** Where a secret's tokens lie in its document: indices, both ends included. */
export interface SecretSpan {
  readonly first: number;
  readonly last: number;
}

export interface SecretDocument {
  readonly id: string;
  readonly tokens: Tokens;
  readonly spans: readonly SecretSpan[];
}

export interface MeasureSecretsOptions {
  /** Tokens before the secret that the model sees, at most. Integer >= 1. Default: 128 (REFERENCE section 6.4). */
  readonly prefixTokens?: number | undefined;
  /** Tokens of the secret that are probed, at most, from its first. Integer >= 1. Default: 32 (same place). */
  readonly secretTokens?: number | undefined;
  /** The n of EL_n, each an integer >= 1. None skips the decoding. Default: 3, 5, 10. */
  readonly el?: readonly number[] | undefined;
  /** Stands before a secret that begins its document, so that its first token can be predicted. Default: none. */
  readonly bosId?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SecretMeasurement extends SecretSpan, Memorization {}

export interface SecretDocumentMeasurement {
  readonly id: string;
  /** In the order of the document's spans. */
  readonly secrets: readonly SecretMeasurement[];
  /** Over the secrets that could be measured; NaN if none could. The published selection asks for mean MA >= 0.9. */
  readonly mean: Memorization;
  readonly max: Memorization;
}

export interface SecretsResult {
  /** Means over documents of their means, so that a document with many secrets weighs no more than another. */
  readonly aggregate: Memorization;
  /** In the order of the documents given. */
  readonly perExample: readonly SecretDocumentMeasurement[];
}

const schema = z.strictObject({
  prefixTokens: z.int().min(1).default(128),
  secretTokens: z.int().min(1).default(32),
  el: elSchema.default([...PUBLISHED_EL]),
  bosId: z.int().min(0).optional(),
  signal: signalSchema,
});

/**
 * Probes every secret of every document (REFERENCE sections 6.4 and 7).
 *
 * Of a secret's first `secretTokens` tokens, MA is the share that greedy decoding gets right when fed the true
 * prefix and the true tokens before. EL_n is the mean over i = 0..L-n of the share of n-grams in the greedy
 * continuation of prefix + i tokens, up to the secret's L-th, that occur in the true continuation; a secret of
 * fewer than n tokens scores 1 if it is fully reproduced, else 0. Extraction strength is 1 - k/L, where k of the
 * secret's tokens must be given for the rest to come out. All lie in 0..1; more means more memorized.
 *
 * A secret that begins its document has no prefix. With `bosId` it follows that token; without, its first token
 * stands in for the prefix and is not measured, and a secret of that one token measures NaN and is left out.
 *
 * @throws InputError `ERR_INVALID_OPTION`, also for a span outside of its document; `ERR_CONTEXT_LENGTH`
 * @throws AbortedError when the signal fires
 */
export async function* measureSecrets(
  model: Model,
  documents: readonly SecretDocument[],
  options: MeasureSecretsOptions = {},
): AsyncGenerator<ProgressEvent, SecretsResult, void> {
  const settings = check(schema, options, 'options of measureSecrets');
  const { el, signal } = settings;
  const regions = documents.map((document) =>
    document.spans.map((span) => {
      checkSpan(document, span);
      return secretRegion(document.tokens, span, settings);
    }),
  );
  const measured = yield* measureRegions(
    model,
    regions.flat().filter((region) => region !== undefined),
    { el, signal },
  );

  let next = 0;
  const perExample = documents.map(({ id, spans }, i) => {
    const secrets = spans.map(({ first, last }, j) => ({
      first,
      last,
      ...(regions[i]![j] === undefined ? unmeasured(el) : measured[next++]!),
    }));
    return {
      id,
      secrets,
      mean: reduceMemorization(secrets, el, mean),
      max: reduceMemorization(secrets, el, max),
    };
  });
  const means = perExample.map((document) => document.mean);
  return { aggregate: reduceMemorization(means, el, mean), perExample };
}

/** The window that is put to the model: prefix and secret. Undefined where nothing can be predicted. */
export function secretRegion(
  tokens: Tokens,
  span: SecretSpan,
  {
    prefixTokens,
    secretTokens,
    bosId,
  }: Pick<z.infer<typeof schema>, 'prefixTokens' | 'secretTokens' | 'bosId'>,
): Region | undefined {
  const end = Math.min(span.last + 1, span.first + secretTokens);
  if (span.first > 0) {
    const start = Math.max(0, span.first - prefixTokens);
    return { tokens: tokens.slice(start, end), first: span.first - start };
  }
  if (bosId !== undefined) return { tokens: Int32Array.of(bosId, ...tokens.subarray(0, end)), first: 1 };
  return end < 2 ? undefined : { tokens: tokens.slice(0, end), first: 1 };
}

/** @throws InputError `ERR_INVALID_OPTION` for a span outside of its document */
export function checkSpan({ id, tokens }: SecretDocument, { first, last }: SecretSpan): void {
  if (
    Number.isInteger(first) &&
    Number.isInteger(last) &&
    0 <= first &&
    first <= last &&
    last < tokens.length
  )
    return;
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected a secret of document "${id}" to lie within its ${tokens.length} tokens but received first ${first}, last ${last}.`,
  );
}

function max(values: readonly number[]): number {
  const numbers = values.filter((value) => !Number.isNaN(value));
  return numbers.length === 0 ? Number.NaN : Math.max(...numbers);
}
