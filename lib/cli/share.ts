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
export function shareOf<T>(items: readonly T[], share: Share, what: string): T[] {
  requireEnough(items, share, what);
  return items.filter((_, i) => i % share.of === share.number - 1);
}

/** The i-th of n runs of neighbours: shares as even as those of {@link shareOf}, and one after the other they are all, in order. */
export function runOf<T>(items: readonly T[], share: Share, what: string): T[] {
  requireEnough(items, share, what);
  const border = (number: number) => Math.floor((number * items.length) / share.of);
  return items.slice(border(share.number - 1), border(share.number));
}

function requireEnough(items: readonly unknown[], { number, of }: Share, what: string): void {
  if (of > items.length)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected no more shares than there are ${what} (${items.length}) for --shard but received ${number}/${of}.`,
    );
}
