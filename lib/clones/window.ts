/**
 * The rolling hash H(i, T) of the last T significant lines of one file, with a ring of the lines just seen.
 * 64-bit numbers are two int32 halves, and stay integers throughout: this runs once for every line of the corpus.
 */

/** 31^exponent mod 2^64. */
export function powerOf31(exponent: number): bigint {
  let power = 1n;
  let base = 31n;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = BigInt.asUintN(64, power * base);
    base = BigInt.asUintN(64, base * base);
  }
  return power;
}

export class RollingWindow {
  /** Lines of the file so far; the newest is number `count - 1`. */
  count = 0;
  /** Hash of the last T lines, once `count >= T`. */
  high = 0;
  low = 0;
  /** Ring of lines: line n is at `n & mask`. */
  readonly mask: number;
  readonly lineHigh: Int32Array;
  readonly lineLow: Int32Array;
  readonly raw: Uint32Array;

  readonly #powerHigh: number;
  readonly #power0: number;
  readonly #power1: number;
  readonly #powerLow: number;

  /** `memory`: how many lines back the ring must reach, at least T. */
  constructor(
    readonly threshold: number,
    memory: number,
  ) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(memory, threshold) + 1));
    this.mask = size - 1;
    this.lineHigh = new Int32Array(size);
    this.lineLow = new Int32Array(size);
    this.raw = new Uint32Array(size);
    const power = powerOf31(threshold);
    this.#powerHigh = Number(power >> 32n) | 0;
    this.#powerLow = Number(power & 0xffffffffn) | 0;
    this.#power0 = this.#powerLow & 0xffff;
    this.#power1 = this.#powerLow >>> 16;
  }

  /** A new file begins. */
  reset(): void {
    this.count = 0;
    this.high = 0;
    this.low = 0;
  }

  push(high: number, low: number, rawLine: number): void {
    const number = this.count++;
    // H = 31 H + line - 31^T oldest, by halves of 16 bits: carries are shifts then, no comparisons to be mispredicted.
    let half0 = Math.imul(this.low & 0xffff, 31) + (low & 0xffff);
    let half1 = Math.imul(this.low >>> 16, 31) + (low >>> 16);
    let sumHigh = Math.imul(this.high, 31) + high;
    if (number >= this.threshold) {
      const oldest = (number - this.threshold) & this.mask;
      const oldLow = this.lineLow[oldest]!;
      const old0 = oldLow & 0xffff;
      const old1 = oldLow >>> 16;
      const product0 = Math.imul(this.#power0, old0);
      const cross = (Math.imul(this.#power1, old0) + (product0 >>> 16)) >>> 0;
      const other = (Math.imul(this.#power0, old1) + (cross & 0xffff)) >>> 0;
      half0 -= product0 & 0xffff;
      half1 -= other & 0xffff;
      sumHigh -=
        Math.imul(this.#power1, old1) +
        (cross >>> 16) +
        (other >>> 16) +
        Math.imul(this.#powerLow, this.lineHigh[oldest]!) +
        Math.imul(this.#powerHigh, oldLow);
    }
    half1 += half0 >> 16;
    this.low = (half1 << 16) | (half0 & 0xffff);
    this.high = (sumHigh + (half1 >> 16)) | 0;
    const slot = number & this.mask;
    this.lineHigh[slot] = high;
    this.lineLow[slot] = low;
    this.raw[slot] = rawLine;
  }
}
