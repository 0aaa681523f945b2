/** A model directory in Hugging Face's layout: what is in it, where each parameter lies, and how it is written. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileError, InputError } from '../errors.js';
import { replaceFile, writeFileAtomic } from '../files.js';
import type { DType, NativeModel, ParameterSource, Piece, Slice } from '../native/contract.js';
import { translateNativeErrors } from '../native/errors.js';
import type { Architecture, Family } from './families/family.js';
import { familyOf } from './families/index.js';
import type { FileRows, ParameterLayout } from './layout.js';
import { composeSafetensorsHeader, STORED_DTYPES, type StoredTensor } from './safetensors.js';
import { planShards, shardIndex } from './shards.js';
import { readStoredTensors } from './stored-tensors.js';

/** config.json as it is on disk, all fields kept. */
export type ModelConfig = Readonly<Record<string, unknown>>;

const MAX_CONFIG_BYTES = 10_000_000;

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
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  if (text.length > MAX_CONFIG_BYTES) {
    throw new InputError(
      'ERR_MODEL_FORMAT',
      `Expected at most ${MAX_CONFIG_BYTES} bytes in ${path} but found more.`,
    );
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new InputError('ERR_MODEL_FORMAT', `Expected JSON in ${path} but found something else.`, { cause });
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new InputError('ERR_MODEL_FORMAT', `Expected a JSON object in ${path} but found something else.`);
  }
  return interpretConfig(config as ModelConfig, path);
}

/**
 * Where each parameter of the checkpoint lies. Tensors that the architecture does not have (GPT-2's causal-mask
 * buffers, a tied head stored twice) are left out.
 *
 * @throws InputError `ERR_MODEL_FORMAT` for a tensor that is missing or of another shape
 */
export async function locateParameters(
  directory: string,
  { family, layout }: InterpretedConfig,
): Promise<ParameterSource[]> {
  const stored = await readStoredTensors(directory);
  const find = (name: string) => {
    const prefix = family.optionalPrefix;
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : `${prefix}${name}`;
    const tensor = stored.get(name) ?? stored.get(bare);
    if (tensor !== undefined) return tensor;
    throw new InputError(
      'ERR_MODEL_FORMAT',
      `Expected tensor ${name} in ${directory} but it has none of that name.`,
    );
  };
  return layout.map(({ name, shape, parts }) => ({
    name,
    pieces: parts.map((part) => toPiece(find(part.name), part, shape.slice(1))),
  }));
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

/** A tensor of the family's files, and the rows of parameters that make it up, in order. */
interface FileTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly slices: readonly Slice[];
}

function fileTensors(layout: readonly ParameterLayout[], dtype: DType): FileTensor[] {
  const found = new Map<string, { part: FileRows; columns: readonly number[]; slice: Slice }[]>();
  for (const { name, shape, parts } of layout) {
    let firstRow = 0;
    for (const part of parts) {
      const slice = { name, firstRow, rows: part.rows, transposed: part.transposed };
      const list = found.get(part.name) ?? [];
      list.push({ part, columns: shape.slice(1), slice });
      found.set(part.name, list);
      firstRow += part.rows;
    }
  }
  return [...found].map(([name, list]) => {
    const { part, columns } = list[0]!;
    const ordered = list.toSorted((a, b) => a.part.first - b.part.first);
    const shape = part.transposed ? [...columns, part.of] : [part.of, ...columns];
    return { name, dtype, shape, slices: ordered.map(({ slice }) => slice) };
  });
}

export interface WriteCheckpointOptions {
  readonly tokenizerFiles: readonly string[];
  readonly maxShardBytes: number;
}

/**
 * Writes config.json, the weights and copies of the tokenizer's files, as transformers loads them. Each file appears by
 * rename; the weights, or the index of their shards, come last: a directory that holds them is whole.
 */
export async function writeCheckpoint(
  directory: string,
  { config, family, layout }: InterpretedConfig,
  native: NativeModel,
  options: WriteCheckpointOptions,
): Promise<void> {
  const { dtype } = native.parameters()[0]!;
  // transformers 5 reads `dtype`, transformers 4 `torch_dtype`.
  const saved = { ...config, architectures: [family.architecture], dtype, torch_dtype: dtype };
  await writeFileAtomic(join(directory, 'config.json'), `${JSON.stringify(saved, null, 2)}\n`);
  for (const file of options.tokenizerFiles) {
    const content = await readFile(file).catch((cause: unknown) => {
      throw fileError('read', file, cause);
    });
    await writeFileAtomic(join(directory, basename(file)), content);
  }
  const tensors = new Map(fileTensors(layout, dtype).map((tensor) => [tensor.name, tensor]));
  const bytes = dtype === 'float32' ? 4 : 2;
  const sizes = [...tensors.values()].map(({ name, shape }) => ({
    name,
    sizeBytes: shape.reduce((product, size) => product * size, bytes),
  }));
  const shards = planShards(sizes, options.maxShardBytes);
  for (const { file, names } of shards) {
    const members = names.map((name) => tensors.get(name)!);
    await replaceFile(join(directory, file), async (handle) => {
      await handle.writeFile(composeSafetensorsHeader(members));
      await translateNativeErrors(() =>
        native.writeValues(
          handle.fd,
          members.flatMap(({ slices }) => slices),
        ),
      );
    });
  }
  if (shards.length > 1) {
    await writeFileAtomic(join(directory, 'model.safetensors.index.json'), shardIndex(shards, sizes));
  }
}
