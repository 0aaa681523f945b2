/** Unseen data: files that the model was not trained on, cleaned the way the thresholds were published (REFERENCE 7). */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { check } from '../check.js';
import type { Document } from '../data/documents.js';
import { deriveSeed, Random } from '../random.js';
import { languageOf } from './languages.js';
import { stripLeadingComment } from './leading-comment.js';

export interface CleanUnseenOptions {
  /** Number of tokens of a text under the model's tokenizer. */
  readonly countTokens: (text: string) => number;
  /** Keep documents of more tokens than this. Integer >= 0. Default: 200. */
  readonly moreThan?: number | undefined;
  /** Keep documents of fewer tokens than this. Integer >= 1. Default: 1000. */
  readonly fewerThan?: number | undefined;
  /** Seed of the order. Default: 42. */
  readonly seed?: number | undefined;
}

const cleanSchema = z
  .strictObject({
    countTokens: z.custom<(text: string) => number>((value) => typeof value === 'function', 'a function'),
    moreThan: z.int().min(0).default(200),
    fewerThan: z.int().min(1).default(1000),
    seed: z.int().default(42),
  })
  .refine(({ moreThan, fewerThan }) => fewerThan > moreThan + 1, 'fewerThan above moreThan + 1');

/**
 * Drops documents whose text has the SHA-256 of an earlier one, shuffles, strips what stands above the first line of
 * code where the path tells the language, and keeps 200 < tokens < 1000 of what is left.
 *
 * @throws InputError `ERR_INVALID_OPTION`
 */
export function cleanUnseen(documents: readonly Document[], options: CleanUnseenOptions): Document[] {
  const { countTokens, moreThan, fewerThan, seed } = check(cleanSchema, options, 'options of cleanUnseen');
  const seen = new Set<string>();
  const distinct = documents.filter(({ text }) => {
    const digest = createHash('sha256').update(text).digest('hex');
    return !seen.has(digest) && seen.add(digest);
  });
  return new Random(deriveSeed(seed, 'unseen'))
    .shuffle(distinct)
    .map((document) => {
      const language = languageOf(document.path ?? document.id);
      return language === undefined
        ? document
        : { ...document, text: stripLeadingComment(document.text, language) };
    })
    .filter(({ text }) => {
      const tokens = countTokens(text);
      return tokens > moreThan && tokens < fewerThan;
    });
}
