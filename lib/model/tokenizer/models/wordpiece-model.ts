/** WordPiece, as BERT has it: the longest tokens from the left. Words are split by @huggingface/tokenizers. */
import * as library from '@huggingface/tokenizers';
import type { EncodedWord, WordModel } from './word-model.js';

/** The package's own declarations import without file extensions, which TypeScript's NodeNext cannot follow. */
const { WordPiece } = library as unknown as {
  WordPiece: new (
    config: Readonly<Record<string, unknown>>,
  ) => { encode(words: readonly string[]): string[] };
};

export interface WordPieceSpec {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly unknownToken: string;
  /** What tokens begin with that do not begin a word. */
  readonly prefix: string;
  /** In characters; a longer word is unknown. */
  readonly longestWord: number;
}

export class WordPieceModel implements WordModel {
  readonly cut = undefined;
  readonly #spec: WordPieceSpec;
  readonly #pieces: { encode(words: readonly string[]): string[] };

  constructor(spec: WordPieceSpec) {
    this.#spec = spec;
    this.#pieces = new WordPiece({
      vocab: Object.fromEntries(spec.vocabulary),
      unk_token: spec.unknownToken,
      continuing_subword_prefix: spec.prefix,
      max_input_chars_per_word: spec.longestWord,
    });
  }

  encode(word: string): EncodedWord {
    const { vocabulary, prefix, unknownToken } = this.#spec;
    const pieces = this.#pieces.encode([word]);
    const ids = Int32Array.from(pieces, (piece) => vocabulary.get(piece)!);
    if (pieces.length === 1) return { ids, spans: Int32Array.of(0, word.length), dropped: 0 };
    // Several pieces spell the word; the unknown token stands alone.
    const spans = new Int32Array(2 * pieces.length);
    let end = 0;
    for (const [i, piece] of pieces.entries()) {
      spans[2 * i] = end;
      end += piece === unknownToken ? word.length : piece.length - (i > 0 ? prefix.length : 0);
      spans[2 * i + 1] = end;
    }
    return { ids, spans, dropped: 0 };
  }
}
