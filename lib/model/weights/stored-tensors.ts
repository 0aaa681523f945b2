/** Which tensors a model directory holds and in which file each one lies, in every layout that Lethe reads. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { fileError, InputError } from '../../errors.js';
import { exists } from '../../files.js';
import { printable } from '../printable.js';
import { readSafetensorsHeader, type StoredTensor } from './safetensors.js';
import { haveSameContent } from './same-content.js';
import { readTorchStateDict } from './torch-state-dict.js';

/** As for the header of a safetensors file, which says as much about as many tensors. */
const MAX_INDEX_BYTES = 100_000_000;

interface WeightFormat {
  /** The name of the weights in one file; of several, the index is this and `.index.json`. */
  readonly file: string;
  readonly extension: string;
  readonly read: (path: string) => Promise<readonly StoredTensor[]>;
}

/** In the order in which transformers looks for them. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = [
  {
    file: 'model.safetensors',
    extension: '.safetensors',
    read: async (path) => (await readSafetensorsHeader(path)).tensors,
  },
  { file: 'pytorch_model.bin', extension: '.bin', read: readTorchStateDict },
];

/** Weights of other programs, as far as a directory without ours is likely to hold them. */
const FOREIGN_WEIGHTS = /^(tf_model.*\.h5|flax_model.*\.msgpack|model\.ckpt.*|.*\.gguf|.*\.onnx|.*\.pth?)$/;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Reads the headers of a checkpoint, no weights: `model.safetensors`, else the shards of
 * `model.safetensors.index.json`, else `pytorch_model.bin`, else the shards of `pytorch_model.bin.index.json`.
 * Returned by name, in the order of the files.
 *
 * @throws InputError `ERR_MODEL_NOT_FOUND` if there is none of these; `ERR_MODEL_UNSUPPORTED` if there are weights of
 * another program only; `ERR_MODEL_FORMAT` for files that are damaged or contradict their index
 */
export async function readStoredTensors(directory: string): Promise<ReadonlyMap<string, StoredTensor>> {
  for (const format of WEIGHT_FORMATS) {
    const path = join(directory, format.file);
    if (await exists(path)) return collect([await format.read(path)]);
    if (await exists(`${path}.index.json`)) return readShards(directory, format);
  }
  throw await missingWeights(directory);
}

async function readShards(
  directory: string,
  format: WeightFormat,
): Promise<ReadonlyMap<string, StoredTensor>> {
  const indexPath = join(directory, `${format.file}.index.json`);
  const weightMap = await readWeightMap(indexPath, format.extension);
  const shards: (readonly StoredTensor[])[] = [];
  for (const file of shardsOf(weightMap)) {
    const path = join(directory, file);
    if (!(await exists(path))) throw indexError(indexPath, `the shard ${printable(file)} beside it`, 'none');
    shards.push(await format.read(path));
  }
  return collect(shards);
}

/** The files that an index names, each once. */
export function shardsOf(weightMap: ReadonlyMap<string, string>): string[] {
  return [...new Set(weightMap.values())].sort();
}

/** A path that stays below the directory that it is joined to, on every system. */
const INNER_PATH = /^(?!.*(^|\/)\.{0,2}(\/|$))[^\\:\p{C}]+$/u;

/**
 * The file of each tensor, from the index at `path`. Every file is a path below the directory with `extension`: an
 * index cannot lead out of its directory, nor back to itself. What an index says of a tensor need not be true, as
 * transformers does not look: it may name some that no shard has (buffers of an older release), and another shard.
 *
 * @throws InputError `ERR_MODEL_FORMAT`
 */
export async function readWeightMap(path: string, extension: string): Promise<ReadonlyMap<string, string>> {
  const failed = (cause: unknown) => {
    throw fileError('read', path, cause);
  };
  const { size } = await stat(path).catch(failed);
  if (size > MAX_INDEX_BYTES) throw indexError(path, `at most ${MAX_INDEX_BYTES} bytes`, `${size}`);
  const text = await readFile(path, 'utf8').catch(failed);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw indexError(path, 'JSON', 'something else', cause);
  }
  const index = indexSchema.safeParse(parsed);
  if (!index.success) throw indexError(path, 'a weight_map from names of tensors to files', 'something else');
  const entries = Object.entries(index.data.weight_map);
  if (entries.length === 0) throw indexError(path, 'at least one tensor', 'none');
  for (const [, file] of entries) {
    if (!INNER_PATH.test(file) || !file.endsWith(extension))
      throw indexError(path, `names of ${extension} files in the same directory`, printable(file));
  }
  return new Map(entries);
}

/** A tensor may lie in several files, if it is the same in all. */
async function collect(
  files: readonly (readonly StoredTensor[])[],
): Promise<ReadonlyMap<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of files.flat()) {
    const other = tensors.get(tensor.name);
    if (other !== undefined && !(await haveSameContent(other, tensor))) {
      throw new InputError(
        'ERR_MODEL_FORMAT',
        `Expected every tensor once, or the same in all files, but found two of the name ${printable(tensor.name)}, in ${other.path} and ${tensor.path}.`,
        { remedy: 'Remove the one that is out of date, or save the model again.' },
      );
    }
    tensors.set(tensor.name, tensor);
  }
  return tensors;
}

async function missingWeights(directory: string): Promise<InputError> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw fileError('read', directory, cause);
  });
  const foreign = names.find((name) => FOREIGN_WEIGHTS.test(name));
  const wanted = WEIGHT_FORMATS.map(({ file }) => file).join(' or ');
  if (foreign !== undefined) {
    return new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected ${wanted} in ${directory} but found weights of another format, ${printable(foreign)}.`,
      {
        remedy:
          'Load the model with transformers and save it with save_pretrained, which writes safetensors.',
      },
    );
  }
  return new InputError(
    'ERR_MODEL_NOT_FOUND',
    `Expected ${wanted}, or the index.json of their shards, in ${directory} but found none of them.`,
  );
}

function indexError(path: string, expected: string, found: string, cause?: unknown): InputError {
  return new InputError('ERR_MODEL_FORMAT', `Expected ${expected} in ${path} but found ${found}.`, {
    cause,
    remedy: 'The checkpoint is incomplete or damaged; download or save it again.',
  });
}
