/** Words to tokens: the merges of @huggingface/tokenizers, with what they lack, where each token lies in its word. */
import * as library from '@huggingface/tokenizers';
import { pieceSpans, toSymbols } from './byte-level.js';
import type { TokenizerSpec } from './tokenizer-file.js';

export interface EncodedWord {
  readonly ids: Int32Array;
  /** Start and end of each token in UTF-16 code units of the word, `[2 * ids.length]`. */
  readonly spans: Int32Array;
}

/** The package's own declarations import without file extensions, which TypeScript's NodeNext cannot follow. */
interface Bpe {
  /** Words in byte symbols to tokens. */
  encode(words: readonly string[]): string[];
}
const { BPE } = library as unknown as {
  BPE: new (config: {
    readonly type: 'BPE';
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
    readonly ignore_merges: boolean;
  }) => Bpe;
};

/** Code repeats its words: of a megabyte of it, some 98% are found here. */
const CACHED_WORDS = 65_536;
/** Longer words hardly ever come twice. They cost n log n in the package: a word of a megabyte took 1 to 8 s. */
const CACHED_WORD_LENGTH = 64;

export class WordEncoder {
  readonly #model: Bpe;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #cache = new Map<string, EncodedWord>();

  constructor(spec: TokenizerSpec) {
    this.#ids = spec.vocabulary;
    this.#model = new BPE({
      type: 'BPE',
      vocab: Object.fromEntries(spec.vocabulary),
      merges: spec.merges,
      ignore_merges: spec.ignoreMerges,
    });
  }

  /** `word` is not empty. */
  encode(word: string): EncodedWord {
    const known = this.#cache.get(word);
    if (known !== undefined) return known;
    const pieces = this.#model.encode([toSymbols(word)]);
    const encoded: EncodedWord = {
      ids: Int32Array.from(pieces, (piece) => this.#ids.get(piece)!),
      spans: pieceSpans(
        word,
        pieces.map((piece) => piece.length),
      ),
    };
    if (word.length <= CACHED_WORD_LENGTH) {
      if (this.#cache.size >= CACHED_WORDS) this.#cache.clear();
      // A slice keeps the whole document that it was cut from in memory; this copies.
      this.#cache.set(Buffer.from(word, 'utf16le').toString('utf16le'), encoded);
    }
    return encoded;
  }
}
