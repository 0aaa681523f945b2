/** Words to tokens, with a memory for those that come again. */

import type { EncodedWord, WordModel } from './models/word-model.js';
import { type Split, splitTwice } from './steps/split-pattern.js';

/** Code repeats its words: of a megabyte of it, some 98% are found here. */
const CACHED_WORDS = 65_536;
/** Longer words hardly ever come twice. */
const CACHED_WORD_LENGTH = 64;

/**
 * How many of a pre-tokenizer's splits are done before the memory is asked. A piece on its own decides what the rest
 * makes of it, so that rest is remembered too; but the first split may be into lines, which do not come again.
 */
const OUTER_SPLITS = 2;

export class WordEncoder {
  /** Pieces of a text, to be encoded one at a time; a text that nothing splits is one piece. */
  readonly split: Split;
  readonly #model: WordModel;
  readonly #inner: Split | undefined;
  readonly #cache = new Map<string, EncodedWord>();

  constructor(model: WordModel, splits: readonly Split[]) {
    this.#model = model;
    const all = model.cut === undefined ? splits : [...splits, model.cut];
    this.split = inOrder(all.slice(0, OUTER_SPLITS)) ?? ((text, emit) => emit(0, text.length));
    this.#inner = inOrder(all.slice(OUTER_SPLITS));
  }

  /** `piece` is not empty. */
  encode(piece: string): EncodedWord {
    const known = this.#cache.get(piece);
    if (known !== undefined) return known;
    const encoded =
      this.#inner === undefined ? this.#model.encode(piece) : this.#encodeParts(piece, this.#inner);
    if (piece.length <= CACHED_WORD_LENGTH) {
      if (this.#cache.size >= CACHED_WORDS) this.#cache.clear();
      // A slice keeps the whole document that it was cut from in memory; this copies.
      this.#cache.set(Buffer.from(piece, 'utf16le').toString('utf16le'), encoded);
    }
    return encoded;
  }

  #encodeParts(piece: string, split: Split): EncodedWord {
    const ids: number[] = [];
    const spans: number[] = [];
    let dropped = 0;
    split(piece, (start, end) => {
      const part = this.#model.encode(piece.slice(start, end));
      for (const id of part.ids) ids.push(id);
      for (const place of part.spans) spans.push(start + place);
      dropped += part.dropped;
      return true;
    });
    return { ids: Int32Array.from(ids), spans: Int32Array.from(spans), dropped };
  }
}

function inOrder(splits: readonly Split[]): Split | undefined {
  return splits.length === 0 ? undefined : splits.reduce(splitTwice);
}
