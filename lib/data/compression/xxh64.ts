/**
 * XXH64 with seed 0 (xxHash's doc/xxhash_spec.md), the checksum of zstd frames, piece by piece. The stripes are mixed
 * in halves of 32 bits, ten times as fast as by BigInt; what is done once a frame is written as the specification has it.
 */
const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;

const STRIPE_BYTES = 32;

const mask = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => mask((value << bits) | (value >> (64n - bits)));
const round = (lane: bigint, input: bigint) => mask(rotate(mask(lane + input * PRIME_2), 31n) * PRIME_1);

export class Xxh64 {
  /** Four lanes, the low half of each before the high one. */
  private readonly lanes = new Int32Array(8);
  private readonly rest = Buffer.alloc(STRIPE_BYTES);
  private restBytes = 0;
  private total = 0;

  constructor() {
    const starts = [mask(PRIME_1 + PRIME_2), PRIME_2, 0n, mask(-PRIME_1)];
    for (const [i, start] of starts.entries()) {
      this.lanes[2 * i] = Number(BigInt.asIntN(32, start));
      this.lanes[2 * i + 1] = Number(BigInt.asIntN(32, start >> 32n));
    }
  }

  update(bytes: Uint8Array): void {
    this.total += bytes.length;
    let at = 0;
    if (this.restBytes > 0) {
      at = Math.min(STRIPE_BYTES - this.restBytes, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.restBytes);
      this.restBytes += at;
      if (this.restBytes < STRIPE_BYTES) return;
      this.mix(this.rest, 0, STRIPE_BYTES);
      this.restBytes = 0;
    }
    const end = at + Math.floor((bytes.length - at) / STRIPE_BYTES) * STRIPE_BYTES;
    this.mix(bytes, at, end);
    this.rest.set(bytes.subarray(end));
    this.restBytes = bytes.length - end;
  }

  /** The low 32 bits of the hash: zstd keeps no more. */
  low(): number {
    let hash = mask(this.startOfHash() + BigInt(this.total));
    let at = 0;
    for (; at + 8 <= this.restBytes; at += 8)
      hash = mask(rotate(hash ^ round(0n, this.rest.readBigUInt64LE(at)), 27n) * PRIME_1 + PRIME_4);
    if (at + 4 <= this.restBytes) {
      const word = BigInt(this.rest.readUInt32LE(at)) * PRIME_1;
      hash = mask(rotate(hash ^ mask(word), 23n) * PRIME_2 + PRIME_3);
      at += 4;
    }
    for (; at < this.restBytes; at++)
      hash = mask(rotate(hash ^ mask(BigInt(this.rest[at]!) * PRIME_5), 11n) * PRIME_1);
    hash = mask((hash ^ (hash >> 33n)) * PRIME_2);
    hash = mask((hash ^ (hash >> 29n)) * PRIME_3);
    return Number((hash ^ (hash >> 32n)) & 0xffffffffn);
  }

  private startOfHash(): bigint {
    if (this.total < STRIPE_BYTES) return PRIME_5;
    const lanes = [0, 1, 2, 3].map(
      (i) => (BigInt(this.lanes[2 * i + 1]! >>> 0) << 32n) | BigInt(this.lanes[2 * i]! >>> 0),
    );
    const shifts = [1n, 7n, 12n, 18n];
    const sum = lanes.reduce((all, lane, i) => mask(all + rotate(lane, shifts[i]!)), 0n);
    return lanes.reduce((hash, lane) => mask((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4), sum);
  }

  /** {@link round} of each lane with each stripe. */
  private mix(bytes: Uint8Array, start: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { lanes } = this;
    for (let lane = 0; lane < 4; lane++) {
      let low = lanes[2 * lane]!;
      let high = lanes[2 * lane + 1]!;
      for (let at = start + 8 * lane; at < end; at += STRIPE_BYTES) {
        const inputLow = view.getInt32(at, true);
        const inputHigh = view.getInt32(at + 4, true);
        // lane += input * PRIME_2
        const product = Math.imul(inputLow, 0x27d4eb4f);
        const sum = (low + product) | 0;
        const carry = sum >>> 0 < product >>> 0 ? 1 : 0;
        high =
          (high +
            carry +
            highOfProduct(inputLow, 0x27d4, 0xeb4f) +
            Math.imul(inputHigh, 0x27d4eb4f) +
            Math.imul(inputLow, 0xc2b2ae3d)) |
          0;
        // rotated by 31
        low = (sum << 31) | (high >>> 1);
        high = (high << 31) | (sum >>> 1);
        // times PRIME_1
        high =
          (highOfProduct(low, 0x85eb, 0xca87) + Math.imul(high, 0x85ebca87) + Math.imul(low, 0x9e3779b1)) | 0;
        low = Math.imul(low, 0x85ebca87);
      }
      lanes[2 * lane] = low;
      lanes[2 * lane + 1] = high;
    }
  }
}

/** Bits 32 to 63 of the product of two unsigned numbers of 32 bits, the second given by its halves. */
function highOfProduct(a: number, high: number, low: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const middle = aHigh * low + ((aLow * low) >>> 16);
  return (aHigh * high + (middle >>> 16) + ((aLow * high + (middle & 0xffff)) >>> 16)) | 0;
}
