/**
 * The block rule of `blocks.ts` where lines are compared as text: windows are equal if their lines are, one by one, and
 * not if a folded hash is. Windows of T lines get names by doubling (Karp, Miller and Rosenberg 1972); from there on
 * equal sequences of windows are found as those of long blocks are.
 */
import type { BlockList } from './block-list.js';
import type { LineTable } from './line-table.js';
import { findLongBlocks } from './long-blocks.js';
import { type Level, WindowGroups } from './window-groups.js';

/** Finds the blocks of at least `threshold` lines. Their `hash` is 0: what tells them apart is their text. */
export function findExactBlocks(
  table: LineTable,
  outputsEnd: number,
  threshold: number,
  found: BlockList,
): void {
  let level = singleLines(table, outputsEnd);
  while (level.length < threshold) level = joinWindows(level, Math.min(level.length * 2, threshold));
  if (level.count > 0) findLongBlocks(level, outputsEnd, found, () => 0n);
}

function singleLines({ hashes, raw, length }: LineTable, outputsEnd: number): Level {
  const groups = new WindowGroups(length, outputsEnd);
  for (let at = 0; at < length; at++)
    if (raw[at] !== 0) groups.add(at, groups.find(hashes[2 * at + 1]!, hashes[2 * at]!));
  return groups.toLevel(1);
}

/** A window of `length` lines is known by the names of the two windows that cover it, its first and its last one. */
function joinWindows(level: Level, length: number): Level {
  const { count, positions, classes, classCount } = level;
  const step = length - level.length;
  const groups = new WindowGroups(count, classCount);
  let other = 0;
  for (let k = 0; k < count; k++) {
    const position = positions[k]!;
    while (other < count && positions[other]! < position + step) other++;
    // A break between the two would be inside one of them.
    if (other === count || positions[other] !== position + step) continue;
    groups.add(position, groups.find(classes[k]!, classes[other]!));
  }
  return groups.toLevel(length);
}
