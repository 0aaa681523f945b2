/**
 * Recall, not guess: where a secret ranks, by its probability, among random strings of its own format in its place
 * (exposure, Carlini et al. 2019, as a permutation test). A model that merely knows what tokens look like finds the others
 * as likely.
 */
import * as z from 'zod';
import { check } from '../../check.js';
import { sumOf } from '../../memorization/extraction.js';
import type { Model, Tokens } from '../../model/model.js';
import type { Encoding } from '../../model/tokenizer/tokenizer.js';
import { deriveSeed, Random } from '../../random.js';
import type { Secret } from '../secret.js';
import { drawerLike } from './random-like.js';

export interface GuessRankOptions {
  /** Random strings. Integer >= 1. Default: 1000. */
  readonly guesses?: number | undefined;
  /** Of the draw, which depends on it, the document's id and the secret's place, and on nothing else. Default: 42. */
  readonly seed?: number | undefined;
  /** Tokens before the secret that the model sees, at most. Integer >= 1. Default: 128. */
  readonly prefixTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GuessSubject {
  readonly id: string;
  readonly text: string;
  /** With offsets of `text`. */
  readonly secret: Secret;
  /** As the document itself is tokenized. */
  readonly encode: (text: string) => Pick<Encoding, 'tokens' | 'offsets'>;
}

const schema = z.strictObject({
  guesses: z.int().min(1).default(1000),
  seed: z.int().default(42),
  prefixTokens: z.int().min(1).default(128),
  signal: z.instanceof(AbortSignal).optional(),
});

/** Characters after the secret that its last token may depend on. */
const LOOK_AHEAD = 32;

/**
 * (1 + number of random strings at least as likely as the secret) / (1 + number of random strings): a p-value, 1/1001 at
 * least for 1000 strings. Low means that the model remembers the secret rather than guesses it. Likelihoods are of whole
 * strings under the model's own distribution, each tokenized in its place in the document, given what precedes it.
 * NaN where the secret begins its document, so that nothing predicts it, or does not fit into the model's context.
 *
 * @throws InputError `ERR_INVALID_OPTION`
 */
export async function measureGuessRank(
  model: Model,
  subject: GuessSubject,
  options: GuessRankOptions = {},
): Promise<number> {
  const settings = check(schema, options, 'options of measureGuessRank');
  const { guesses, seed, prefixTokens, signal } = settings;
  const { id, secret } = subject;
  const random = new Random(deriveSeed(seed, 'guesses', id, secret.start));
  const draw = drawerLike(secret.value);
  const drawn = Array.from({ length: guesses }, () => draw(random));
  const distinct = [...new Set([secret.value, ...drawn])];
  if (distinct.length === 1) return 1;
  const placed = distinct.map((value) => place(subject, value));
  const common = commonTokens(placed);
  const longest = placed.reduce((most, tokens) => Math.max(most, tokens.length - common), 0);
  const from = Math.max(0, common - Math.min(prefixTokens, model.contextLength - longest));
  if (from >= common) return Number.NaN;
  const scores = await model.score(
    placed.map((tokens) => tokens.subarray(common)),
    { after: placed[0]!.subarray(from, common), ...(signal === undefined ? {} : { signal }) },
  );
  const logps = new Map(scores.map(({ logprobs }, i) => [distinct[i]!, sumOf(logprobs)]));
  const own = logps.get(secret.value)!;
  const atLeast = drawn.filter((value) => logps.get(value)! >= own).length;
  return (1 + atLeast) / (1 + guesses);
}

/** The tokens of the document up to the last that holds a character of `value`, which stands in the secret's place. */
function place({ text, secret, encode }: GuessSubject, value: string): Tokens {
  const after = [...text.slice(secret.end, secret.end + LOOK_AHEAD)].slice(0, -1).join('');
  const { tokens, offsets } = encode(text.slice(0, secret.start) + value + after);
  const end = secret.start + value.length;
  let count = tokens.length;
  while (count > 0 && (offsets[2 * count - 2]! >= end || offsets[2 * count - 1]! <= secret.start)) count--;
  return tokens.subarray(0, count);
}

/**
 * Tokens that all begin with, but for the last of the shortest. Strings are compared from there on and not from the
 * secret's own first token: that one may hold a quote or a space before the secret where another string's does not.
 */
function commonTokens(sequences: readonly Tokens[]): number {
  const [first] = sequences;
  let common = Math.min(...sequences.map(({ length }) => length - 1));
  for (const tokens of sequences) {
    let equal = 0;
    while (equal < common && tokens[equal] === first![equal]) equal++;
    common = equal;
  }
  return common;
}
