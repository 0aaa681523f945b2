/**
 * How many records are worked on at once: few enough that finished ones reach the disk every few seconds, whatever the
 * model and the machine, and as many as the work runs best with where it is fast.
 */
import { performance } from 'node:perf_hooks';
import type { InputRecord } from './records.js';

/** A batch should take about this long: well under the half minute in which a user wants to see something. */
const TARGET_SECONDS = 10;
/** Until a batch was timed: what two cores do of a forward pass in ten seconds, operations. */
const FIRST_OPERATIONS = 5e11;
/** A fast batch says little of one that is much larger. */
const MOST_GROWTH = 8;

export interface BatchSizeOptions {
  readonly most: number;
  /** Of the model. */
  readonly parameters: number;
  /** Forward passes over a record's tokens that it takes, roughly. Default: 1. */
  readonly passes?: number | undefined;
  /** Tokens that are made of each record, beside those that it brings. Default: 0. */
  readonly newTokens?: number | undefined;
}

export class BatchSize {
  readonly #most: number;
  readonly #newTokens: number;
  #tokens: number;
  #startMs = 0;

  constructor({ most, parameters, passes = 1, newTokens = 0 }: BatchSizeOptions) {
    this.#most = most;
    this.#newTokens = newTokens;
    this.#tokens = FIRST_OPERATIONS / (2 * parameters * passes);
  }

  /** Whether the batch is large enough to be worked on. */
  isFull(batch: readonly InputRecord[]): boolean {
    return batch.length >= this.#most || this.#sizeOf(batch) >= this.#tokens;
  }

  started(): void {
    this.#startMs = performance.now();
  }

  finished(batch: readonly InputRecord[]): void {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const size = this.#sizeOf(batch);
    this.#tokens = Math.min(
      (size * TARGET_SECONDS) / Math.max(seconds, 1e-3),
      Math.max(size, this.#tokens) * MOST_GROWTH,
    );
  }

  /** Tokens, guessed where a record brings text: code has about three characters a token. */
  #sizeOf(batch: readonly InputRecord[]): number {
    return batch.reduce(
      (sum, { tokens, text = '' }) => sum + (tokens?.length ?? text.length / 3) + this.#newTokens,
      0,
    );
  }
}
