/** Tokens and offsets as they are found, up to a limit. */
import type { Encoding } from './encoding.js';

export class TokenSink {
  readonly #limit: number;
  #tokens = new Int32Array(256);
  #offsets = new Int32Array(512);
  #length = 0;
  #refused = false;

  /** @param limit tokens kept at most; Infinity for all */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A token was refused for the limit: none of what follows would be kept. */
  get full(): boolean {
    return this.#refused;
  }

  push(token: number, start: number, end: number): void {
    if (this.#length >= this.#limit) {
      this.#refused = true;
      return;
    }
    if (this.#length === this.#tokens.length) this.#grow();
    this.#tokens[this.#length] = token;
    this.#offsets[2 * this.#length] = start;
    this.#offsets[2 * this.#length + 1] = end;
    this.#length++;
  }

  /** Tokens of a word that begins at `origin`; `spans` are their places in it. */
  pushAll(ids: Int32Array, spans: Int32Array, origin: number): void {
    const count = ids.length;
    if (this.#length + count > this.#limit || this.#length + count > this.#tokens.length) {
      for (let i = 0; i < count; i++) this.push(ids[i]!, origin + spans[2 * i]!, origin + spans[2 * i + 1]!);
      return;
    }
    // Words are short: a loop costs less than TypedArray's set.
    for (let i = 0, at = this.#length; i < count; i++, at++) {
      this.#tokens[at] = ids[i]!;
      this.#offsets[2 * at] = origin + spans[2 * i]!;
      this.#offsets[2 * at + 1] = origin + spans[2 * i + 1]!;
    }
    this.#length += count;
  }

  finish(): Encoding {
    return {
      tokens: this.#tokens.slice(0, this.#length),
      offsets: this.#offsets.slice(0, 2 * this.#length),
      truncated: this.#refused,
    };
  }

  #grow(): void {
    const tokens = new Int32Array(2 * this.#tokens.length);
    const offsets = new Int32Array(2 * this.#offsets.length);
    tokens.set(this.#tokens);
    offsets.set(this.#offsets);
    this.#tokens = tokens;
    this.#offsets = offsets;
  }
}
