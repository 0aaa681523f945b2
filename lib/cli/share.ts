/** `--shard i/n`: the share of a job array's task in a list of files. */
import { InputError } from '../errors.js';

export interface Share {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/** Reads `i/n`. */
export function parseShare(text: string): Share {
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (number !== undefined && of !== undefined && number >= 1 && number <= of) return { number, of };
  throw new InputError(
    'ERR_INVALID_OPTION',
    `Expected i/n with 1 <= i <= n for --shard, e.g. 1/8, but received "${text}".`,
  );
}

/** Every n-th item, from the i-th on: shares differ by one item at most, and together they are all. */
export function shareOf<T>(items: readonly T[], { number, of }: Share, what: string): T[] {
  if (of > items.length) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected no more shares than there are ${what} (${items.length}) for --shard but received ${number}/${of}.`,
    );
  }
  return items.filter((_, i) => i % of === number - 1);
}
