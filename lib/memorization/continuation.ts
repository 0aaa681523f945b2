/**
 * Prefix -> suffix extraction: what greedy decoding writes after the first tokens of a document, beside what the document
 * has there (REFERENCE section 5).
 */
import * as z from 'zod';
import { check } from '../check.js';
import type { Model, Tokens } from '../model/model.js';
import type { Tokenizer } from '../model/tokenizer/tokenizer.js';
import { type ProgressEvent, progress, relay } from '../progress.js';
import { sentenceBleu } from './bleu.js';
import { signalSchema } from './options.js';

export interface MeasureContinuationsOptions {
  /** Tokens given, an integer >= 1. Default: 64; the older paper has 100. */
  readonly prefixTokens?: number | undefined;
  /** Tokens compared, an integer >= 1. Default: 64; the older paper has 50. */
  readonly suffixTokens?: number | undefined;
  /** What BLEU counts: `characters` of the decoded texts, as published, or `tokens`. Default: `characters`. */
  readonly unit?: 'characters' | 'tokens' | undefined;
  /** Token ids that end a text, as in transformers. Default: none. */
  readonly stopIds?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Continuation {
  /** BLEU-4 of what was written against the true suffix, 0 to 1. */
  readonly bleu4: number;
  /** What was written, special tokens left out. */
  readonly text: string;
}

const schema = z.strictObject({
  prefixTokens: z.int().min(1).default(64),
  suffixTokens: z.int().min(1).default(64),
  unit: z.enum(['characters', 'tokens']).default('characters'),
  stopIds: z.array(z.int().min(0)).default([]),
  signal: signalSchema,
});

/**
 * Continues each sequence from its prefix, in the order of the input; undefined for one of fewer tokens than prefix and
 * suffix together, which has no suffix to compare with.
 *
 * @throws InputError `ERR_INVALID_OPTION`; `ERR_CONTEXT_LENGTH` if the model's context is shorter than both
 */
export async function* measureContinuations(
  model: Model,
  tokenizer: Pick<Tokenizer, 'decode'>,
  sequences: readonly Tokens[],
  options: MeasureContinuationsOptions = {},
): AsyncGenerator<ProgressEvent, (Continuation | undefined)[], void> {
  const settings = check(schema, options, 'options of measureContinuations');
  const { prefixTokens, suffixTokens, unit, stopIds, signal } = settings;
  const long = sequences.filter(({ length }) => length >= prefixTokens + suffixTokens);
  const generations = yield* relay(
    (emit: (event: ProgressEvent) => void, stop) =>
      model.generate(
        long.map((tokens) => ({ prompt: tokens, start: prefixTokens })),
        {
          ...{ maxTokens: suffixTokens, temperature: 0, stopIds, signal: stop },
          onProgress: (_, done) => emit(progress('continue', done, long.length, 'documents')),
        },
      ),
    signal,
  );
  const decode = (tokens: Tokens) => tokenizer.decode(tokens, { skipSpecialTokens: true });
  let next = 0;
  return sequences.map((tokens) => {
    if (tokens.length < prefixTokens + suffixTokens) return undefined;
    const made = generations[next++]!.tokens;
    const suffix = tokens.subarray(prefixTokens, prefixTokens + suffixTokens);
    const text = decode(made);
    const bleu4 = unit === 'characters' ? sentenceBleu(decode(suffix), text) : sentenceBleu(suffix, made);
    return { bleu4, text };
  });
}
