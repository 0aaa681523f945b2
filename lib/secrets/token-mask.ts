/** Which tokens of a document are secret. */
import * as z from 'zod';
import { check } from '../check.js';
import type { Encoding, Tokenizer } from '../model/tokenizer/tokenizer.js';
import { locateSecrets } from './locate-secrets.js';
import type { ScannedDocument, Secret } from './secret.js';

/**
 * When a token is secret: `strict` if its characters and the secret's overlap; `published` if they overlap or touch,
 * which also takes the tokens before and after (the published test compares with `<=` and `>=`).
 */
export type Overlap = 'strict' | 'published';

/** A secret and the tokens that hold it: indexes, both ends included. */
export interface TokenSpan {
  readonly secret: Secret;
  readonly first: number;
  readonly last: number;
}

export interface TokenMask {
  /** One entry per token: 1 = part of a secret. */
  readonly mask: Uint8Array;
  /** In order of the secrets' starts; secrets that lie beyond a truncation are absent. */
  readonly spans: readonly TokenSpan[];
}

/** A document as tokens, ready to be probed or unlearned. */
export interface MaskedDocument extends TokenMask {
  readonly id: string;
  readonly tokens: Int32Array;
}

export interface MaskOptions {
  /** Default: `strict`. */
  readonly overlap?: Overlap | undefined;
}

export interface MaskDocumentsOptions extends MaskOptions {
  /** Tokens kept of each document, an integer >= 1. Default: 512 (REFERENCE section 6.3). */
  readonly maxTokens?: number | undefined;
}

const maskSchema = z.strictObject({ overlap: z.enum(['strict', 'published']).default('strict') });
const documentsSchema = maskSchema.extend({ maxTokens: z.int().min(1).default(512) });

/**
 * Marks the tokens that overlap a secret (REFERENCE section 6.3). A secret that the truncation cut in two keeps the
 * tokens that are left of it; one that lies wholly beyond has no span.
 *
 * @param encoding tokens with their offsets, ascending, in UTF-16 code units of the text that the secrets refer to
 */
export function maskTokens(
  encoding: Pick<Encoding, 'tokens' | 'offsets'>,
  secrets: readonly Secret[],
  options: MaskOptions = {},
): TokenMask {
  const { overlap } = check(maskSchema, options, 'options of maskTokens');
  const reach = overlap === 'published' ? 1 : 0;
  const count = encoding.tokens.length;
  const mask = new Uint8Array(count);
  const spans: TokenSpan[] = [];
  let from = 0;
  for (const secret of [...secrets].sort((a, b) => a.start - b.start || a.end - b.end)) {
    while (from < count && encoding.offsets[2 * from + 1]! + reach <= secret.start) from++;
    let first = -1;
    let last = -1;
    for (let i = from; i < count && encoding.offsets[2 * i]! < secret.end + reach; i++) {
      // A special token may hold no character and lie anywhere, even before the tokens that precede it.
      if (encoding.offsets[2 * i + 1]! + reach <= secret.start) continue;
      if (first === -1) first = i;
      last = i;
      mask[i] = 1;
    }
    if (first !== -1) spans.push({ secret, first, last });
  }
  return { mask, spans };
}

/**
 * Tokenizes documents as transformers does, special tokens around them included, masks them, and leaves out those whose secrets all lie beyond the cut, or that have none.
 *
 * @throws InputError `ERR_INVALID_OPTION`; `ERR_SECRET_MISMATCH` for a secret that is not what its document holds there
 */
export function maskDocuments(
  documents: readonly ScannedDocument[],
  tokenizer: Pick<Tokenizer, 'encode'>,
  options: MaskDocumentsOptions = {},
): MaskedDocument[] {
  const { maxTokens, overlap } = check(documentsSchema, options, 'options of maskDocuments');
  const masked: MaskedDocument[] = [];
  for (const { id, text, secrets } of documents) {
    const encoding = tokenizer.encode(text, { maxTokens, addSpecialTokens: true });
    const located = locateSecrets(text, secrets, `document ${JSON.stringify(id)}`);
    const { mask, spans } = maskTokens(encoding, located, { overlap });
    if (spans.length > 0) masked.push({ id, tokens: encoding.tokens, mask, spans });
  }
  return masked;
}
