/** Interprets a Hugging Face `tokenizer.json` and checks that it is of a kind that Lethe can encode exactly. */
import * as z from 'zod';
import { InputError } from '../../../errors.js';
import { parseModel, type TokenizerModel, tokenId } from '../models/tokenizer-model.js';
import { type AddedToken, checkAddedToken } from '../steps/added-tokens.js';
import { AlignedText } from '../steps/aligned-text.js';
import { type Normalizer, parseNormalizer } from '../steps/normalizer.js';
import { parsePostProcessor, type Surroundings } from '../steps/post-processor.js';
import { type PreTokenizer, parsePreTokenizer } from '../steps/pre-tokenizer.js';
import { type Contents, parseDecoder, type TokenDecoder } from '../steps/token-decoder.js';

/** The largest published tokenizer.json (Gemma's) has 34 MB; beyond this it is another kind of file. */
export const MAX_TOKENIZER_BYTES = 256 * 2 ** 20;

/** What a `tokenizer.json` says. */
export interface TokenizerSpec extends TokenizerModel {
  readonly addedTokens: readonly AddedToken[];
  readonly normalize: Normalizer;
  readonly preTokenizer: PreTokenizer;
  readonly surroundings: Surroundings;
  readonly contents: Contents;
  readonly decode: TokenDecoder;
}

const addedToken = z.looseObject({
  id: tokenId,
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});

const part = z.looseObject({ type: z.string() }).nullish();

export const tokenizerJson = z.looseObject({
  added_tokens: z.array(addedToken).nullish(),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  decoder: part,
  model: z.looseObject({ type: z.string().optional() }),
});

export type TokenizerJson = z.infer<typeof tokenizerJson>;

/**
 * @param path what messages name
 * @throws InputError `ERR_MODEL_FORMAT` if it is not a sound tokenizer.json; `ERR_MODEL_UNSUPPORTED` if it is one, but of
 *   a kind that would not be encoded exactly
 */
export function interpretTokenizer(file: TokenizerJson, path: string): TokenizerSpec {
  const normalize = parseNormalizer(file.normalizer ?? null, path);
  const preTokenizer = parsePreTokenizer(file.pre_tokenizer ?? null, path);
  const model = parseModel(file.model, preTokenizer.byteLevel, path);
  const addedTokens = readAddedTokens(file.added_tokens ?? [], model.vocabulary, normalize, path);
  const contents = contentsOf(model.vocabulary, addedTokens);
  return {
    ...model,
    addedTokens,
    normalize,
    preTokenizer,
    surroundings: readSurroundings(file.post_processor ?? null, contents, path),
    contents,
    decode: parseDecoder(file.decoder ?? null, contents, path),
  };
}

/** What is put around a text must be tokens: the ids stand in the file beside their names and may contradict them. */
function readSurroundings(
  config: { readonly type: string } | null,
  contents: Contents,
  path: string,
): Surroundings {
  const found = parsePostProcessor(config, path);
  const unknown = [...found.before, ...found.after].find((id) => contents(id) === undefined);
  if (unknown === undefined) return found;
  throw new InputError(
    'ERR_MODEL_FORMAT',
    `Expected ids of tokens in the post_processor of ${path} but found ${unknown}, which is none.`,
  );
}

function readAddedTokens(
  entries: readonly z.infer<typeof addedToken>[],
  vocabulary: ReadonlyMap<string, number>,
  normalize: Normalizer,
  path: string,
): AddedToken[] {
  const taken = new Map([...vocabulary].map(([content, id]) => [id, content]));
  return entries
    .filter((entry) => entry.content !== '')
    .map((entry) => {
      const normalized = entry.normalized ?? !entry.special;
      const token: AddedToken = {
        id: entry.id,
        content: entry.content,
        sought: normalized ? normalize(AlignedText.of(entry.content, 0)).text : entry.content,
        singleWord: entry.single_word,
        leftStrip: entry.lstrip,
        rightStrip: entry.rstrip,
        special: entry.special,
        normalized,
      };
      checkAddedToken(token, vocabulary, taken, path);
      taken.set(token.id, token.content);
      return token;
    });
}

function contentsOf(vocabulary: ReadonlyMap<string, number>, added: readonly AddedToken[]): Contents {
  const table: ReturnType<Contents>[] = [];
  for (const [content, id] of vocabulary) table[id] = { content, added: false };
  // As the normalizer leaves it, for the decoder to undo: with Llama's, `▁token` becomes ` token`.
  for (const { sought, id } of added) table[id] = { content: sought, added: true };
  return (id) => table[id];
}
