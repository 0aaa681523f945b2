/**
 * Texts that are nearly the same, without comparing each with each: MinHash signatures (Broder 1997) cut into bands find
 * the candidates, and the exact Jaccard similarity of their runs of tokens decides. So none is found that is not one, and
 * one that is escapes with a probability of 1e-4 at most.
 */
import * as z from 'zod';
import { check } from '../check.js';
import { Random } from '../random.js';
import { jaccard, mix, shinglesOf } from './shingles.js';

/** Hashes of a signature: 1 KiB a text. */
const HASHES = 256;

/** Probability that a pair of just the similarity asked for has no band in common. */
const MOST_MISSED = 1e-4;

/** The same for all, so that signatures of two indexes agree. */
const SEEDS = (() => {
  const random = new Random(1);
  return Int32Array.from({ length: HASHES }, () => Number(random.bits() & 0xffffffffn) | 0);
})();

export interface NearDuplicatesOptions {
  /** Least Jaccard similarity of the texts' runs of five tokens, (0, 1]. Default: 0.7. */
  readonly similarity?: number | undefined;
}

const schema = z.strictObject({ similarity: z.number().gt(0).max(1).default(0.7) });

export interface NearDuplicate {
  /** Which of the texts added before, from 0. */
  readonly index: number;
  readonly similarity: number;
}

/** Memory: 1 KiB a text for its signature, and 4 bytes for each of its runs of tokens. */
export class NearDuplicates {
  readonly #similarity: number;
  readonly #rows: number;
  readonly #shingles: Uint32Array[] = [];
  /** By band, the texts of each of its keys. */
  readonly #bands: readonly Map<number, number[]>[];

  /** @throws InputError `ERR_INVALID_OPTION` */
  constructor(options: NearDuplicatesOptions = {}) {
    this.#similarity = check(schema, options, 'options of NearDuplicates').similarity;
    this.#rows = rowsFor(this.#similarity);
    this.#bands = Array.from({ length: Math.floor(HASHES / this.#rows) }, () => new Map());
  }

  /** Adds a text, and returns those before it that are nearly the same, in their order. */
  add(text: string): NearDuplicate[] {
    const shingles = shinglesOf(text);
    const signature = signatureOf(shingles);
    const candidates = new Set<number>();
    const index = this.#shingles.push(shingles) - 1;
    for (const [band, texts] of this.#bands.entries()) {
      const key = keyOf(signature, band * this.#rows, this.#rows);
      const found = texts.get(key);
      for (const other of found ?? []) candidates.add(other);
      if (found === undefined) texts.set(key, [index]);
      else found.push(index);
    }
    return [...candidates]
      .sort((a, b) => a - b)
      .map((other) => ({ index: other, similarity: jaccard(shingles, this.#shingles[other]!) }))
      .filter(({ similarity }) => similarity >= this.#similarity);
  }
}

/** Hashes of a band: as many as still miss no more pairs than allowed, since longer bands find fewer candidates in vain. */
function rowsFor(similarity: number): number {
  for (let rows = HASHES; rows > 1; rows--)
    if ((1 - similarity ** rows) ** Math.floor(HASHES / rows) <= MOST_MISSED) return rows;
  return 1;
}

function signatureOf(shingles: Uint32Array): Int32Array {
  const signature = new Int32Array(HASHES).fill(0x7fffffff);
  for (const shingle of shingles)
    for (let i = 0; i < HASHES; i++) {
      const hash = mix(shingle ^ SEEDS[i]!);
      if (hash < signature[i]!) signature[i] = hash;
    }
  return signature;
}

function keyOf(signature: Int32Array, from: number, rows: number): number {
  let key = 0;
  for (let i = from; i < from + rows; i++) key = mix(Math.imul(key, 31) + signature[i]!);
  return key;
}
