/** Reads a Hugging Face `tokenizer.json` and checks that it is of a kind that Lethe can encode exactly. */
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { describe, describeIssue } from '../check.js';
import { fileError, InputError } from '../errors.js';
import { type AddedToken, checkAddedToken } from './added-tokens.js';
import { BYTE_SYMBOLS } from './byte-level.js';
import { parsePostProcessor, type Surroundings } from './post-processor.js';
import { gpt2WordEnds, type WordEnds, wholeWordEnd } from './split-pattern.js';

/** The largest published tokenizer.json (Gemma's) has 34 MB; beyond this it is another kind of file. */
const MAX_FILE_BYTES = 256 * 2 ** 20;

/** Tables are indexed by id, so an absurd id must not make an absurd table. The largest published is 262 144. */
const MAX_TOKENS = 4 * 2 ** 20;

/** What a byte-level BPE `tokenizer.json` says. */
export interface TokenizerSpec {
  /** Ids of the model's own tokens, written in byte symbols; added tokens are apart. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  /** A word that is a token as a whole is not split further, whatever the merges say. */
  readonly ignoreMerges: boolean;
  readonly addedTokens: readonly AddedToken[];
  readonly addPrefixSpace: boolean;
  readonly wordEnds: WordEnds;
  readonly surroundings: Surroundings;
}

const id = z.int().min(0).max(MAX_TOKENS);

const addedToken = z.looseObject({
  id,
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});

const tokenizerFile = z.looseObject({
  added_tokens: z.array(addedToken).nullish(),
  normalizer: z.looseObject({ type: z.string() }).nullish(),
  pre_tokenizer: z.looseObject({ type: z.string() }).nullish(),
  post_processor: z.looseObject({ type: z.string() }).nullish(),
  decoder: z.looseObject({ type: z.string() }).nullish(),
  model: z.looseObject({ type: z.string().optional() }),
});

const bpeModel = z.looseObject({
  // Not z.record: it drops the key `__proto__`, which is a token of vocabularies trained on JavaScript.
  vocab: z.custom<Readonly<Record<string, number>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'an object',
  ),
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  dropout: z.number().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
});

const byteLevel = z.looseObject({
  add_prefix_space: z.boolean().default(true), // as the Rust library defaults
  use_regex: z.boolean().default(true),
});

/**
 * @param path of a tokenizer.json
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_MODEL_FORMAT` if it is not a sound tokenizer.json;
 *   `ERR_MODEL_UNSUPPORTED` if it is one, but not GPT-2's kind of byte-level BPE
 */
export async function readTokenizerFile(path: string): Promise<TokenizerSpec> {
  const file = parse(tokenizerFile, await readJson(path), path);
  checkKind(file, path);
  const model = parse(bpeModel, file.model, `model of ${path}`);
  checkModel(model, path);
  const preTokenizer = parse(byteLevel, file.pre_tokenizer, `pre_tokenizer of ${path}`);

  const vocabulary = readVocabulary(model.vocab, path);
  const addedTokens = readAddedTokens(file.added_tokens ?? [], vocabulary, path);
  return {
    vocabulary,
    merges: readMerges(model.merges, vocabulary, path),
    ignoreMerges: model.ignore_merges ?? false,
    addedTokens,
    addPrefixSpace: preTokenizer.add_prefix_space,
    wordEnds: preTokenizer.use_regex ? gpt2WordEnds : wholeWordEnd,
    surroundings: parsePostProcessor(file.post_processor ?? null, path),
  };
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw invalid(`Expected at most ${MAX_FILE_BYTES} bytes in ${path} but it has ${size}.`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`Expected JSON in ${path} but ${(cause as Error).message}.`, cause);
  }
}

function checkKind(file: z.infer<typeof tokenizerFile>, path: string): void {
  // GPT-2's own tokenizer.json predates the field: a model with merges is BPE.
  const kind = file.model.type ?? ('merges' in file.model ? 'BPE' : 'of no type');
  if (kind !== 'BPE') throw unsupported(`a ${kind} model`, path);
  if (file.normalizer) throw unsupported(`a ${file.normalizer.type} normalizer`, path);
  const splitter = file.pre_tokenizer?.type ?? 'no';
  if (splitter !== 'ByteLevel') throw unsupported(`${splitter} pre-tokenizer`, path);
  const decoder = file.decoder?.type ?? 'no';
  if (decoder !== 'ByteLevel') throw unsupported(`${decoder} decoder`, path);
}

function checkModel(model: z.infer<typeof bpeModel>, path: string): void {
  if (model.dropout) throw unsupported('BPE dropout, which makes encoding random', path);
  if (model.byte_fallback) throw unsupported('BPE with byte_fallback', path);
  if (model.continuing_subword_prefix) throw unsupported('BPE with a continuing_subword_prefix', path);
  if (model.end_of_word_suffix) throw unsupported('BPE with an end_of_word_suffix', path);
}

function readVocabulary(vocab: Readonly<Record<string, number>>, path: string): Map<string, number> {
  const vocabulary = new Map(Object.entries(vocab));
  for (const [token, value] of vocabulary) {
    if (id.safeParse(value).success) continue;
    throw invalid(
      `Expected an integer from 0 to ${MAX_TOKENS} as id of token ${JSON.stringify(token)} in ${path} but received ${describe(value)}.`,
    );
  }
  if (new Set(vocabulary.values()).size < vocabulary.size)
    throw invalid(`Expected every token of ${path} to have an id of its own but two share one.`);
  // Without them some texts would lose bytes silently.
  const missing = BYTE_SYMBOLS.filter((symbol) => !vocabulary.has(symbol)).length;
  if (missing > 0)
    throw invalid(`Expected all 256 byte symbols in the vocabulary of ${path} but ${missing} are missing.`);
  return vocabulary;
}

function readMerges(
  merges: readonly (string | readonly [string, string])[],
  vocabulary: ReadonlyMap<string, number>,
  path: string,
): [string, string][] {
  return merges.map((merge, rank) => {
    const parts = typeof merge === 'string' ? merge.split(' ') : [...merge];
    const [left, right] = parts;
    if (
      parts.length !== 2 ||
      !vocabulary.has(left!) ||
      !vocabulary.has(right!) ||
      !vocabulary.has(left! + right!)
    )
      throw invalid(
        `Expected two tokens that make a third for merge ${rank} of ${path} but received ${JSON.stringify(merge)}.`,
      );
    return [left!, right!];
  });
}

function readAddedTokens(
  entries: readonly z.infer<typeof addedToken>[],
  vocabulary: ReadonlyMap<string, number>,
  path: string,
): AddedToken[] {
  const taken = new Map([...vocabulary].map(([content, tokenId]) => [tokenId, content]));
  return entries
    .filter((entry) => entry.content !== '')
    .map((entry) => {
      const token: AddedToken = {
        id: entry.id,
        content: entry.content,
        singleWord: entry.single_word,
        leftStrip: entry.lstrip,
        rightStrip: entry.rstrip,
        special: entry.special,
        normalized: entry.normalized ?? !entry.special,
      };
      checkAddedToken(token, vocabulary, taken, path);
      taken.set(token.id, token.content);
      return token;
    });
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(describeIssue(result.error.issues[0]!, value, what));
}

function invalid(message: string, cause?: unknown): InputError {
  return new InputError('ERR_MODEL_FORMAT', message, { cause });
}

function unsupported(found: string, path: string): InputError {
  return new InputError(
    'ERR_MODEL_UNSUPPORTED',
    `Expected a byte-level BPE tokenizer as GPT-2 has it in ${path} but found ${found}.`,
  );
}
