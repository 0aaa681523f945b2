/**
 * The walk of blocks.ts and exact-blocks.ts over the first lengths of blocks, in AssemblyScript: windows of one length,
 * those that are duplicated, the next length. What a block is stands there; scripts/kernels.mjs makes block-kernel-code.ts of this
 * file. One instance serves one table of lines: its memory only grows, and is given back with it.
 *
 * Columns of 32 bits; every address counts bytes.
 */

/** Where free memory begins. */
let top: usize = 16;

function allocate(bytes: usize): usize {
  const at = top;
  top = (top + bytes + 15) & ~15;
  const missing = <i32>((top + 65535) >>> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return at;
}

function get(column: usize, i: i32): i32 {
  return load<i32>(column + ((<usize>i) << 2));
}

function set(column: usize, i: i32, value: i32): void {
  store<i32>(column + ((<usize>i) << 2), value);
}

// The table: of each row the hash of the window that ends there (low half, high half) and the raw line, 0 for a break.
let rows: i32 = 0;
let hashes: usize = 0;
let raw: usize = 0;

// The duplicated windows of one length: their positions, ascending, and their classes; of each class its windows and the
// two halves of their hash.
let count: i32 = 0;
let positions: usize = 0;
let classes: usize = 0;
let classCount: i32 = 0;
let sizes: usize = 0;
let high: usize = 0;
let low: usize = 0;
let room: i32 = 0;

// Those of the next length, while they are gathered: before `keepDuplicated` classes are groups of any size.
let nextCount: i32 = 0;
let nextPositions: usize = 0;
let nextClasses: usize = 0;
let nextClassCount: i32 = 0;
let nextSizes: usize = 0;
let nextHigh: usize = 0;
let nextLow: usize = 0;
let nextRoom: i32 = 0;

// Open addressing, at most half full: the group in each slot, plus one.
let slots: usize = 0;
let slotRoom: i32 = 0;
let mask: i32 = 0;

// Four columns with a row for each class, for whoever needs them.
let scratch: usize = 0;
let scratchRoom: i32 = 0;

/** Makes room for a table; `groups`: about how many different windows there will be. */
export function start(tableRows: i32, groups: i32): void {
  rows = tableRows;
  hashes = allocate((<usize>rows) << 3);
  raw = allocate((<usize>rows) << 2);
  nextPositions = allocate((<usize>rows) << 2);
  nextClasses = allocate((<usize>rows) << 2);
  openGroups(groups);
}

export function hashesAt(): usize {
  return hashes;
}
export function rawAt(): usize {
  return raw;
}
export function positionsAt(): usize {
  return positions;
}
export function classesAt(): usize {
  return classes;
}
export function classesCount(): i32 {
  return classCount;
}
export function sizesAt(): usize {
  return sizes;
}
export function highAt(): usize {
  return high;
}
export function lowAt(): usize {
  return low;
}

/** Groups the windows of `length` lines, those without a break; returns how many are duplicated. */
export function firstLevel(length: i32): i32 {
  let begin = 0;
  for (let row = 0; row < rows; row++) {
    if (get(raw, row) === 0) begin = row + 1;
    else if (row - begin >= length - 1) {
      addWindow(row - length + 1, findGroup(get(hashes, 2 * row + 1), get(hashes, 2 * row)));
    }
  }
  keepDuplicated();
  advance();
  nextPositions = allocate((<usize>count) << 2);
  nextClasses = allocate((<usize>count) << 2);
  return count;
}

/**
 * The next length: H(i, L+1) = 31 H(i, L) + H(i+1, L) where both are duplicated. Windows that are alike are mostly
 * followed by windows that are alike: then the hash is that of the one before, and need not be looked up.
 */
export function nextLevel(): void {
  openGroups(classCount);
  // Of each class, the class that followed it last, plus one, and the group of the two.
  clearScratch();
  for (let k = 0; k + 1 < count; k++) {
    const position = get(positions, k);
    if (get(positions, k + 1) !== position + 1) continue;
    const first = get(classes, k);
    const second = get(classes, k + 1);
    if (get(scratch, 2 * first) !== second + 1) {
      const hash = hashOfClass(first) * 31 + hashOfClass(second);
      set(scratch, 2 * first, second + 1);
      set(scratch, 2 * first + 1, findGroup(<i32>(hash >>> 32), <i32>hash));
    }
    addWindow(position, get(scratch, 2 * first + 1));
  }
  keepDuplicated();
}

/**
 * The length `step` beyond, <= twice the length: a window is known by the classes of the two windows that cover it, its
 * first and its last one. A break between the two would be inside one of them.
 */
export function joinWindows(step: i32): void {
  openGroups(classCount);
  let other = 0;
  for (let k = 0; k < count; k++) {
    const position = get(positions, k);
    while (other < count && get(positions, other) < position + step) other++;
    if (other === count || get(positions, other) !== position + step) continue;
    addWindow(position, findGroup(get(classes, k), get(classes, other)));
  }
  keepDuplicated();
}

/** Goes on to the next length; returns how many windows it has. */
export function advance(): i32 {
  let column = positions;
  positions = nextPositions;
  nextPositions = column;
  column = classes;
  classes = nextClasses;
  nextClasses = column;
  column = sizes;
  sizes = nextSizes;
  nextSizes = column;
  column = high;
  high = nextHigh;
  nextHigh = column;
  column = low;
  low = nextLow;
  nextLow = column;
  const swapped = room;
  room = nextRoom;
  nextRoom = swapped;
  count = nextCount;
  classCount = nextClassCount;
  return count;
}

/**
 * Finds the classes that have an occurrence which the next length does not cover, and members on both sides of
 * `outputsEnd`, and gathers their members. Returns how many they are; `reportedAt`, `uncoveredAt`, `endsAt` and
 * `membersAt` say which, how many of their members are uncovered, and where among all members theirs end.
 */
export function report(outputsEnd: i32): i32 {
  clearScratch();
  const uncovered = uncoveredAt();
  const ends = endsAt();
  const reported = reportedAt();
  const inOutputs = reported + ((<usize>classCount) << 2);
  let n = 0;
  let any = false;
  for (let k = 0; k < count; k++) {
    const position = get(positions, k);
    const each = get(classes, k);
    while (n < nextCount && get(nextPositions, n) < position - 1) n++;
    if (n === nextCount || get(nextPositions, n) > position) {
      set(uncovered, each, get(uncovered, each) + 1);
      any = true;
    }
    if (position < outputsEnd) set(inOutputs, each, get(inOutputs, each) + 1);
  }
  if (!any) return 0;
  let found = 0;
  let end = 0;
  for (let each = 0; each < classCount; each++) {
    const size = get(sizes, each);
    const ours = get(inOutputs, each);
    if (get(uncovered, each) === 0 || ours === 0 || ours === size) {
      set(ends, each, -1);
      continue;
    }
    set(ends, each, end);
    end += size;
    set(reported, found++, each);
  }
  const members = membersAt();
  for (let k = 0; k < count && found > 0; k++) {
    const each = get(classes, k);
    const at = get(ends, each);
    if (at < 0) continue;
    set(members, at, get(positions, k));
    set(ends, each, at + 1);
  }
  return found;
}

export function uncoveredAt(): usize {
  return scratch;
}
export function endsAt(): usize {
  return scratch + ((<usize>classCount) << 2);
}
export function reportedAt(): usize {
  return scratch + ((<usize>classCount) << 3);
}
/** Where raw lines were: they are of no use beyond the first length. */
export function membersAt(): usize {
  return raw;
}

function hashOfClass(each: i32): i64 {
  return ((<i64>get(high, each)) << 32) | <i64>(<u32>get(low, each));
}

function clearScratch(): void {
  if (scratchRoom < classCount) {
    scratchRoom = classCount;
    scratch = allocate((<usize>scratchRoom) << 4);
  }
  memory.fill(scratch, 0, (<usize>classCount) << 4);
}

function openGroups(expected: i32): void {
  let size = 64;
  while (size < expected + 2) size *= 2;
  nextCount = 0;
  nextClassCount = 0;
  if (nextRoom < size) {
    nextRoom = size;
    nextHigh = allocate((<usize>size) << 2);
    nextLow = allocate((<usize>size) << 2);
    nextSizes = allocate((<usize>size) << 2);
  }
  openSlots(size);
}

function openSlots(groups: i32): void {
  if (slotRoom < 2 * groups) {
    slotRoom = 2 * groups;
    slots = allocate((<usize>slotRoom) << 2);
  }
  mask = 2 * groups - 1;
  memory.fill(slots, 0, (<usize>mask + 1) << 2);
}

/** The group of these 64 bits, which may be a new one. */
function findGroup(hashHigh: i32, hashLow: i32): i32 {
  let slot = mix(hashHigh, hashLow) & mask;
  for (;;) {
    const group = get(slots, slot) - 1;
    if (group < 0) break;
    if (get(nextLow, group) === hashLow && get(nextHigh, group) === hashHigh) return group;
    slot = (slot + 1) & mask;
  }
  const group = nextClassCount++;
  set(slots, slot, group + 1);
  set(nextHigh, group, hashHigh);
  set(nextLow, group, hashLow);
  set(nextSizes, group, 0);
  if (2 * nextClassCount > mask) growGroups();
  return group;
}

function growGroups(): void {
  const groups = mask + 1;
  if (nextRoom < groups) {
    nextRoom = groups;
    nextHigh = moved(nextHigh);
    nextLow = moved(nextLow);
    nextSizes = moved(nextSizes);
  }
  openSlots(groups);
  for (let group = 0; group < nextClassCount; group++) {
    let slot = mix(get(nextHigh, group), get(nextLow, group)) & mask;
    while (get(slots, slot) !== 0) slot = (slot + 1) & mask;
    set(slots, slot, group + 1);
  }
}

/** A column of groups where there is room for `nextRoom` of them. */
function moved(column: usize): usize {
  const at = allocate((<usize>nextRoom) << 2);
  memory.copy(at, column, (<usize>nextClassCount) << 2);
  return at;
}

function addWindow(position: i32, group: i32): void {
  set(nextPositions, nextCount, position);
  set(nextClasses, nextCount++, group);
  set(nextSizes, group, get(nextSizes, group) + 1);
}

/** Drops the windows that stand alone, and numbers the groups of the others. */
function keepDuplicated(): void {
  // The slots are done with, and as many as there are groups, twice: the new number of each, or -1.
  const classOf = slots;
  let kept = 0;
  for (let group = 0; group < nextClassCount; group++) {
    const size = get(nextSizes, group);
    if (size < 2) {
      set(classOf, group, -1);
      continue;
    }
    set(classOf, group, kept);
    set(nextHigh, kept, get(nextHigh, group));
    set(nextLow, kept, get(nextLow, group));
    set(nextSizes, kept++, size);
  }
  nextClassCount = kept;
  let windows = 0;
  for (let k = 0; k < nextCount; k++) {
    const each = get(classOf, get(nextClasses, k));
    if (each < 0) continue;
    set(nextPositions, windows, get(nextPositions, k));
    set(nextClasses, windows++, each);
  }
  nextCount = windows;
}

/** 32 well-mixed bits of 64, as `mix` of hash-set.ts. */
function mix(hashHigh: i32, hashLow: i32): i32 {
  let mixed = (hashHigh * <i32>0x9e3779b1) ^ hashLow;
  mixed = (mixed ^ (mixed >>> 16)) * <i32>0x85ebca6b;
  mixed = (mixed ^ (mixed >>> 13)) * <i32>0xc2b2ae35;
  return mixed ^ (mixed >>> 16);
}
