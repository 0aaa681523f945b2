/**
 * Secrets as the published probe tokenizes them (`tokenize_secrets_and_prefixes.py`, REFERENCE-2 "Sensitive memorization"):
 * the value by itself and the text before it by itself. Where they join, tokens are those of two texts and not those of
 * the document: a space or a quote before the secret is never one token with its first letters.
 */
import type { Tokenizer } from '../model/tokenizer/tokenizer.js';
import type { Secret } from './secret.js';

export interface EncodeApartOptions {
  /** Tokens of the text before the secret, its last ones. Integer >= 1. */
  readonly prefixTokens: number;
  /** Tokens of the value, its first ones. Integer >= 1. */
  readonly secretTokens: number;
}

/** Prefix and secret, and which of the tokens are the secret's: indexes, both ends included. */
export interface ApartSecret {
  readonly tokens: Int32Array;
  readonly first: number;
  readonly last: number;
}

/** @param secret with offsets of `text`, see `locateSecrets`. Special tokens are put around neither part. */
export function encodeApart(
  text: string,
  { value, start }: Secret,
  tokenizer: Pick<Tokenizer, 'encode'>,
  { prefixTokens, secretTokens }: EncodeApartOptions,
): ApartSecret {
  const prefix = tokenizer.encode(text.slice(0, start)).tokens.slice(-prefixTokens);
  const secret = tokenizer.encode(value, { maxTokens: secretTokens }).tokens;
  const tokens = new Int32Array(prefix.length + secret.length);
  tokens.set(prefix);
  tokens.set(secret, prefix.length);
  return { tokens, first: prefix.length, last: tokens.length - 1 };
}
