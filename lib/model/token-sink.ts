/** Tokens and offsets as they are found, up to a limit. */
import type { Encoding } from './tokenizer.js';

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
