/** Whether two stored tensors are the same numbers. */
import { type FileHandle, open } from 'node:fs/promises';
import { fileError } from '../../errors.js';
import { readExactly } from './read-exactly.js';
import type { StoredTensor } from './safetensors.js';

const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Whether `a` and `b` have one type, one shape and the same bytes. Reads both from their files unless they lie in the
 * same place, as tied weights of torch.save do.
 *
 * @throws InputError `ERR_FILE_READ`, `ERR_MODEL_FORMAT`
 */
export async function haveSameContent(a: StoredTensor, b: StoredTensor): Promise<boolean> {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  if (a.path === b.path && a.offset === b.offset) return true;
  await using first = await opened(a.path);
  await using second = await opened(b.path);
  for (let done = 0; done < a.sizeBytes; done += CHUNK_BYTES) {
    const size = Math.min(CHUNK_BYTES, a.sizeBytes - done);
    const left = await readExactly(a.path, first, a.offset + done, size);
    const right = await readExactly(b.path, second, b.offset + done, size);
    if (!left.equals(right)) return false;
  }
  return true;
}

async function opened(path: string): Promise<FileHandle> {
  return open(path).catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
}
