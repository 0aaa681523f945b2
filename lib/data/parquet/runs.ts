/** Run-length and bit-packed numbers of Parquet: levels, and entries of dictionaries. */

/** Of numbers that fit into 32 bits. */
const MAX_WIDTH = 32;

/**
 * Fills `out` with numbers of `width` bits. No run costs more than the numbers that are wanted, whatever it claims.
 *
 * @throws Error if there are fewer
 */
export function readRuns(bytes: Uint8Array, width: number, out: Uint32Array | Uint8Array): void {
  if (width > MAX_WIDTH) throw new Error(`entries of a page are ${width} bits wide`);
  for (let at = 0, seen = 0; seen < out.length; ) {
    let header = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error('the runs of a page are cut short');
      header += (byte & 0x7f) * 2 ** shift;
      more = byte >= 0x80;
    }
    const count = Math.floor(header / 2);
    if (header % 2 === 0) {
      const end = Math.min(seen + count, out.length);
      out.fill(littleEndian(bytes, at, Math.ceil(width / 8)), seen, end);
      seen = end;
      at += Math.ceil(width / 8);
    } else {
      // In eights; the last ones may stand for nothing and be missing.
      const end = Math.min(seen + count * 8, out.length);
      if (at + ((end - seen) * width) / 8 > bytes.length) throw new Error('the runs of a page are cut short');
      unpack(bytes, at, width, out.subarray(seen, end));
      seen = end;
      at += count * width;
    }
  }
}

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) throw new Error('the runs of a page are cut short');
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}

function unpack(bytes: Uint8Array, at: number, width: number, out: Uint32Array | Uint8Array): void {
  const mask = 2 ** width - 1;
  for (let i = 0, bit = at * 8; i < out.length; i++, bit += width) {
    const byte = bit >> 3;
    const shift = bit & 7;
    const low =
      (bytes[byte]! | (bytes[byte + 1]! << 8) | (bytes[byte + 2]! << 16) | (bytes[byte + 3]! << 24)) >>>
      shift;
    const high = shift === 0 ? 0 : bytes[byte + 4]! << (32 - shift);
    out[i] = ((low | high) & mask) >>> 0;
  }
}
