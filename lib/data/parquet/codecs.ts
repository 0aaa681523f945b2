/**
 * Decompression of Parquet pages. The size of what comes out is claimed by the file: it is capped before, and never
 * exceeded, however the data was made.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** V8's longest string is as long; the pages of all known writers are a few MiB. */
export const MAX_PAGE_BYTES = 2 ** 29;

/** Of a block of zstd, RFC 8878, section 3.1.1.2. */
const ZSTD_BLOCK_BYTES = 2 ** 17;

/** @throws Error if the codec is not known, or what comes out is not `sizeBytes` long */
export function decompress(codec: CompressionCodec, bytes: Uint8Array, sizeBytes: number): Uint8Array {
  if (!(sizeBytes >= 0 && sizeBytes <= MAX_PAGE_BYTES))
    throw new Error(`a page claims ${sizeBytes} bytes where ${MAX_PAGE_BYTES} are the most`);
  const out = decompressAny(codec, bytes, sizeBytes);
  if (out.length !== sizeBytes) throw new Error(`a page of ${sizeBytes} bytes has ${out.length}`);
  return out;
}

function decompressAny(codec: CompressionCodec, bytes: Uint8Array, sizeBytes: number): Uint8Array {
  if (codec === 'UNCOMPRESSED') return bytes;
  // Of an empty dictionary: some codecs have a few bytes for nothing.
  if (sizeBytes === 0) return new Uint8Array(0);
  // The package's own of these two are bounded by the size that they claim, not by the one that was asked for.
  if (codec === 'GZIP') return gunzipSync(bytes, { maxOutputLength: sizeBytes });
  if (codec === 'BROTLI') return brotliDecompressSync(bytes, { maxOutputLength: sizeBytes });
  if (codec === 'ZSTD') checkZstd(bytes, sizeBytes);
  const known = compressors[codec];
  if (known === undefined) throw new Error(`its compression ${codec} is not supported`);
  return known(bytes, sizeBytes);
}

/** Walks the blocks of a zstd frame, which say how much comes out of them at most: a few bytes may claim gigabytes. */
function checkZstd(bytes: Uint8Array, sizeBytes: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== 0xfd2fb528) throw new Error('a page is no zstd frame');
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFieldBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizeAt = 5 + (singleSegment ? 0 : 1) + dictionaryBytes;
  const claimed = [() => sizeBytes, () => view.getUint8(sizeAt), () => view.getUint16(sizeAt, true) + 256];
  const claim =
    sizeFieldBytes === 8
      ? Number(view.getBigUint64(sizeAt, true))
      : sizeFieldBytes === 4
        ? view.getUint32(sizeAt, true)
        : claimed[sizeFieldBytes]!();
  if (claim !== sizeBytes) throw new Error(`a page of ${sizeBytes} bytes claims ${claim}`);
  let most = 0;
  for (let at = sizeAt + sizeFieldBytes, last = false; !last; ) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    last = (header & 1) === 1;
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    most += kind === 2 ? ZSTD_BLOCK_BYTES : size;
    // Blocks of Java's streams are not filled; sixteen times too many of them are none.
    if (most > 16 * sizeBytes + 64 * ZSTD_BLOCK_BYTES) throw new Error('a page holds more than it claims');
    at += 3 + (kind === 1 ? 1 : size);
  }
}
