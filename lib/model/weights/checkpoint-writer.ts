/** Writes a model directory in Hugging Face's layout, so that an interrupted save is never taken for a model. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileError } from '../../errors.js';
import { replaceFile, writeFileAtomic } from '../../files.js';
import { formatJson } from '../../json.js';
import type { DType, NativeModel, Slice } from '../../native/contract.js';
import { translateNativeErrors } from '../../native/errors.js';
import type { Carried } from './carried.js';
import { copyCarriedFiles, type LeftOutFile } from './carried-files.js';
import type { InterpretedConfig } from './checkpoint.js';
import type { FileRows, ParameterLayout } from './layout.js';
import { composeSafetensorsHeader } from './safetensors.js';
import { planShards, type Shard, shardIndex } from './shards.js';

const INDEX = 'model.safetensors.index.json';
/** Every name under which weights are written here. */
const WEIGHTS = /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/;

/** A tensor of the family's files: rows of parameters in order, or bytes that are at hand. */
interface FileTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly content: readonly Slice[] | Uint8Array;
}

export interface WriteCheckpointOptions {
  readonly tokenizerFiles: readonly string[];
  readonly maxShardBytes: number;
  readonly carried: Carried;
  /** Also the files beside the weights of the checkpoint that the model came from. */
  readonly carryFiles: boolean;
}

/**
 * Writes config.json, the weights, copies of the tokenizer's files and what is carried over, as transformers loads them. Each file appears by
 * rename; the weights, or the index of their shards, come last: a directory that holds them is whole. Weights of an
 * earlier save that remain are removed after that, as transformers does. Returns the files that were not carried over.
 */
export async function writeCheckpoint(
  directory: string,
  { config, family, layout }: InterpretedConfig,
  native: NativeModel,
  { tokenizerFiles, maxShardBytes, carried, carryFiles }: WriteCheckpointOptions,
): Promise<LeftOutFile[]> {
  const { dtype } = native.parameters()[0]!;
  // What is carried belongs to the class that the checkpoint was of; without it the family's own class is what is left.
  const own = carried.tensors.length > 0 ? config.architectures : undefined;
  const architectures = own ?? [family.architecture];
  // transformers 5 reads `dtype`, transformers 4 `torch_dtype`.
  const saved = { ...config, architectures, dtype, torch_dtype: dtype };
  await writeFileAtomic(join(directory, 'config.json'), formatJson(saved));
  for (const file of tokenizerFiles) {
    const content = await readFile(file).catch((cause: unknown) => {
      throw fileError('read', file, cause);
    });
    await writeFileAtomic(join(directory, basename(file)), content);
  }
  const replaced = new Set(tokenizerFiles.map((file) => basename(file)));
  const leftOut =
    carried.files === undefined || !carryFiles
      ? []
      : await copyCarriedFiles(carried.files, directory, replaced);
  await writeWeights(directory, fileTensors(layout, dtype, carried), native, maxShardBytes);
  return leftOut;
}

async function writeWeights(
  directory: string,
  tensors: readonly FileTensor[],
  native: NativeModel,
  maxShardBytes: number,
): Promise<void> {
  const sizes = tensors.map(({ name, dtype, shape }) => ({
    name,
    sizeBytes: shape.reduce((product, size) => product * size, dtype === 'float32' ? 4 : 2),
  }));
  const shards = planShards(sizes, maxShardBytes);
  const files = new Set([...shards.map(({ file }) => file), ...(shards.length > 1 ? [INDEX] : [])]);
  const before = await weightsIn(directory);
  // The index of shards that are about to be replaced one by one: until all are, it would join old and new ones.
  if (before.some((file) => files.has(file)) && before.includes(INDEX)) await rm(join(directory, INDEX));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const shard of shards) await writeShard(directory, shard, byName, native);
  if (shards.length > 1) await writeFileAtomic(join(directory, INDEX), shardIndex(shards, sizes));
  // Readers take one whole file before an index, and an index before shards: in that order.
  const stale = before
    .filter((file) => !files.has(file))
    .sort()
    .reverse();
  for (const file of stale) await rm(join(directory, file), { force: true });
}

async function weightsIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw fileError('read', directory, cause);
  });
  return names.filter((name) => WEIGHTS.test(name));
}

async function writeShard(
  directory: string,
  { file, names }: Shard,
  tensors: ReadonlyMap<string, FileTensor>,
  native: NativeModel,
): Promise<void> {
  const members = names.map((name) => tensors.get(name)!);
  await replaceFile(join(directory, file), async (handle) => {
    await handle.writeFile(composeSafetensorsHeader(members));
    for (const { content } of members) {
      if (content instanceof Uint8Array) await handle.writeFile(content);
      else await translateNativeErrors(() => native.writeValues(handle.fd, content));
    }
  });
}

function fileTensors(
  layout: readonly ParameterLayout[],
  dtype: DType,
  { prefix, tensors }: Carried,
): FileTensor[] {
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
  const parameters = [...found].map(([name, list]) => {
    const { part, columns } = list[0]!;
    const ordered = list.toSorted((a, b) => a.part.first - b.part.first);
    const shape = part.transposed ? [...columns, part.of] : [part.of, ...columns];
    return { name: `${prefix}${name}`, dtype, shape, content: ordered.map(({ slice }) => slice) };
  });
  return [...parameters, ...tensors.map(({ data, ...tensor }) => ({ ...tensor, content: data }))];
}
