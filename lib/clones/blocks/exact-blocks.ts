/**
 * The block rule of `blocks.ts` where lines are compared as text: windows are equal if their lines are, one by one, and
 * not if a folded hash is. Windows of T lines get names by doubling (Karp, Miller and Rosenberg 1972); from there on
 * equal sequences of windows are found as those of long blocks are.
 */

import type { LineTable } from '../lines/line-table.js';
import { columnAt, levelOf, withBlockKernel } from './block-kernel.js';
import type { BlockList } from './block-list.js';
import { findLongBlocks } from './long-blocks.js';

/** Finds the blocks of at least `threshold` lines. Their `hash` is 0: what tells them apart is their text. */
export function findExactBlocks(
  table: LineTable,
  outputsEnd: number,
  threshold: number,
  found: BlockList,
): void {
  withBlockKernel(table, outputsEnd, (blocks) => {
    const rows = 2 * table.length;
    columnAt(blocks, blocks.hashesAt(), rows).set(table.hashes.subarray(0, rows));
    let length = 1;
    let count = blocks.firstLevel(length);
    while (length < threshold) {
      const next = Math.min(length * 2, threshold);
      blocks.joinWindows(next - length);
      count = blocks.advance();
      length = next;
    }
    if (count > 0) findLongBlocks(levelOf(blocks, length, count), outputsEnd, found, () => 0n);
  });
}
