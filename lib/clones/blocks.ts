/**
 * The block rule, on a table of lines whose first `outputsEnd` positions are the outputs and the rest kept lines of
 * the corpus: which groups of equal windows are reported. Equality is by hash only.
 *
 * (i, L) is duplicated if another (j, L) has the same H; (i, L+1) exists if (i, L) and (i+1, L) are duplicated; an
 * occurrence is covered if (i, L+1) or (i-1, L+1) is duplicated; a group with an uncovered occurrence is reported
 * with all its occurrences, here if it has some on both sides.
 */
import type { BlockList } from './block-list.js';
import { kernel } from './line-kernel.js';
import type { LineTable } from './line-table.js';
import { feedWindows, LineWindows } from './line-windows.js';
import { findLongBlocks } from './long-blocks.js';
import { type Level, WindowGroups } from './window-groups.js';

/**
 * Growth after which windows whose lines differ by a constant, a progression, or with period 2 are alike (see
 * `line-windows.ts`): 5 bits a step, or 1. Walking the lengths one by one costs a pass for each; most blocks are shorter.
 */
const LEVELS_ONE_BY_ONE = 70;

/** The same for runs with period 4: (31 + shift)^4 is even, so 64 times that is 0. */
const LEVELS_FOR_PERIOD_4 = 4 * 64;

/** Finds the blocks and returns the number of window visits: the work, for tests of its growth. */
export function findBlocks(
  table: LineTable,
  outputsEnd: number,
  threshold: number,
  found: BlockList,
): number {
  // From here on equal hashes mean equal sequences of windows, so the lengths need no longer be walked one by one.
  const last = threshold + (hasPeriod4(table, threshold) ? LEVELS_FOR_PERIOD_4 : LEVELS_ONE_BY_ONE);
  let level = firstLevel(table, outputsEnd, threshold);
  let work = table.length;
  while (level.count > 0 && level.length < last) {
    const next = nextLevel(level);
    report(level, next, outputsEnd, found);
    work += level.count;
    level = next;
  }
  return work + (level.count > 0 ? findLongBlocks(level, outputsEnd, found) : 0);
}

/** Whether the table has a run with period 4 that is long enough to fade. */
function hasPeriod4({ hashes, raw, length }: LineTable, threshold: number): boolean {
  let run = 0;
  for (let at = 0; at < length; at++) {
    if (raw[at] === 0) run = 0;
    else if (run >= 4 && hashes[2 * at] === hashes[2 * at - 8] && hashes[2 * at + 1] === hashes[2 * at - 7])
      run++;
    else run = Math.min(run + 1, 4);
    if (run >= threshold + LEVELS_ONE_BY_ONE) return true;
  }
  return false;
}

function firstLevel(table: LineTable, outputsEnd: number, threshold: number): Level {
  const windows = new LineWindows(threshold);
  // Most windows of the corpus are kept because the outputs have them.
  const groups = new WindowGroups(table.length, outputsEnd);
  const { exact } = kernel;
  feedWindows(table, windows, (i, row, lines) => {
    if (lines > windows.firstExact)
      groups.add(row - windows.firstExact, groups.find(exact[2 * i + 1]!, exact[2 * i]!));
  });
  return groups.toLevel(threshold);
}

/**
 * H(i, L+1) = 31 H(i, L) + H(i+1, L) where both are duplicated. Windows that are alike are mostly followed by windows
 * that are alike: then the hash is that of the one before, and need not be looked up.
 */
function nextLevel({ length, count, positions, classes, classCount, high, low }: Level): Level {
  const groups = new WindowGroups(count, classCount);
  /** Of each class, the class that followed it last, plus one, and the group of the two. */
  const seen = new Int32Array(2 * classCount);
  for (let k = 0; k + 1 < count; k++) {
    const position = positions[k]!;
    if (positions[k + 1] !== position + 1) continue;
    const first = classes[k]!;
    const second = classes[k + 1]!;
    if (seen[2 * first] !== second + 1) {
      const sum = (low[first]! >>> 0) * 31 + (low[second]! >>> 0);
      const sumHigh = (Math.imul(high[first]!, 31) + high[second]! + Math.floor(sum / 2 ** 32)) | 0;
      seen[2 * first] = second + 1;
      seen[2 * first + 1] = groups.find(sumHigh, sum | 0);
    }
    groups.add(position, seen[2 * first + 1]!);
  }
  return groups.toLevel(length + 1);
}

/** Reports the groups of `level` that have an uncovered occurrence and members on both sides. */
function report(level: Level, next: Level, outputsEnd: number, found: BlockList): void {
  const { length, count, positions, classes, classCount, sizes, high, low } = level;
  const uncovered = new Int32Array(classCount);
  let n = 0;
  let reported = 0;
  for (let k = 0; k < count; k++) {
    const position = positions[k]!;
    while (n < next.count && next.positions[n]! < position - 1) n++;
    const covered = n < next.count && next.positions[n]! <= position;
    if (!covered && uncovered[classes[k]!]!++ === 0) reported++;
  }
  if (reported === 0) return;
  const inOutputs = new Int32Array(classCount);
  for (let k = 0; k < count && positions[k]! < outputsEnd; k++) inOutputs[classes[k]!]!++;
  /** Of each class, the members found so far, plus one; 0 for a class that is not reported. */
  const filled = new Int32Array(classCount);
  const members = new Array<Int32Array | undefined>(classCount);
  for (let group = 0; group < classCount; group++) {
    const size = sizes[group]!;
    if (uncovered[group] === 0 || inOutputs[group] === 0 || inOutputs[group] === size) continue;
    found.reserve(size, uncovered[group]!, length);
    const starts = new Int32Array(size);
    members[group] = starts;
    filled[group] = 1;
    found.blocks.push({ length, hash: signed64(high[group]!, low[group]!), starts });
  }
  for (let k = 0; k < count; k++) {
    const group = classes[k]!;
    const rank = filled[group]!;
    if (rank === 0) continue;
    members[group]![rank - 1] = positions[k]!;
    filled[group] = rank + 1;
  }
}

function signed64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
