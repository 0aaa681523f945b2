import { join } from 'node:path';
import * as z from 'zod';
import { InputError } from '../../../errors.js';
import { exists, readJsonFile, readOptionalJsonFile, readTextFile } from '../../../files.js';
import { placeOf } from '../../adapters/model-place.js';
import { MAX_CONFIG_BYTES } from '../../limits.js';
import { type NamedToken, readNamedTokens } from './named-tokens.js';
import { MAX_TOKENIZER_BYTES, type TokenizerJson, tokenizerJson } from './tokenizer-file.js';
import { readPart } from './tokenizer-parts.js';

export interface TokenizerSource {
  /** Where it lies: the directory itself, or that of an adapter's base. */
  readonly directory: string;
  /** The file that messages name. */
  readonly path: string;
  readonly json: TokenizerJson;
  /** The class of transformers, without `Fast`; undefined if nothing names one, nor the family of the model. */
  readonly kind: string | undefined;
  /** Of `added_tokens` in `json`, the first so many are the file's own; the small files alone name the others. */
  readonly own: number;
}

const config = z.looseObject({
  tokenizer_class: z.string().nullish(),
  add_prefix_space: z.boolean().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
});
type Config = z.infer<typeof config>;

/** Of the families whose directories need not name a class. */
const CLASSES: Readonly<Record<string, string>> = {
  gpt2: 'GPT2Tokenizer',
  codegen: 'GPT2Tokenizer',
  qwen2: 'Qwen2Tokenizer',
  roberta: 'RobertaTokenizer',
};
const END_OF_TEXT = '<|endoftext|>';
const QWEN2_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/**
 * @throws InputError `ERR_FILE_NOT_FOUND` without a tokenizer; `ERR_FILE_READ`, `ERR_MODEL_FORMAT`;
 *   `ERR_MODEL_UNSUPPORTED` for a vocab.json of a class that Lethe cannot put together
 */
export async function readTokenizerSource(given: string): Promise<TokenizerSource> {
  const directory = await homeOf(given);
  const settingsPath = join(directory, 'tokenizer_config.json');
  const said = await readOptionalJsonFile(settingsPath, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES);
  const settings = said === undefined ? {} : readPart(config, said, settingsPath);
  const kind = await classOf(directory, settings);
  const path = join(directory, 'tokenizer.json');
  const apart = !(await exists(path)) && (await exists(join(directory, 'vocab.json')));
  const file = apart
    ? await fromVocabulary(directory, kind, settings)
    : readPart(tokenizerJson, await readJsonFile(path, 'ERR_MODEL_FORMAT', MAX_TOKENIZER_BYTES), path);
  const own = (file.added_tokens ?? []).length;
  const named = await readNamedTokens(directory);
  const usual = /^(GPT2|CodeGen|Qwen2)Tokenizer$/.test(kind ?? '') ? [END_OF_TEXT] : [];
  const defaults = usual
    .filter((token) => apart || Object.hasOwn(vocabularyOf(file), token))
    .map(specialToken);
  return {
    directory,
    path: apart ? join(directory, 'vocab.json') : path,
    json: { ...withTokens(file, [...named, ...defaults]), pre_tokenizer: prefixed(file, kind, settings) },
    kind,
    own,
  };
}

/** An adapter alone may have a tokenizer of its own; else that of its base counts. */
async function homeOf(directory: string): Promise<string> {
  for (const name of ['tokenizer.json', 'vocab.json'])
    if (await exists(join(directory, name))) return directory;
  return (await exists(join(directory, 'adapter_config.json'))) ? (await placeOf(directory)).base : directory;
}

/** Empty for a family without a class of its own. */
async function classOf(directory: string, { tokenizer_class: named }: Config): Promise<string | undefined> {
  if (named) return named.replace(/Fast$/, '');
  const model = await readOptionalJsonFile(
    join(directory, 'config.json'),
    'ERR_MODEL_FORMAT',
    MAX_CONFIG_BYTES,
  );
  if (model === undefined) return undefined;
  const type = (model as { model_type?: unknown } | null)?.model_type;
  return typeof type === 'string' && Object.hasOwn(CLASSES, type) ? CLASSES[type]! : '';
}

/** These classes put their own pre-tokenizer in the place of the file's: a ByteLevel with their own setting. */
function prefixed(file: TokenizerJson, kind: string | undefined, { add_prefix_space: prefix }: Config) {
  const found = file.pre_tokenizer;
  if (!/^(GPT2|CodeGen|Roberta)Tokenizer$/.test(kind ?? '') || found?.type !== 'ByteLevel') return found;
  return { ...found, add_prefix_space: prefix ?? false };
}

async function fromVocabulary(
  directory: string,
  kind: string | undefined,
  settings: Config,
): Promise<TokenizerJson> {
  const path = join(directory, 'vocab.json');
  const merges = join(directory, 'merges.txt');
  const around = settings.add_bos_token || settings.add_eos_token;
  if (!/^(GPT2|CodeGen|Qwen2)Tokenizer$/.test(kind ?? '') || around || !(await exists(merges)))
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected a tokenizer.json in ${directory}, or vocab.json and merges.txt of GPT2Tokenizer, CodeGenTokenizer or Qwen2Tokenizer, but found vocab.json of ${kind || 'no class'}${around ? ' with tokens around texts' : ''}.`,
      {
        remedy: `Write it once: python -c "from transformers import AutoTokenizer as T; T.from_pretrained('${directory}').save_pretrained('${directory}')".`,
      },
    );
  const vocab = await readJsonFile(path, 'ERR_MODEL_FORMAT', MAX_TOKENIZER_BYTES);
  const lines = (
    await readTextFile(merges, { code: 'ERR_MODEL_FORMAT', maxBytes: MAX_TOKENIZER_BYTES })
  ).split(/\r?\n/);
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: settings.add_prefix_space ?? false,
    trim_offsets: true,
  };
  const split = { type: 'Split', pattern: { Regex: QWEN2_PATTERN }, behavior: 'Isolated', invert: false };
  const qwen = kind === 'Qwen2Tokenizer';
  return readPart(
    tokenizerJson,
    {
      normalizer: qwen ? { type: 'NFC' } : null,
      pre_tokenizer: qwen
        ? { type: 'Sequence', pretokenizers: [split, { ...byteLevel, use_regex: false }] }
        : { ...byteLevel, use_regex: true },
      decoder: { type: 'ByteLevel' },
      model: {
        type: 'BPE',
        vocab,
        merges: lines.filter((line) => line !== '' && !line.startsWith('#version')),
      },
    },
    path,
  );
}

/** As the Rust library numbers added tokens: those of the vocabulary by their id there, new ones after the last. */
function withTokens(file: TokenizerJson, named: readonly NamedToken[]): TokenizerJson {
  const vocabulary = vocabularyOf(file);
  const tokens = [...(file.added_tokens ?? [])];
  const contents = new Set(tokens.map(({ content }) => content));
  let next = tokens.reduce((largest, { id }) => Math.max(largest, id + 1), Object.keys(vocabulary).length);
  for (const token of named) {
    if (contents.has(token.content) || token.content === '') continue;
    contents.add(token.content);
    const known = Object.hasOwn(vocabulary, token.content) ? vocabulary[token.content] : undefined;
    tokens.push({ ...token, id: known ?? next++ });
  }
  return { ...file, added_tokens: tokens };
}

function vocabularyOf(file: TokenizerJson): Readonly<Record<string, number>> {
  const { vocab } = file.model as { vocab?: unknown };
  // What is none is refused where the model is read.
  return typeof vocab === 'object' && vocab !== null ? (vocab as Record<string, number>) : {};
}

function specialToken(content: string): NamedToken {
  return { content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}
