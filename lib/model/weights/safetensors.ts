/**
 * The safetensors container: an 8-byte little-endian length, a JSON header, raw tensors. Headers come from strangers,
 * so everything in them is checked before a byte is read by it.
 */
import { open } from 'node:fs/promises';
import * as z from 'zod';
import { fileError, InputError } from '../../errors.js';
import type { DType } from '../../native/contract.js';
import { printable } from '../printable.js';
import { readExactly } from './read-exactly.js';

/** As in the reference implementation: no real header comes near, and it bounds what a hostile file makes us parse. */
const MAX_HEADER_BYTES = 100_000_000;

export interface StoredTensor {
  readonly name: string;
  /** As safetensors spells it: F32, F16, BF16, I64, BOOL and so on. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The file that holds it. */
  readonly path: string;
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

/** Bytes per element of every stored type that is known; tensors of others are taken at their word. */
export const DTYPE_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
  C64: 8,
};

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
 * the file or not JSON, for tensors that lie outside the file, overlap or have a size that is not their shape's, and
 * for bytes that belong to no tensor (the reference implementation refuses them as well)
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
  requireDisjoint(path, tensors, 'tensors');
  const dataBytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, dataStart);
  if (dataBytes !== fileSize)
    throw broken(path, `tensors of ${fileSize - dataStart} bytes in all`, `${dataBytes - dataStart}`);
  return { tensors, metadata: metadata.data };
}

async function readHeaderText(
  path: string,
): Promise<{ header: string; dataStart: number; fileSize: number }> {
  const file = await open(path).catch((cause: unknown) => {
    throw fileError('read', path, cause);
  });
  try {
    const { size: fileSize } = await file.stat();
    if (fileSize < 8) throw broken(path, 'at least 8 bytes', `${fileSize}`);
    const length = (await readExactly(path, file, 0, 8)).readBigUInt64LE();
    if (length > BigInt(fileSize - 8))
      throw broken(path, `a header of at most ${fileSize - 8} bytes`, `${length}`);
    if (length > BigInt(MAX_HEADER_BYTES))
      throw broken(path, `a header of at most ${MAX_HEADER_BYTES} bytes`, `${length}`);
    const bytes = await readExactly(path, file, 8, Number(length));
    return { header: bytes.toString('utf8'), dataStart: 8 + bytes.length, fileSize };
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
  const shown = printable(name);
  const result = entrySchema.safeParse(entry);
  if (!result.success)
    throw broken(path, `dtype, shape and data_offsets for tensor ${shown}`, 'something else');
  const { dtype, shape, data_offsets } = result.data;
  const [begin, end] = data_offsets;
  if (begin > end || dataStart + end > fileSize) {
    throw broken(
      path,
      `tensor ${shown} within ${fileSize - dataStart} bytes of data`,
      `offsets ${begin} to ${end}`,
    );
  }
  const bytes = Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype]! : undefined;
  const expected = shape.reduce((product, dimension) => product * dimension, bytes ?? 0);
  if (bytes !== undefined && expected !== end - begin) {
    throw broken(
      path,
      `${expected} bytes for tensor ${shown} (${dtype} [${shape.join(', ')}])`,
      `${end - begin}`,
    );
  }
  return { name, dtype, shape, path, offset: dataStart + begin, sizeBytes: end - begin };
}

/** Throws if any two of the ranges, called `what`, share a byte. */
export function requireDisjoint(
  path: string,
  ranges: readonly { readonly name: string; readonly offset: number; readonly sizeBytes: number }[],
  what: string,
): void {
  const sorted = ranges.filter(({ sizeBytes }) => sizeBytes > 0).sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1]!;
    if (before.offset + before.sizeBytes > sorted[i]!.offset) {
      const both = `${printable(before.name)} and ${printable(sorted[i]!.name)} overlapping`;
      throw broken(path, `${what} that do not overlap`, both);
    }
  }
}

function broken(path: string, expected: string, found: string, cause?: unknown): InputError {
  return new InputError('ERR_MODEL_FORMAT', `Expected ${expected} in ${path} but found ${found}.`, {
    cause,
    remedy: 'The file is damaged or of another format; download or save it again.',
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
    const [stored, { bytes }] = Object.entries(STORED_DTYPES).find(([, known]) => known.dtype === dtype)!;
    const end = offset + shape.reduce((product, dimension) => product * dimension, bytes);
    header[name] = { dtype: stored, shape, data_offsets: [offset, end] };
    offset = end;
  }
  // Padded with spaces to a multiple of 8, so that the tensors are aligned.
  const json = JSON.stringify(header);
  const padded = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const out = Buffer.alloc(8 + padded.length);
  out.writeBigUInt64LE(BigInt(padded.length));
  padded.copy(out, 8);
  return out;
}
