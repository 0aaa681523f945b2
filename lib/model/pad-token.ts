/**
 * Gives a model without one a padding token, as the published code does before it trains in batches:
 * `tokenizer.add_special_tokens({'pad_token': '[PAD]'}); model.resize_token_embeddings(len(tokenizer))`.
 * Lethe itself needs none, for its batches are ragged.
 */
import { copyFile, mkdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { check } from '../check.js';
import { fileError, InputError } from '../errors.js';
import { readJsonFile, writeFileAtomic } from '../files.js';
import { formatJson } from '../json.js';
import { Model } from './model.js';
import { directorySchema } from './options.js';
import { Tokenizer } from './tokenizer/tokenizer.js';
import type { LeftOutFile } from './weights/carried-files.js';
import { readArchitecture } from './weights/checkpoint.js';
import { locateCheckpoint } from './weights/locate.js';

export interface AddPadTokenOptions {
  /** Text of the token, not empty. Default `[PAD]`. */
  readonly token?: string;
}

export interface PadTokenResult {
  readonly padId: number;
  /** Of the model before, and after: larger unless the model had rows to spare, as those with a padded vocabulary do. */
  readonly vocabularySizes: readonly [number, number];
  /** As `SaveModelResult` has it. */
  readonly leftOut: readonly LeftOutFile[];
}

const optionsSchema = z.strictObject({ token: z.string().min(1).default('[PAD]') });

type Json = Record<string, unknown>;

/**
 * Writes the model and tokenizer of `directory` to `output` with a padding token: after the last id, unless the
 * tokenizer has a token of that text. New rows of the embedding (and head) are the mean of the old ones, see
 * `LoadModelOptions.config`; all others, and the type that weights are stored in, stay as they are. A vocabulary with
 * room for the token keeps its size, where the published call would cut it.
 *
 * @throws InputError `ERR_INVALID_OPTION` if the tokenizer has a padding token, or `output` is `directory`; what
 *   `Model.load`, `Tokenizer.load` and `save` throw
 */
export async function addPadToken(
  directory: string,
  output: string,
  options: AddPadTokenOptions = {},
): Promise<PadTokenResult> {
  check(directorySchema, directory, 'the directory of addPadToken');
  check(directorySchema, output, 'the output of addPadToken');
  const { token } = check(optionsSchema, options, 'options of addPadToken');
  const tokenizer = await Tokenizer.load(directory);
  const architecture = await readArchitecture(directory);
  const before = architecture.spec.vocabularySize;
  if (tokenizer.padId !== undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a tokenizer without a padding token in ${directory} but its token ${tokenizer.padId} is one.`,
      { remedy: 'Use the model as it is.' },
    );
  await makeDirectory(output);
  if ((await realpath(output)) === (await realpath(directory)))
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected another directory than ${directory} for the output.`,
    );
  const { sources } = await locateCheckpoint(directory, architecture);
  const dtypes = new Set(sources.flatMap(({ pieces }) => pieces.map(({ dtype }) => dtype)));
  const dtype = dtypes.size === 1 ? [...dtypes][0]! : 'float32';

  const { padId, files } = await writeTokenizer(tokenizer, output, token);
  const after = Math.max(before, padId + 1);
  await using model = await Model.load(directory, {
    dtype,
    config: { vocab_size: after, pad_token_id: padId },
  });
  // Those files stay, and are not replaced by what the checkpoint has under their names.
  const { leftOut } = await model.save(output, { tokenizer: { files } });
  return { padId, vocabularySizes: [before, after], leftOut };
}

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw fileError('write', path, cause);
  });
}

/** Copies the tokenizer's files, those changed that say which tokens there are. Returns the token's id and what was written. */
async function writeTokenizer(
  { files, json, vocabularySize }: Tokenizer,
  output: string,
  token: string,
): Promise<{ padId: number; files: string[] }> {
  const vocab = json.model.vocab as Json;
  const added = json.added_tokens ?? [];
  const known = added.find(({ content }) => content === token)?.id;
  const inVocabulary = Object.hasOwn(vocab, token) ? (vocab[token] as number) : undefined;
  const id = known ?? inVocabulary ?? vocabularySize;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const changes: Readonly<Record<string, (content: Json) => Json>> = {
    'tokenizer_config.json': (content) => ({
      ...content,
      pad_token: token,
      ...(content.added_tokens_decoder === undefined
        ? {}
        : {
            added_tokens_decoder: {
              ...(content.added_tokens_decoder as Json),
              [id]: { content: token, ...flags },
            },
          }),
    }),
    'special_tokens_map.json': (content) => ({ ...content, pad_token: token }),
    'added_tokens.json': (content) => ({ ...content, [token]: id }),
  };
  const tokens = known === undefined ? withEntry(added, { id, content: token, ...flags }) : added;
  await writeJson(join(output, 'tokenizer.json'), { ...json, added_tokens: tokens });
  for (const file of files.filter((each) => basename(each) !== 'tokenizer.json')) {
    const name = basename(file);
    const change = changes[name];
    if (change === undefined) await copyFile(file, join(output, name));
    else await writeJson(join(output, name), change((await readJsonFile(file)) as Json));
  }
  const names = [...new Set(['tokenizer.json', ...files.map((file) => basename(file))])];
  // Where the file is missing, transformers takes the model's own class of tokenizer.
  if (!names.includes('tokenizer_config.json')) {
    await writeJson(join(output, 'tokenizer_config.json'), { pad_token: token });
    names.push('tokenizer_config.json');
  }
  return { padId: id, files: names.map((name) => join(output, name)) };
}

/** In the order of their ids, which the Rust library asks for. */
function withEntry<T extends { readonly id: number }>(entries: readonly T[], entry: T): T[] {
  return [...entries, entry].sort((a, b) => a.id - b.id);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, formatJson(value));
}
