/**
 * The safetensors container: an 8-byte little-endian length, a JSON header, raw tensors. Headers come from strangers,
 * so everything in them is checked before a byte is read by it.
 */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { fileError, InputError } from '../errors.js';
import type { DType } from '../native/contract.js';

/** As in the reference implementation: no real header comes near, and it bounds what a hostile file makes us parse. */
const MAX_HEADER_BYTES = 100_000_000;

export interface StoredTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Absolute in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Bytes per element of the stored types that the loader reads. */
export const STORED_DTYPES = {
  F32: { dtype: 'float32', bytes: 4 },
  BF16: { dtype: 'bfloat16', bytes: 2 },
  F16: { dtype: 'float16', bytes: 2 },
} as const;

const index = z.number().int().nonnegative();
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(index).max(8),
  data_offsets: z.tuple([index, index]),
});

export interface SafetensorsHeader {
  readonly tensors: readonly StoredTensor[];
  /** The strings under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads and checks the header of the file at `path`.
 *
 * @throws InputError `ERR_MODEL_FORMAT` with one sentence for a file that is cut short, a header that is larger than
 * the file or not JSON, and for tensors that lie outside the file, overlap or have a size that is not their shape's
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const { header, dataStart, fileSize } = await readHeaderText(path);
  let parsed: unknown;
  try {
    parsed = JSON.parse(header);
  } catch (cause) {
    throw broken(path, 'a JSON header', 'something else', cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw broken(path, 'a JSON object as header', 'something else');
  }
  const { __metadata__: rawMetadata = {}, ...entries } = parsed as Record<string, unknown>;
  const metadata = z.record(z.string(), z.string()).safeParse(rawMetadata);
  if (!metadata.success) throw broken(path, 'strings as metadata', 'something else');
  const tensors = Object.entries(entries).map(([name, entry]) =>
    toTensor(path, name, entry, dataStart, fileSize),
  );
  requireDisjoint(path, tensors);
  return { tensors, metadata: metadata.data };
}

async function readHeaderText(
  path: string,
): Promise<{ header: string; dataStart: number; fileSize: number }> {
  const file = await open(path).catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  try {
    const fileSize = (await file.stat()).size;
    if (fileSize < 8) throw broken(path, 'at least 8 bytes', `${fileSize}`);
    const prefix = Buffer.alloc(8);
    await file.read(prefix, 0, 8, 0);
    const length = prefix.readBigUInt64LE();
    if (length > BigInt(fileSize - 8))
      throw broken(path, `a header of at most ${fileSize - 8} bytes`, `${length}`);
    if (length > BigInt(MAX_HEADER_BYTES))
      throw broken(path, `a header of at most ${MAX_HEADER_BYTES} bytes`, `${length}`);
    const bytes = Buffer.alloc(Number(length));
    await file.read(bytes, 0, bytes.length, 8);
    return { header: bytes.toString('utf8'), dataStart: 8 + bytes.length, fileSize };
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error);
  } finally {
    await file.close();
  }
}

function toTensor(
  path: string,
  name: string,
  entry: unknown,
  dataStart: number,
  fileSize: number,
): StoredTensor {
  const result = entrySchema.safeParse(entry);
  if (!result.success)
    throw broken(path, `dtype, shape and data_offsets for tensor ${name}`, 'something else');
  const { dtype, shape, data_offsets } = result.data;
  const [begin, end] = data_offsets;
  if (begin > end || dataStart + end > fileSize) {
    throw broken(
      path,
      `tensor ${name} within ${fileSize - dataStart} bytes of data`,
      `offsets ${begin} to ${end}`,
    );
  }
  const known = (STORED_DTYPES as Readonly<Record<string, { bytes: number }>>)[dtype];
  const expected = shape.reduce((product, dimension) => product * dimension, known?.bytes ?? 1);
  if (known !== undefined && expected !== end - begin) {
    throw broken(
      path,
      `${expected} bytes for tensor ${name} (${dtype} [${shape.join(', ')}])`,
      `${end - begin}`,
    );
  }
  return { name, dtype, shape, offset: dataStart + begin, sizeBytes: end - begin };
}

function requireDisjoint(path: string, tensors: readonly StoredTensor[]): void {
  const sorted = tensors.filter((tensor) => tensor.sizeBytes > 0).sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1]!;
    if (before.offset + before.sizeBytes > sorted[i]!.offset) {
      throw broken(path, 'tensors that do not overlap', `${before.name} and ${sorted[i]!.name} overlapping`);
    }
  }
}

function broken(path: string, expected: string, found: string, cause?: unknown): InputError {
  return new InputError('ERR_MODEL_FORMAT', `Expected ${expected} in ${path} but found ${found}.`, {
    cause,
    remedy: 'The file is damaged or not in the safetensors format; download or save it again.',
  });
}

/** The header, length prefix included, of tensors that will lie end to end in this order. */
export function composeSafetensorsHeader(
  tensors: readonly { readonly name: string; readonly dtype: DType; readonly shape: readonly number[] }[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } };
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const end =
      offset + shape.reduce((product, dimension) => product * dimension, dtype === 'float32' ? 4 : 2);
    header[name] = { dtype: dtype === 'float32' ? 'F32' : 'BF16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  // Padded with spaces to a multiple of 8, so that the tensors are aligned.
  const json = JSON.stringify(header);
  const bytes = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const out = Buffer.alloc(8 + bytes.length);
  out.writeBigUInt64LE(BigInt(bytes.length));
  bytes.copy(out, 8);
  return out;
}
