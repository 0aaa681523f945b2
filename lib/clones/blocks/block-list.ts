/** Blocks as the matcher finds them: groups of positions, in columns. */
import { InputError } from '../../errors.js';

/** Enough for any real run (a log of about 1 GB); reached when constant text repeats in constant text. */
export const MAX_OCCURRENCES = 20_000_000;

export interface Block {
  /** Significant lines. */
  readonly length: number;
  /** H(i, L), signed. */
  readonly hash: bigint;
  /** Positions in the combined table at which the occurrences begin, ascending. */
  readonly starts: Int32Array;
}

export class BlockList {
  readonly blocks: Block[] = [];
  occurrences = 0;
  /** Occurrences that no longer block covers: what Simian's totals count. */
  uncovered = 0;
  /** Significant lines of the uncovered occurrences. */
  uncoveredLines = 0;

  constructor(readonly maxOccurrences: number = MAX_OCCURRENCES) {}

  /** To be called before the positions are gathered. */
  reserve(occurrences: number, uncovered: number, length: number): void {
    this.occurrences += occurrences;
    this.uncovered += uncovered;
    this.uncoveredLines += uncovered * length;
    if (this.occurrences > this.maxOccurrences) {
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected at most ${this.maxOccurrences} occurrences of shared blocks but found more: text that repeats itself meets text that repeats itself.`,
        { remedy: 'Raise the threshold, or compare fewer outputs or one shard at a time.' },
      );
    }
  }
}
