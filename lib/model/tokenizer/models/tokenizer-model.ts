/** The `model` of tokenizer.json, checked: its vocabulary, and the merges of BPE as ids. */
import * as z from 'zod';
import { describe } from '../../../check.js';
import { InputError } from '../../../errors.js';
import { readPart, refuse } from '../files/tokenizer-parts.js';
import { type BpeSpec, ByteLevelBpe, CharacterBpe } from './bpe-model.js';
import { BYTE_SYMBOLS } from './byte-level.js';
import type { Merge } from './merges.js';
import type { WordModel } from './word-model.js';
import { WordPieceModel } from './wordpiece-model.js';

/** Tables are indexed by id, so an absurd id must not make an absurd table. The largest published is 262 144. */
export const MAX_TOKENS = 4 * 2 ** 20;

export interface TokenizerModel {
  /** Ids of the model's own tokens; added tokens are apart. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly words: WordModel;
}

const id = z.int().min(0).max(MAX_TOKENS);

// Not z.record: it drops the key `__proto__`, which is a token of vocabularies trained on JavaScript.
const vocab = z.custom<Readonly<Record<string, number>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object',
);

const bpe = z.looseObject({
  vocab,
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  dropout: z.number().nullish(),
  unk_token: z.string().nullish(),
  fuse_unk: z.boolean().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
});

const wordPiece = z.looseObject({
  vocab,
  unk_token: z.string().default('[UNK]'),
  continuing_subword_prefix: z.string().default('##'),
  max_input_chars_per_word: z.int().min(1).default(100),
});

/**
 * @param config `model` of the tokenizer.json at `path`
 * @param byteLevel words are written in byte symbols
 * @throws InputError `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export function parseModel(
  config: { readonly type?: string | undefined },
  byteLevel: boolean,
  path: string,
): TokenizerModel {
  const what = `model of ${path}`;
  // GPT-2's own tokenizer.json predates the field: a model with merges is BPE.
  const kind = config.type ?? ('merges' in config ? 'BPE' : 'of no type');
  if (kind === 'WordPiece' && !byteLevel) return parseWordPiece(readPart(wordPiece, config, what), path);
  if (kind !== 'BPE') refuse(`a ${kind} model${byteLevel ? ' with ByteLevel' : ''}`, path);
  const found = readPart(bpe, config, what);
  if (found.dropout) refuse('BPE dropout, which makes encoding random', path);
  if (found.continuing_subword_prefix) refuse('BPE with a continuing_subword_prefix', path);
  if (found.end_of_word_suffix) refuse('BPE with an end_of_word_suffix', path);

  const vocabulary = readVocabulary(found.vocab, path);
  const bytes = found.byte_fallback ? byteTokens(vocabulary, path) : undefined;
  // The library would write the symbols of such bytes by bytes; no published tokenizer asks for it.
  if (byteLevel && bytes !== undefined && BYTE_SYMBOLS.some((symbol) => !vocabulary.has(symbol)))
    refuse('ByteLevel with a byte_fallback for some of the bytes', path);
  const spec: BpeSpec = {
    vocabulary,
    contents: new Map([...vocabulary].map(([token, tokenId]) => [tokenId, token])),
    merges: readMerges(found.merges, vocabulary, path),
    ignoreMerges: found.ignore_merges ?? false,
    bytes,
    unknown: typeof found.unk_token === 'string' ? vocabulary.get(found.unk_token) : undefined,
    fuseUnknown: found.fuse_unk ?? false,
  };
  // The library would drop such characters and lose count of where the tokens after them lie.
  if (!byteLevel && bytes === undefined && spec.unknown === undefined)
    refuse('BPE that has neither byte_fallback nor an unk_token for unknown characters', path);
  return { vocabulary, words: byteLevel ? new ByteLevelBpe(spec) : new CharacterBpe(spec) };
}

function parseWordPiece(found: z.infer<typeof wordPiece>, path: string): TokenizerModel {
  const vocabulary = readVocabulary(found.vocab, path);
  const { unk_token: unknownToken, continuing_subword_prefix: prefix } = found;
  if (!vocabulary.has(unknownToken))
    throw invalid(
      `Expected the unk_token ${JSON.stringify(unknownToken)} in the vocabulary of ${path} but it is not there.`,
    );
  const longestWord = found.max_input_chars_per_word;
  return { vocabulary, words: new WordPieceModel({ vocabulary, unknownToken, prefix, longestWord }) };
}

function readVocabulary(entries: Readonly<Record<string, number>>, path: string): Map<string, number> {
  const vocabulary = new Map(Object.entries(entries));
  for (const [token, value] of vocabulary) {
    if (Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS) continue;
    throw invalid(
      `Expected an integer from 0 to ${MAX_TOKENS} as id of token ${JSON.stringify(token)} in ${path} but received ${describe(value)}.`,
    );
  }
  if (new Set(vocabulary.values()).size < vocabulary.size)
    throw invalid(`Expected every token of ${path} to have an id of its own but two share one.`);
  return vocabulary;
}

/** Undefined if there are none: then `byte_fallback` has no effect. */
function byteTokens(vocabulary: ReadonlyMap<string, number>, path: string): number[] | undefined {
  const found = Array.from({ length: 256 }, (_, byte) =>
    vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
  const missing = found.filter((tokenId) => tokenId === undefined).length;
  if (missing === 256) return undefined;
  if (missing === 0) return found as number[];
  throw invalid(`Expected tokens <0x00> to <0xFF> for byte_fallback in ${path} but ${missing} are missing.`);
}

function readMerges(
  merges: readonly (string | readonly [string, string])[],
  vocabulary: ReadonlyMap<string, number>,
  path: string,
): Merge[] {
  return merges.map((merge, rank) => {
    const parts = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = [vocabulary.get(parts[0]!), vocabulary.get(parts[1]!)];
    const made = vocabulary.get(parts.join(''));
    if (parts.length !== 2 || left === undefined || right === undefined || made === undefined)
      throw invalid(
        `Expected two tokens that make a third for merge ${rank} of ${path} but received ${JSON.stringify(merge)}.`,
      );
    return [left, right, made];
  });
}

function invalid(message: string): InputError {
  return new InputError('ERR_MODEL_FORMAT', message);
}

export { id as tokenId };
