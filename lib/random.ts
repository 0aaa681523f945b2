/** Seeded randomness as a value: the same seed and labels give the same numbers on every machine. */
import { createHash } from 'node:crypto';

const MASK = (1n << 64n) - 1n;

/** A 64-bit seed derived from a base seed and labels; unrelated labels give unrelated seeds (SHA-256). */
export function deriveSeed(seed: number | bigint, ...labels: readonly (string | number | bigint)[]): bigint {
  const hash = createHash('sha256').update(String(BigInt(seed)));
  for (const label of labels) hash.update('\0').update(String(label));
  return hash.digest().readBigUInt64LE(0);
}

/** A small deterministic generator (SplitMix64, Steele et al. 2014). Not for cryptography. */
export class Random {
  #state: bigint;

  constructor(seed: number | bigint) {
    this.#state = BigInt(seed) & MASK;
  }

  /** 64 uniform bits. */
  bits(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    return Number(this.bits() >> 11n) / 2 ** 53;
  }

  /** Uniform integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0)
      throw new RangeError('Expected at least one item to pick from but received none.');
    return items[this.integer(items.length)]!;
  }

  /** A new array in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
}
