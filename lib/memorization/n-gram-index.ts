/**
 * Where the n-grams of one token sequence last begin: a trie over all of its n-grams up to a length, each node
 * holding its last starting position. "Does this n-gram occur at or after i?" is then one comparison, for every
 * i and every n of interest, which is what lets EL_n be exact without building a set for each start.
 */
export class NGramIndex {
  /** Distinct tokens of the indexed sequence get small ids, so that (node, token) packs into one small integer. */
  readonly #ids = new Map<number, number>();
  readonly #children = new Map<number, number>();
  readonly #lastStarts: number[] = [-1];
  readonly #maxLength: number;

  /** Indexes the n-grams of `tokens` that begin at `first` or later, for n = 1..maxLength. */
  constructor(tokens: ArrayLike<number>, first: number, maxLength: number) {
    this.#maxLength = maxLength;
    for (let i = first; i < tokens.length; i++) {
      const token = tokens[i]!;
      if (!this.#ids.has(token)) this.#ids.set(token, this.#ids.size);
    }
    for (let start = first; start < tokens.length; start++) {
      let node = 0;
      const end = Math.min(tokens.length, start + maxLength);
      for (let i = start; i < end; i++) {
        const key = node * this.#ids.size + this.#ids.get(tokens[i]!)!;
        let child = this.#children.get(key);
        if (child === undefined) {
          child = this.#lastStarts.length;
          this.#children.set(key, child);
          this.#lastStarts.push(start);
        } else {
          this.#lastStarts[child] = start;
        }
        node = child;
      }
    }
  }

  /**
   * Calls `found(n, lastStart)` for n = 1, 2, .. while the n tokens of `tokens` from `at` are an n-gram of the
   * indexed sequence; `lastStart` is the last position at which that n-gram begins there.
   */
  walk(tokens: ArrayLike<number>, at: number, found: (length: number, lastStart: number) => void): void {
    let node = 0;
    const end = Math.min(tokens.length, at + this.#maxLength);
    for (let i = at; i < end; i++) {
      const id = this.#ids.get(tokens[i]!);
      if (id === undefined) return;
      const child = this.#children.get(node * this.#ids.size + id);
      if (child === undefined) return;
      node = child;
      found(i - at + 1, this.#lastStarts[node]!);
    }
  }
}
