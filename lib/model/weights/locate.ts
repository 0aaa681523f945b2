/** Where each parameter of a model directory lies: in its weights, tied or not, with an adapter put on them or not. */
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import type { ParameterSource, Piece, Update } from '../../native/contract.js';
import { type Adapter, type LowRank, NO_ADAPTER, readAdapter } from '../adapters/adapter.js';
import { placeOf } from '../adapters/model-place.js';
import { type InterpretedConfig, interpretConfig, type ModelConfig } from './checkpoint.js';
import type { FileRows, ParameterLayout } from './layout.js';
import { STORED_DTYPES, type StoredTensor } from './safetensors.js';
import { haveSameContent } from './same-content.js';
import { readStoredTensors } from './stored-tensors.js';

export interface LocatedCheckpoint {
  /** The directory of config.json and the weights: that of the model, or of the base of an adapter. */
  readonly base: string;
  /** Whether an adapter was put on the weights. */
  readonly adapted: boolean;
  /** That of config.json, but for a head that is not tied after all. */
  readonly architecture: InterpretedConfig;
  readonly sources: readonly ParameterSource[];
  /** Weights that the architecture does not have, in types that can be written again. */
  readonly others: readonly StoredTensor[];
  /** The family's optional prefix where the names of an encoder have it and there are others; else empty. */
  readonly prefix: string;
  /** What a user should know of how the files were read, a sentence each. */
  readonly warnings: readonly string[];
}

type Tensors = ReadonlyMap<string, StoredTensor>;

/** What older releases of transformers stored among the weights: masks and tables of positions. */
const BUFFERS = /\.(attn\.(bias|masked_bias|causal_mask)|rotary_emb\.inv_freq|position_ids)$/;
/** The other half of a pair that is tied to the embedding, in each class of model; first that of all decoders. */
const HEADS = ['lm_head.weight', 'lm_head.decoder.weight', 'cls.predictions.decoder.weight'] as const;
const HEAD = HEADS[0];

/**
 * Where each parameter of the checkpoint lies, and what else it holds but buffers and copies of the embedding. Of a tied
 * pair one half is enough, whichever it is. Two halves that are not the same are not tied, whatever config.json says, as
 * for transformers 5. An adapter is put on the weights.
 *
 * @throws InputError `ERR_MODEL_FORMAT` for a tensor that is missing or of another shape; what `placeOf` and
 *   `readAdapter` throw
 */
export async function locateCheckpoint(
  directory: string,
  config: InterpretedConfig,
): Promise<LocatedCheckpoint> {
  const place = await placeOf(directory);
  const stored = await readStoredTensors(place.base);
  const adapter =
    place.adapter === undefined
      ? NO_ADAPTER
      : await readAdapter(place.adapter, (name) => layoutName(config, name), modulesOf(config));
  const tensors = replaced(stored, adapter, config);
  const untied = config.spec.head === 'tied' && (await isUntied(config, tensors, adapter));
  const architecture = untied
    ? interpretConfig({ ...config.config, tie_word_embeddings: false }, join(place.base, 'config.json'))
    : config;

  const used = new Set<string>();
  const find = (name: string) => {
    const known = lookUp(tensors, name, config);
    if (known === undefined)
      throw new InputError(
        'ERR_MODEL_FORMAT',
        `Expected tensor ${name} in ${place.base} but it has none of that name.`,
      );
    for (const spelling of spellings(name, config.family.optionalPrefix)) used.add(spelling);
    return known;
  };
  const sources = architecture.layout.map((parameter) => toSource(parameter, find, adapter));
  const embedding = find(embeddingOf(config));
  const others: StoredTensor[] = [];
  for (const tensor of tensors.values()) {
    const { name, dtype } = tensor;
    if (used.has(name) || !Object.hasOwn(STORED_DTYPES, dtype) || BUFFERS.test(`.${name}`)) continue;
    const half = isTied(config.config) && (HEADS as readonly string[]).includes(name);
    if (!half || !(await haveSameContent(tensor, embedding))) others.push(tensor);
  }
  const prefixed = [...stored.keys()].some((name) => name.startsWith(config.family.optionalPrefix));
  const kept = architecture.spec.head === 'none' && others.length > 0 && prefixed;
  return {
    base: place.base,
    adapted: adapter !== NO_ADAPTER,
    architecture,
    sources,
    others,
    prefix: kept ? config.family.optionalPrefix : '',
    warnings: untied && adapter === NO_ADAPTER ? [untiedWarning(directory)] : [],
  };
}

function untiedWarning(directory: string): string {
  return `config.json of ${directory} ties the head to the embedding, but ${HEAD} in the weights is another; it is used as it is, as transformers 5 does.`;
}

function isTied(config: ModelConfig): boolean {
  return config.tie_word_embeddings !== false;
}

/** The checkpoint's name of the embedding of tokens. */
function embeddingOf({ layout }: InterpretedConfig): string {
  return layout.find(({ name }) => name === 'tokens.weight')!.parts[0]!.name;
}

function namesOf({ layout, spec }: InterpretedConfig): string[] {
  const names = layout.flatMap(({ parts }) => parts.map(({ name }) => name));
  return spec.head === 'tied' ? [...names, HEAD] : names;
}

/** Of what an adapter calls a tensor. */
function layoutName(config: InterpretedConfig, name: string): string | undefined {
  const names = new Set(namesOf(config));
  return spellings(name, config.family.optionalPrefix).find((spelling) => names.has(spelling));
}

/** Whose weights are matrices, as the checkpoint calls them. */
function modulesOf(config: InterpretedConfig): string[] {
  const matrices = config.layout.filter(({ shape }) => shape.length === 2);
  const names = new Set(matrices.flatMap(({ parts }) => parts.map(({ name }) => name)));
  if (config.spec.head === 'tied') names.add(HEAD);
  return [...names].map((name) => name.replace(/\.weight$/, ''));
}

/** The tensors with those of the adapter in their places. A head that was tied to what is replaced stays as it was. */
function replaced(stored: Tensors, adapter: Adapter, config: InterpretedConfig): Tensors {
  if (adapter.replaced.size === 0) return stored;
  const tensors = new Map(stored);
  const { optionalPrefix } = config.family;
  const before = lookUp(stored, embeddingOf(config), config);
  if (config.spec.head === 'tied' && before !== undefined && !stored.has(HEAD))
    tensors.set(HEAD, { ...before, name: HEAD });
  for (const [name, tensor] of adapter.replaced) {
    const known = spellings(name, optionalPrefix).find((spelling) => stored.has(spelling)) ?? name;
    tensors.set(known, { ...tensor, name: known });
  }
  return tensors;
}

/** Whether the two halves of a pair that config.json ties are not the same. */
async function isUntied(config: InterpretedConfig, tensors: Tensors, adapter: Adapter): Promise<boolean> {
  const embedding = embeddingOf(config);
  if (adapter.updates.has(embedding) || adapter.updates.has(HEAD)) return true;
  const [first, second] = [lookUp(tensors, embedding, config), tensors.get(HEAD)];
  return first !== undefined && second !== undefined && !(await haveSameContent(first, second));
}

/** A tensor by its name in the layout; of a tied pair the other half if that is the one that is there. */
function lookUp(tensors: Tensors, name: string, config: InterpretedConfig): StoredTensor | undefined {
  const embedding = embeddingOf(config);
  const halves = !isTied(config.config) || config.spec.head === 'own' ? [] : [embedding, ...HEADS];
  const names = halves.includes(name) ? [name, ...halves] : [name];
  const known = names.flatMap((each) => spellings(each, config.family.optionalPrefix));
  const found = known.find((spelling) => tensors.has(spelling));
  return found === undefined ? undefined : tensors.get(found);
}

/** The names that a tensor may have: with and without the optional prefix, and as TensorFlow called its norms. */
function spellings(name: string, prefix: string): string[] {
  const names = [name, name.startsWith(prefix) ? name.slice(prefix.length) : `${prefix}${name}`];
  const old = names.map((each) =>
    each.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
  );
  return [...names, ...old];
}

function toSource(
  { name, shape, parts }: ParameterLayout,
  find: (name: string) => StoredTensor,
  adapter: Adapter,
): ParameterSource {
  const columns = shape.slice(1);
  const updates: Update[] = [];
  let firstRow = 0;
  for (const part of parts) {
    const change = adapter.updates.get(part.name);
    if (change !== undefined) updates.push(toUpdate(change, firstRow, part, columns[0]!));
    firstRow += part.rows;
  }
  return { name, pieces: parts.map((part) => toPiece(find(part.name), part, columns)), meanRows: 0, updates };
}

function toUpdate(change: LowRank, firstRow: number, part: FileRows, columns: number): Update {
  const { left, right, rank, scale, transposed } = change;
  const inner = { name: right.name, first: 0, rows: rank, of: rank, transposed };
  return {
    firstRow,
    scale,
    left: toPiece(left, { ...part, transposed }, [rank]),
    right: toPiece(right, inner, [columns]),
  };
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
): Promise<LocatedCheckpoint> {
  const { vocabularySize } = stored.spec;
  const source = `${join(directory, 'config.json')} with the config given`;
  const wanted = interpretConfig({ ...stored.config, ...fields }, source);
  const added = wanted.spec.vocabularySize - vocabularySize;
  if (added < 0) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a vocab_size >= ${vocabularySize}, that of ${directory}, but received ${wanted.spec.vocabularySize}.`,
      { remedy: 'Vocabularies grow only: a smaller one would lose tokens.' },
    );
  }
  const before = interpretConfig({ ...wanted.config, vocab_size: vocabularySize }, source);
  const located = await locateCheckpoint(directory, before);
  const { config } = located.architecture;
  const architecture = interpretConfig({ ...config, vocab_size: wanted.spec.vocabularySize }, source);
  const sources = located.sources.map((each, i) => ({
    ...each,
    meanRows: architecture.layout[i]!.shape[0]! - located.architecture.layout[i]!.shape[0]!,
  }));
  return { ...located, architecture, sources };
}
