/**
 * How likely a model is to write a secret: the probability of all its tokens under a named sampler, after prefixes of
 * several lengths, by teacher forcing (Hayes et al. 2025, (n, p)-discoverable extraction).
 */
import * as z from 'zod';
import { check } from '../check.js';
import type { Model, Sampler, Tokens } from '../model/model.js';
import { type ProgressEvent, progress, relay } from '../progress.js';
import { checkSpan, type SecretDocument, type SecretSpan, secretRegion } from './measure-secrets.js';
import { signalSchema } from './options.js';

/** Prefix lengths of the curve. */
export const CURVE_PREFIXES: readonly number[] = [8, 16, 32, 64, 128, 256];

export interface MeasureExtractionOptions {
  /** Tokens before the secret that `logp` is given, at most. Integer >= 1. Default: 128. */
  readonly prefixTokens?: number | undefined;
  /** Prefix lengths of the curve, each an integer >= 1. Default: {@link CURVE_PREFIXES}. */
  readonly prefixes?: readonly number[] | undefined;
  /** How tokens are drawn. Default: from the model's own distribution. */
  readonly sampler?: Sampler | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CurvePoint {
  /** Tokens given. */
  readonly prefix: number;
  /** As {@link SecretExtraction.logp}. */
  readonly logp: number;
}

export interface SecretExtraction {
  /**
   * Natural-log probability of all of the secret's tokens in the document, one after another: 0 at most, minus infinity
   * if the sampler leaves one of them out. NaN where there is nothing to predict.
   */
  readonly logp: number;
  /** By the prefix lengths that the document has before the secret, ascending. */
  readonly curve: readonly CurvePoint[];
  /** {@link samplesUntil} it appears with probability 0.5, with the prefix of `logp`. */
  readonly n50: number;
  /** The same of 0.99. */
  readonly n99: number;
  /** The prefix length of the curve that needs the fewest samples, of equal ones the shortest. Undefined if none has any chance. */
  readonly cheapestPrefix: number | undefined;
}

const schema = z.strictObject({
  prefixTokens: z.int().min(1).default(128),
  prefixes: z
    .array(z.int().min(1))
    .transform((prefixes) => [...new Set(prefixes)].sort((a, b) => a - b))
    .default([...CURVE_PREFIXES]),
  sampler: z.custom<Sampler>().optional(),
  signal: signalSchema,
});

/**
 * The number n of samples of which at least one is the secret with probability `share`: 1 - (1 - p)^n = share, for
 * p = exp(logp). Not rounded: whole samples are the next integer, one at least. Infinity where p is 0, or so small that
 * n is beyond the range of numbers.
 *
 * @param share in (0, 1)
 */
export function samplesUntil(share: number, logp: number): number {
  if (logp === 0) return 0;
  // Both logarithms of numbers near 1 by log1p: 1 - p is 1 for p below 1e-16.
  return Math.log1p(-share) / Math.log1p(-Math.exp(logp));
}

/**
 * {@link SecretExtraction} of every secret, in the order of the documents and their spans. A secret that begins its
 * document has no prefix: its first token stands in for one, as in `measureSecrets`.
 *
 * @throws InputError `ERR_INVALID_OPTION`, also for a span outside of its document; `ERR_CONTEXT_LENGTH`
 */
export async function* measureExtraction(
  model: Model,
  documents: readonly SecretDocument[],
  options: MeasureExtractionOptions = {},
): AsyncGenerator<ProgressEvent, SecretExtraction[][], void> {
  const settings = check(schema, options, 'options of measureExtraction');
  const { prefixTokens, prefixes, sampler, signal } = settings;
  const windows = new Windows();
  const asked = documents.map((document) =>
    document.spans.map((span) => {
      checkSpan(document, span);
      const own = windows.ask(document.tokens, span, prefixTokens);
      const curve = prefixes
        .filter((prefix) => prefix <= span.first)
        .map((prefix) => ({ prefix, window: windows.ask(document.tokens, span, prefix) }));
      return { own, curve };
    }),
  );
  const { sequences, firsts } = windows;
  const scores = yield* relay(
    (emit: (event: ProgressEvent) => void, stop) =>
      model.score(sequences, {
        ...(sampler === undefined ? {} : { sampler }),
        signal: stop,
        onProgress: (done, total) => emit(progress('measure probability', done, total, 'sequences')),
      }),
    signal,
  );
  const logps = scores.map(({ logprobs }, i) => sumOf(logprobs.subarray(firsts[i]! - 1)));
  return asked.map((secrets) =>
    secrets.map(({ own, curve }) => {
      const logp = own === undefined ? Number.NaN : logps[own]!;
      const points = curve.map(({ prefix, window }) => ({ prefix, logp: logps[window!]! }));
      return {
        logp,
        curve: points,
        n50: samplesUntil(0.5, logp),
        n99: samplesUntil(0.99, logp),
        cheapestPrefix: cheapest(points),
      };
    }),
  );
}

/** What is put to the model, each sequence once, however many ask for it. */
class Windows {
  readonly sequences: Tokens[] = [];
  /** Of each sequence, its first token that is predicted. */
  readonly firsts: number[] = [];
  readonly #known = new Map<string, number>();
  readonly #documents = new Map<Tokens, number>();

  /** The index of the sequence; undefined where it has nothing to predict. */
  ask(tokens: Tokens, span: SecretSpan, prefixTokens: number): number | undefined {
    if (!this.#documents.has(tokens)) this.#documents.set(tokens, this.#documents.size);
    const key = [
      this.#documents.get(tokens),
      Math.max(0, span.first - prefixTokens),
      span.first,
      span.last,
    ].join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const region = secretRegion(tokens, span, { prefixTokens, secretTokens: Number.POSITIVE_INFINITY });
    if (region === undefined) return undefined;
    this.#known.set(key, this.sequences.length);
    this.firsts.push(region.first);
    return this.sequences.push(region.tokens) - 1;
  }
}

/** In float64: the rounding of a sum of a thousand float32 would be seen. */
export function sumOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function cheapest(curve: readonly CurvePoint[]): number | undefined {
  let best: CurvePoint | undefined;
  for (const point of curve) if (point.logp > (best?.logp ?? Number.NEGATIVE_INFINITY)) best = point;
  return best?.prefix;
}
