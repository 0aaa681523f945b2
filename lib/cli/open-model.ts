/** The model and the tokenizer that a command's options name. */
import { resolveModel } from '../data/hub/hub.js';
import { InputError } from '../errors.js';
import { type LoadModelOptions, Model } from '../model/model.js';
import { Tokenizer } from '../model/tokenizer/tokenizer.js';
import { readArchitecture } from '../model/weights/checkpoint.js';
import { countParameters } from '../model/weights/layout.js';
import { loadAddon } from '../native/load.js';
import type { ModelOptions } from './options.js';
import type { Session } from './session.js';
import { warnAtEnd } from './warnings.js';

/** `--device` and `--dtype` as the library takes them; `--threads` takes effect at once. */
export function placement({
  device,
  dtype,
  threads,
}: Pick<ModelOptions, 'device' | 'dtype' | 'threads'>): LoadModelOptions {
  if (threads !== undefined) loadAddon().setThreads(threads);
  return { ...(device === undefined ? {} : { device }), ...(dtype === undefined ? {} : { dtype }) };
}

/**
 * The directory of the model that is called for: itself, or what the cache holds of a name on the hub, downloaded if
 * need be.
 *
 * @throws InputError as `resolveModel`; `ERR_INVALID_OPTION` for a revision of a directory
 */
export async function locateModel(
  { model, revision, localFilesOnly }: Pick<ModelOptions, 'model' | 'revision' | 'localFilesOnly'>,
  session: Session,
): Promise<string> {
  const resolving = resolveModel(model, { revision, localFilesOnly, signal: session.signal });
  const directory = await session.run(resolving, (event) => {
    if (event.type === 'note') session.say(event.message);
  });
  if (revision === undefined || directory !== model) return directory;
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected a name on the hub beside --revision but received the directory ${model}, which has no revisions.`,
    { remedy: 'Leave --revision out, or give the name of the model.' },
  );
}

/** How many weights a model has, from its config alone. @throws InputError as loading it would */
export async function countModelParameters(directory: string): Promise<number> {
  return countParameters((await readArchitecture(directory)).layout);
}

/**
 * Loads the model of a directory where and as the options say.
 *
 * @throws InputError `ERR_MODEL_UNSUPPORTED` for an encoder: it predicts no tokens, which is what every command is about
 */
export async function openModel(
  directory: string,
  options: Pick<ModelOptions, 'device' | 'dtype' | 'threads'>,
): Promise<Model> {
  const { config, spec } = await readArchitecture(directory);
  if (!spec.attention.causal || spec.head === 'none')
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected a model that predicts the next token in ${directory} but found an encoder, ${String(config.model_type)}.`,
      { remedy: 'Encoders are for Model.encode of the library.' },
    );
  const model = await Model.load(directory, placement(options));
  for (const warning of model.warnings) warnAtEnd(() => warning);
  return model;
}

/**
 * Loads the tokenizer beside a model.
 *
 * @throws InputError `ERR_VOCABULARY_MISMATCH` if it has tokens that the model does not know
 */
export async function openTokenizer(
  directory: string,
  model: Pick<Model, 'vocabularySize'>,
): Promise<Tokenizer> {
  const tokenizer = await Tokenizer.load(directory);
  warnAtEnd(() => {
    const { droppedBytes } = tokenizer;
    if (droppedBytes === 0) return undefined;
    return `the vocabulary in ${directory} has no token for ${droppedBytes} byte${droppedBytes === 1 ? '' : 's'} of the texts; they were left out, as transformers does.`;
  });
  if (tokenizer.ownVocabularySize <= model.vocabularySize) return tokenizer;
  throw new InputError(
    'ERR_VOCABULARY_MISMATCH',
    `Expected a tokenizer of at most ${model.vocabularySize} tokens, the model's vocabulary, in ${directory} but found one of ${tokenizer.ownVocabularySize}.`,
    { remedy: 'Put the tokenizer files that the model was trained with into its directory.' },
  );
}

/** {@link openTokenizer}, or undefined where there is none: records may bring tokens instead of text. */
export async function openTokenizerIfPresent(
  directory: string,
  model: Pick<Model, 'vocabularySize'>,
): Promise<Tokenizer | undefined> {
  try {
    return await openTokenizer(directory, model);
  } catch (error) {
    if (error instanceof InputError && error.code === 'ERR_FILE_NOT_FOUND') return undefined;
    throw error;
  }
}
