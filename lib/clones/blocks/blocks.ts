/**
 * The block rule, on a table of lines whose first `outputsEnd` positions are the outputs and the rest kept lines of
 * the corpus: which groups of equal windows are reported. Equality is by hash only.
 *
 * (i, L) is duplicated if another (j, L) has the same H; (i, L+1) exists if (i, L) and (i+1, L) are duplicated; an
 * occurrence is covered if (i, L+1) or (i-1, L+1) is duplicated; a group with an uncovered occurrence is reported
 * with all its occurrences, here if it has some on both sides.
 */

import { feedLines, kernel } from '../lines/line-kernel.js';
import type { LineTable } from '../lines/line-table.js';
import { LineWindows } from '../lines/line-windows.js';
import { type BlockKernel, columnAt, levelOf, withBlockKernel } from './block-kernel.js';
import type { BlockList } from './block-list.js';
import { findLongBlocks } from './long-blocks.js';

/**
 * Growth after which windows are alike whose lines differ by what is kin (see `line-windows.ts`): a constant, a
 * progression, a period of 2 or 4. (31 + shift)^131 is 0 mod 2^64 and (1 - shift) (1 - shift^4), and no lower power is.
 */
const FADED = 131;

/** Finds the blocks and returns the number of window visits: the work, for tests of its growth. */
export function findBlocks(
  table: LineTable,
  outputsEnd: number,
  threshold: number,
  found: BlockList,
): number {
  return withBlockKernel(table, outputsEnd, (blocks) => {
    loadWindows(blocks, table, threshold);
    let count = blocks.firstLevel(threshold);
    let work = table.length;
    let length = threshold;
    // Beyond, equal hashes mean equal sequences of windows, so the lengths need no longer be walked one by one.
    for (; count > 0 && length < threshold + FADED; length++) {
      blocks.nextLevel();
      report(blocks, length, outputsEnd, found);
      work += count;
      count = blocks.advance();
    }
    return work + (count > 0 ? findLongBlocks(levelOf(blocks, length, count), outputsEnd, found) : 0);
  });
}

function loadWindows(blocks: BlockKernel, table: LineTable, threshold: number): void {
  const windows = new LineWindows(threshold);
  const hashes = columnAt(blocks, blocks.hashesAt(), 2 * table.length);
  // A break goes through as a line, and no window that has one counts.
  feedLines(table, (count, first) => {
    windows.push(count);
    hashes.set(kernel.exact.subarray(0, 2 * count), 2 * first);
  });
}

/** Reports the groups of this length that have an uncovered occurrence and members on both sides. */
function report(blocks: BlockKernel, length: number, outputsEnd: number, found: BlockList): void {
  const reported = blocks.report(outputsEnd);
  if (reported === 0) return;
  const classCount = blocks.classesCount();
  const classes = columnAt(blocks, blocks.reportedAt(), reported);
  const uncovered = columnAt(blocks, blocks.uncoveredAt(), classCount);
  const ends = columnAt(blocks, blocks.endsAt(), classCount);
  const sizes = columnAt(blocks, blocks.sizesAt(), classCount);
  const high = columnAt(blocks, blocks.highAt(), classCount);
  const low = columnAt(blocks, blocks.lowAt(), classCount);
  const members = columnAt(blocks, blocks.membersAt(), ends[classes[reported - 1]!]!);
  for (const each of classes) {
    const size = sizes[each]!;
    found.reserve(size, uncovered[each]!, length);
    const end = ends[each]!;
    found.blocks.push({
      length,
      hash: signed64(high[each]!, low[each]!),
      starts: members.slice(end - size, end),
    });
  }
}

function signed64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
