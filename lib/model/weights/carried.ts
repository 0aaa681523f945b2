/**
 * What a checkpoint holds besides the parameters that Lethe computes with, and that a model saved again must not lose:
 * the classifier on top of an encoder, say, and the files beside the weights.
 */
import { open } from 'node:fs/promises';
import { fileError, InputError } from '../../errors.js';
import type { DType } from '../../native/contract.js';
import { printable } from '../printable.js';
import { type CarriedFiles, listCarriedFiles } from './carried-files.js';
import type { LocatedCheckpoint } from './locate.js';
import { readExactly } from './read-exactly.js';
import { STORED_DTYPES, type StoredTensor } from './safetensors.js';

export interface CarriedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian, as in the file that it came from. */
  readonly data: Uint8Array;
}

export interface Carried {
  readonly tensors: readonly CarriedTensor[];
  /** Put before names of parameters that lack it, so that they stand among those of `tensors` as they did. */
  readonly prefix: string;
  /** undefined for a model that came from no directory. */
  readonly files: CarriedFiles | undefined;
}

export const NOTHING_CARRIED: Carried = { tensors: [], prefix: '', files: undefined };

/** Heads have a few megabytes; what has more than this is no model of ours, and must not fill the memory. */
const MAX_CARRIED_BYTES = 2 ** 30;

/** @throws InputError `ERR_FILE_READ`, `ERR_MODEL_FORMAT`; `ERR_MODEL_UNSUPPORTED` for over 1 GiB of other tensors */
export async function readCarried(
  directory: string,
  { others, prefix }: LocatedCheckpoint,
): Promise<Carried> {
  const bytes = others.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes > MAX_CARRIED_BYTES)
    throw new InputError(
      'ERR_MODEL_UNSUPPORTED',
      `Expected at most ${MAX_CARRIED_BYTES} bytes of tensors beside the model's own in ${directory} but found ${bytes}, ${printable(others[0]!.name)} among them.`,
    );
  const tensors: CarriedTensor[] = [];
  for (const tensor of others) {
    const { dtype } = STORED_DTYPES[tensor.dtype as keyof typeof STORED_DTYPES];
    tensors.push({ name: tensor.name, dtype, shape: tensor.shape, data: await readTensor(tensor) });
  }
  return { tensors, prefix, files: await listCarriedFiles(directory) };
}

async function readTensor({ path, offset, sizeBytes }: StoredTensor): Promise<Uint8Array> {
  const handle = await open(path).catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  try {
    return await readExactly(path, handle, offset, sizeBytes);
  } finally {
    await handle.close();
  }
}
