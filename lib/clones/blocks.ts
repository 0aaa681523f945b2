/**
 * The block rule, on a table of lines whose first `outputsEnd` positions are the outputs and the rest kept lines of
 * the corpus: which groups of equal windows are reported. Equality is by hash only.
 *
 * (i, L) is duplicated if another (j, L) has the same H; (i, L+1) exists if (i, L) and (i+1, L) are duplicated; an
 * occurrence is covered if (i, L+1) or (i-1, L+1) is duplicated; a group with an uncovered occurrence is reported
 * with all its occurrences, here if it has some on both sides.
 */
import type { BlockList } from './block-list.js';
import { mix } from './hash-set.js';
import type { LineTable } from './line-table.js';
import { findLongBlocks } from './long-blocks.js';
import { RollingWindow } from './window.js';

/** The duplicated windows of one length, by ascending position. */
export interface Level {
  readonly length: number;
  readonly count: number;
  readonly positions: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
  /** Windows of equal hash have the same class, numbered from 0. */
  readonly classes: Int32Array;
  readonly classCount: number;
}

/**
 * Growth after which windows whose lines differ by a constant, a progression, or with period 2 are alike (see
 * `kin-window.ts`): 5 bits a step, or 1. Walking the lengths one by one costs a pass for each; most blocks are shorter.
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
  let level = firstLevel(table, threshold);
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
function hasPeriod4({ high, low, raw, length }: LineTable, threshold: number): boolean {
  let run = 0;
  for (let at = 0; at < length; at++) {
    if (raw[at] === 0) run = 0;
    else if (run >= 4 && low[at] === low[at - 4] && high[at] === high[at - 4]) run++;
    else run = Math.min(run + 1, 4);
    if (run >= threshold + LEVELS_ONE_BY_ONE) return true;
  }
  return false;
}

function firstLevel(table: LineTable, threshold: number): Level {
  const { high, low, raw, length } = table;
  const window = new RollingWindow(threshold, threshold);
  const positions = new Int32Array(length);
  const windowHigh = new Int32Array(length);
  const windowLow = new Int32Array(length);
  let count = 0;
  for (let at = 0; at < length; at++) {
    if (raw[at] === 0) {
      window.reset();
      continue;
    }
    window.push(high[at]!, low[at]!, raw[at]!);
    if (window.count < threshold) continue;
    positions[count] = at - threshold + 1;
    windowHigh[count] = window.high;
    windowLow[count++] = window.low;
  }
  return keepDuplicated(threshold, count, positions, windowHigh, windowLow);
}

/** H(i, L+1) = 31 H(i, L) + H(i+1, L) where both are duplicated. */
function nextLevel({ length, count, positions, high, low }: Level): Level {
  const nextPositions = new Int32Array(count);
  const nextHigh = new Int32Array(count);
  const nextLow = new Int32Array(count);
  let nextCount = 0;
  for (let k = 0; k + 1 < count; k++) {
    if (positions[k + 1] !== positions[k]! + 1) continue;
    const sum = (low[k]! >>> 0) * 31 + (low[k + 1]! >>> 0);
    nextPositions[nextCount] = positions[k]!;
    nextHigh[nextCount] = (Math.imul(high[k]!, 31) + high[k + 1]! + Math.floor(sum / 2 ** 32)) | 0;
    nextLow[nextCount++] = sum | 0;
  }
  return keepDuplicated(length + 1, nextCount, nextPositions, nextHigh, nextLow);
}

/** Groups windows by hash and drops those that stand alone; works in place. */
export function keepDuplicated(
  length: number,
  count: number,
  positions: Int32Array,
  high: Int32Array,
  low: Int32Array,
): Level {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, count * 2)));
  const mask = capacity - 1;
  // Open addressing: the group in each slot, plus one; a group is known by its first member.
  const slots = new Int32Array(capacity);
  const groupOf = new Int32Array(count);
  const firstMember = new Int32Array(count);
  const sizes = new Int32Array(count);
  let groups = 0;
  for (let k = 0; k < count; k++) {
    let slot = mix(high[k]!, low[k]!) & mask;
    for (;;) {
      const group = slots[slot]! - 1;
      if (group < 0) {
        slots[slot] = groups + 1;
        firstMember[groups] = k;
        groupOf[k] = groups;
        sizes[groups++] = 1;
        break;
      }
      const member = firstMember[group]!;
      if (low[member] === low[k] && high[member] === high[k]) {
        groupOf[k] = group;
        sizes[group]!++;
        break;
      }
      slot = (slot + 1) & mask;
    }
  }
  const classOf = new Int32Array(groups).fill(-1);
  const classes = new Int32Array(count);
  let classCount = 0;
  let kept = 0;
  for (let k = 0; k < count; k++) {
    const group = groupOf[k]!;
    if (sizes[group]! < 2) continue;
    if (classOf[group] === -1) classOf[group] = classCount++;
    positions[kept] = positions[k]!;
    high[kept] = high[k]!;
    low[kept] = low[k]!;
    classes[kept++] = classOf[group]!;
  }
  return { length, count: kept, positions, high, low, classes, classCount };
}

/** Reports the groups of `level` that have an uncovered occurrence and members on both sides. */
function report(level: Level, next: Level, outputsEnd: number, found: BlockList): void {
  const { length, count, positions, high, low, classes, classCount } = level;
  const sizes = new Int32Array(classCount);
  const inOutputs = new Int32Array(classCount);
  const uncovered = new Int32Array(classCount);
  let n = 0;
  let reported = 0;
  for (let k = 0; k < count; k++) {
    const position = positions[k]!;
    const group = classes[k]!;
    while (n < next.count && next.positions[n]! < position - 1) n++;
    const covered = n < next.count && next.positions[n]! <= position;
    sizes[group]!++;
    if (position < outputsEnd) inOutputs[group]!++;
    if (!covered && uncovered[group]!++ === 0) reported++;
  }
  if (reported === 0) return;
  const members = new Array<Int32Array | undefined>(classCount);
  const filled = new Int32Array(classCount);
  for (let k = 0; k < count; k++) {
    const group = classes[k]!;
    const size = sizes[group]!;
    if (uncovered[group] === 0 || inOutputs[group] === 0 || inOutputs[group] === size) continue;
    let starts = members[group];
    if (starts === undefined) {
      found.reserve(size, uncovered[group]!, length);
      starts = new Int32Array(size);
      members[group] = starts;
      found.blocks.push({ length, hash: signed64(high[k]!, low[k]!), starts });
    }
    starts[filled[group]!++] = positions[k]!;
  }
}

function signed64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
