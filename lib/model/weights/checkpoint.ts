/** A model directory in Hugging Face's layout: what is in it and where each parameter lies. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { readJsonFile } from '../../files.js';
import type { ParameterSource, Piece } from '../../native/contract.js';
import type { Architecture, Family } from '../families/family.js';
import { familyOf } from '../families/index.js';
import { MAX_CONFIG_BYTES } from '../limits.js';
import type { FileRows } from './layout.js';
import { STORED_DTYPES, type StoredTensor } from './safetensors.js';
import { readStoredTensors } from './stored-tensors.js';

/** config.json as it is on disk, all fields kept. */
export type ModelConfig = Readonly<Record<string, unknown>>;

export interface InterpretedConfig extends Architecture {
  readonly config: ModelConfig;
  readonly family: Family;
}

/** Interprets the fields of a config.json; `source` names it in messages. */
export function interpretConfig(config: ModelConfig, source: string): InterpretedConfig {
  const family = familyOf(config, source);
  return { config, family, ...family.interpret(config, source) };
}

/**
 * Reads `directory/config.json`.
 *
 * @throws InputError `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_FORMAT`, `ERR_MODEL_UNSUPPORTED`
 */
export async function readArchitecture(directory: string): Promise<InterpretedConfig> {
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new InputError('ERR_MODEL_NOT_FOUND', `Expected a model directory at ${directory} but found none.`);
  }
  const path = join(directory, 'config.json');
  const config = await readJsonFile(path, 'ERR_MODEL_FORMAT', MAX_CONFIG_BYTES);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new InputError('ERR_MODEL_FORMAT', `Expected a JSON object in ${path} but found something else.`);
  }
  return interpretConfig(config as ModelConfig, path);
}

export interface LocatedCheckpoint {
  readonly sources: readonly ParameterSource[];
  /** Weights that the architecture does not have, in types that can be written again. */
  readonly others: readonly StoredTensor[];
  /** The family's optional prefix where the names of an encoder have it and there are others; else empty. */
  readonly prefix: string;
}

/** What older releases of transformers stored among the weights: masks and tables of positions. */
const BUFFERS = /\.(attn\.(bias|masked_bias|causal_mask)|rotary_emb\.inv_freq|position_ids)$/;
/** Copies of the embedding. */
const TIED_HEADS = /^(lm_head|cls\.predictions)(\.decoder)?\.weight$/;

/**
 * Where each parameter of the checkpoint lies, and what else it holds but buffers and tied heads stored twice.
 *
 * @throws InputError `ERR_MODEL_FORMAT` for a tensor that is missing or of another shape
 */
export async function locateCheckpoint(
  directory: string,
  { config, family, layout, spec }: InterpretedConfig,
): Promise<LocatedCheckpoint> {
  const stored = await readStoredTensors(directory);
  const names = new Set<string>();
  const find = (name: string) => {
    const known = spellings(name, family.optionalPrefix);
    for (const spelling of known) names.add(spelling);
    const found = known.find((spelling) => stored.has(spelling));
    if (found !== undefined) return stored.get(found)!;
    throw new InputError(
      'ERR_MODEL_FORMAT',
      `Expected tensor ${name} in ${directory} but it has none of that name.`,
    );
  };
  const sources = layout.map(({ name, shape, parts }) => ({
    name,
    pieces: parts.map((part) => toPiece(find(part.name), part, shape.slice(1))),
    meanRows: 0,
  }));
  const tied = config.tie_word_embeddings !== false;
  const others = [...stored.values()].filter(
    (tensor) =>
      !names.has(tensor.name) &&
      Object.hasOwn(STORED_DTYPES, tensor.dtype) &&
      !BUFFERS.test(`.${tensor.name}`) &&
      !(tied && TIED_HEADS.test(tensor.name)),
  );
  const prefixed = [...stored.keys()].some((name) => name.startsWith(family.optionalPrefix));
  const kept = spec.head === 'none' && others.length > 0 && prefixed;
  return { sources, others, prefix: kept ? family.optionalPrefix : '' };
}

/** The names that a tensor may have: with and without the optional prefix, and as TensorFlow called its norms. */
function spellings(name: string, prefix: string): string[] {
  const names = [name, name.startsWith(prefix) ? name.slice(prefix.length) : `${prefix}${name}`];
  const old = names.map((each) =>
    each.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
  );
  return [...names, ...old];
}

function toPiece(tensor: StoredTensor, part: FileRows, columns: readonly number[]): Piece {
  const shapeOf = (rows: number) => (part.transposed ? [...columns, rows] : [rows, ...columns]);
  const expected = shapeOf(part.of);
  if (tensor.shape.join() !== expected.join()) {
    throw new InputError(
      'ERR_MODEL_FORMAT',
      `Expected shape [${expected.join(', ')}] for tensor ${tensor.name} in ${tensor.path} but found [${tensor.shape.join(', ')}].`,
    );
  }
  if (!Object.hasOwn(STORED_DTYPES, tensor.dtype)) {
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected one of ${Object.keys(STORED_DTYPES).join(', ')} for tensor ${tensor.name} in ${tensor.path} but found ${tensor.dtype}.`,
    );
  }
  const { dtype, bytes } = STORED_DTYPES[tensor.dtype as keyof typeof STORED_DTYPES];
  const rowBytes = columns.reduce((product, size) => product * size, bytes);
  return {
    path: tensor.path,
    offset: tensor.offset + part.first * rowBytes,
    dtype,
    shape: Int32Array.from(shapeOf(part.rows)),
    transposed: part.transposed,
  };
}

/**
 * The architecture of a config.json with some of its fields replaced, and the sources of its parameters. A larger
 * vocab_size gives each new token the mean of the embeddings, head and bias of the old ones, as transformers 5 does but
 * for its noise of 3e-5 standard deviations, which would need a seed (`mean_resizing` of `resize_token_embeddings`).
 *
 * @throws InputError `ERR_INVALID_OPTION` for a smaller vocab_size
 */
export async function locateReconfigured(
  directory: string,
  stored: InterpretedConfig,
  fields: ModelConfig,
): Promise<{ architecture: InterpretedConfig; located: LocatedCheckpoint }> {
  const { vocabularySize } = stored.spec;
  const source = `${join(directory, 'config.json')} with the config given`;
  const architecture = interpretConfig({ ...stored.config, ...fields }, source);
  const added = architecture.spec.vocabularySize - vocabularySize;
  if (added < 0) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a vocab_size >= ${vocabularySize}, that of ${directory}, but received ${architecture.spec.vocabularySize}.`,
      { remedy: 'Vocabularies grow only: a smaller one would lose tokens.' },
    );
  }
  const before = interpretConfig({ ...architecture.config, vocab_size: vocabularySize }, source);
  const located = await locateCheckpoint(directory, before);
  const sources = located.sources.map((each, i) => ({
    ...each,
    meanRows: architecture.layout[i]!.shape[0]! - before.layout[i]!.shape[0]!,
  }));
  return { architecture, located: { ...located, sources } };
}
