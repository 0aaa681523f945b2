/** A text as `T` tokens. */
export interface Encoding {
  /** Ids, `[T]`. */
  readonly tokens: Int32Array;
  /**
   * Start and end of each token in UTF-16 code units of the text, `[2 * T]`. A token that holds any byte of a
   * character covers that whole character, so neighbours may share one. Tokens added around the text are at 0, 0.
   */
  readonly offsets: Int32Array;
  /** The text had more tokens than `maxTokens` allowed. */
  readonly truncated: boolean;
}
