/**
 * Zstandard (RFC 8878), a block at a time. The decoding is fzstd's; the frames are walked here, since it trusts the
 * window that a frame claims, reads distances up to 32 MiB only, and leaves checksums unread.
 */
import { Decompress } from 'fzstd';
import type { ByteQueue } from './byte-queue.js';
import { Xxh64 } from './xxh64.js';

/** What fzstd can reach back. The tool's levels up to 19 take 8 MiB at most, and it refuses 128 MiB unless told to. */
const MAX_WINDOW_BYTES = 2 ** 25;

const MAX_BLOCK_BYTES = 2 ** 17;
const MAGIC = 0xfd2fb528;
const MAX_HEADER_BYTES = 18;
const CHECKSUM_BYTES = 4;

/** What the stream holds, frame after frame. @throws Error what is wrong with it */
export async function* decompressZstd(source: ByteQueue): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const start = await source.hold(MAX_HEADER_BYTES);
    if (start.length === 0) return;
    if (start.length < 8) throw new Error('it ends early');
    const magic = start.readUInt32LE(0);
    if (magic === MAGIC) yield* decompressFrame(source, start);
    else if (magic >>> 4 === 0x184d2a5) await skip(source, 8 + start.readUInt32LE(4));
    else throw new Error('bytes that belong to no frame follow');
  }
}

/** A frame of what is not to be decompressed; parallel compressors put sizes there. */
async function skip(source: ByteQueue, size: number): Promise<void> {
  for (let left = size; left > 0; ) {
    const portion = Math.min(left, MAX_BLOCK_BYTES);
    await source.take(portion);
    left -= portion;
  }
}

async function* decompressFrame(source: ByteQueue, start: Buffer): AsyncGenerator<Uint8Array, void> {
  const { headerBytes, contentBytes, hasChecksum } = readFrameHeader(start);
  const out: Uint8Array[] = [];
  const frame = new Decompress((bytes) => out.push(bytes));
  frame.push(await source.take(headerBytes));
  const checksum = hasChecksum ? new Xxh64() : undefined;
  const checksumBytes = hasChecksum ? CHECKSUM_BYTES : 0;
  let seen = 0;
  for (let last = false; !last; ) {
    const block = await source.hold(3);
    if (block.length < 3) throw new Error('it ends early');
    const head = block.readUIntLE(0, 3);
    last = (head & 1) === 1;
    const runLength = ((head >> 1) & 3) === 1;
    if (head >> 3 > MAX_BLOCK_BYTES) throw new Error('its data is damaged');
    const stored = 3 + (runLength ? 1 : head >> 3);
    frame.push(await source.take(stored));
    // It begins only with as many bytes as the longest header has, unless it is told that no more follow.
    if (last) {
      const end = await source.hold(checksumBytes);
      if (end.length < checksumBytes) throw new Error('it ends early');
      frame.push(end.subarray(0, checksumBytes), true);
    }
    for (const bytes of out.splice(0)) {
      seen += bytes.length;
      checksum?.update(bytes);
      if (bytes.length > 0) yield bytes;
    }
  }
  if (contentBytes !== undefined && contentBytes !== seen) throw new Error('its data is damaged');
  if (checksum !== undefined && (await source.take(CHECKSUM_BYTES)).readUInt32LE(0) !== checksum.low())
    throw new Error('its checksum is another');
}

interface FrameHeader {
  readonly headerBytes: number;
  /** Undefined where the frame does not say. */
  readonly contentBytes: number | undefined;
  readonly hasChecksum: boolean;
}

function readFrameHeader(start: Buffer): FrameHeader {
  const descriptor = start[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFieldBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const dictionaryAt = singleSegment ? 5 : 6;
  const sizeAt = dictionaryAt + dictionaryBytes;
  const headerBytes = sizeAt + sizeFieldBytes;
  if (start.length < headerBytes) throw new Error('it ends early');
  if (start.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0))
    throw new Error('it needs the dictionary that it was made with');
  const contentBytes =
    sizeFieldBytes === 0
      ? undefined
      : sizeFieldBytes === 8
        ? Number(start.readBigUInt64LE(sizeAt))
        : start.readUIntLE(sizeAt, sizeFieldBytes) + (sizeFieldBytes === 2 ? 256 : 0);
  const base = 2 ** (10 + (start[5]! >> 3));
  const windowBytes = singleSegment ? contentBytes! : base + (base / 8) * (start[5]! & 7);
  if (windowBytes > MAX_WINDOW_BYTES)
    throw new Error(`its window of ${windowBytes} bytes is larger than ${MAX_WINDOW_BYTES}`);
  return { headerBytes, contentBytes, hasChecksum: (descriptor & 4) !== 0 };
}
