/** What turns the words of a text into tokens, whatever the kind of model. */
import type { Split } from '../steps/split-pattern.js';

/** Ids of a word and where each lies in it. */
export interface EncodedWord {
  readonly ids: Int32Array;
  /** Start and end of each token in UTF-16 code units of the word, `[2 * ids.length]`. */
  readonly spans: Int32Array;
  /** Bytes of the word that no token stands for. */
  readonly dropped: number;
}

/** Encodes words, none empty, without lone surrogates. */
export interface WordModel {
  encode(word: string): EncodedWord;
  /** Cuts a word where no token can cross, if the model knows such places: the parts encode to the same tokens. */
  readonly cut: Split | undefined;
}
