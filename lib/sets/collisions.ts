/** Documents that two sets have in common, be it nearly: what is to be forgotten must not be retained, nor pass for unseen. */
import { digestText } from '../data/digest.js';
import { NearDuplicates, type NearDuplicatesOptions } from './near-duplicates.js';

/** A document of a set, as it is called in what is found. */
export interface CheckedDocument {
  /** Absent where it has none of its own: line numbers of two files say nothing. */
  readonly id?: string | undefined;
  readonly text: string;
}

export interface Collision<T extends CheckedDocument> {
  /** Names of two sets, in the order in which they were added. */
  readonly sets: readonly [string, string];
  /** One of each. */
  readonly documents: readonly [T, T];
  /** `text`: equal texts; `near`: texts that are nearly the same; `id`: the same id of texts that are neither. */
  readonly same: 'text' | 'near' | 'id';
  /** Jaccard similarity of their runs of five tokens; absent for `id`. */
  readonly similarity?: number;
}

interface Held<T> {
  readonly set: string;
  readonly document: T;
  readonly digest: string;
}

/** Memory holds the documents' runs of tokens, not their texts, unless the caller's documents do. */
export class Collisions<T extends CheckedDocument> {
  readonly #near: NearDuplicates;
  readonly #held: Held<T>[] = [];
  readonly #ids = new Map<string, number[]>();

  /** @throws InputError `ERR_INVALID_OPTION` */
  constructor(options: NearDuplicatesOptions = {}) {
    this.#near = new NearDuplicates(options);
  }

  /** Adds a document of a set; returns its collisions with documents of other sets that were added before. */
  add(set: string, document: T): Collision<T>[] {
    const own: Held<T> = { set, document, digest: digestText(document.text) };
    const near = this.#near.add(document.text);
    const found = near.map(({ index, similarity }) => {
      const same = this.#held[index]!.digest === own.digest ? 'text' : 'near';
      return { index, same, similarity } as const;
    });
    const alike = new Set(near.map(({ index }) => index));
    const namesakes = document.id === undefined ? [] : (this.#ids.get(document.id) ?? []);
    const all = [
      ...found,
      ...namesakes.filter((index) => !alike.has(index)).map((index) => ({ index, same: 'id' }) as const),
    ];
    const index = this.#held.push(own) - 1;
    if (document.id !== undefined) this.#ids.set(document.id, [...namesakes, index]);
    return all
      .filter((each) => this.#held[each.index]!.set !== set)
      .map(({ index: other, ...rest }) => ({
        sets: [this.#held[other]!.set, set],
        documents: [this.#held[other]!.document, document],
        ...rest,
      }));
  }
}
