/**
 * The block rule, on a table of lines whose first `outputsEnd` positions are the outputs and the rest kept lines of
 * the corpus: which groups of equal windows are reported. Equality is by hash only.
 *
 * (i, L) is duplicated if another (j, L) has the same H; (i, L+1) exists if (i, L) and (i+1, L) are duplicated; an
 * occurrence is covered if (i, L+1) or (i-1, L+1) is duplicated; a group with an uncovered occurrence is reported
 * with all its occurrences, here if it has some on both sides.
 */
import { InputError } from '../errors.js';
import { BLOCK_KERNEL } from './block-kernel-code.js';
import type { BlockList } from './block-list.js';
import { feedLines, kernel } from './line-kernel.js';
import type { LineTable } from './line-table.js';
import { LineWindows } from './line-windows.js';
import { findLongBlocks } from './long-blocks.js';
import { compileWasm, type WasmMemory } from './web-assembly.js';
import type { Level } from './window-groups.js';

/** block-kernel.as.ts: addresses and numbers; what is at an address ends when memory grows. */
interface BlockKernel {
  readonly memory: WasmMemory;
  start(rows: number, groups: number): void;
  hashesAt(): number;
  rawAt(): number;
  firstLevel(length: number): number;
  nextLevel(): void;
  advance(): number;
  report(outputsEnd: number): number;
  positionsAt(): number;
  classesAt(): number;
  classesCount(): number;
  sizesAt(): number;
  highAt(): number;
  lowAt(): number;
  reportedAt(): number;
  uncoveredAt(): number;
  endsAt(): number;
  membersAt(): number;
}

const openBlockKernel = compileWasm<BlockKernel>(BLOCK_KERNEL);

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
  const blocks = openBlockKernel();
  try {
    // Most windows of the corpus are kept because the outputs have them.
    blocks.start(table.length, outputsEnd);
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
  } catch (error) {
    // The kernel has at most 4 GiB, and stops where it can have no more.
    if ((error as Error).name !== 'RuntimeError') throw error;
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected lines that fit into memory but found ${table.length} of the outputs and of what the corpus shares with them.`,
      { remedy: 'Compare fewer outputs or one shard at a time.', cause: error },
    );
  }
}

function loadWindows(blocks: BlockKernel, table: LineTable, threshold: number): void {
  const windows = new LineWindows(threshold);
  const hashes = new Int32Array(blocks.memory.buffer, blocks.hashesAt(), 2 * table.length);
  const raw = new Uint32Array(blocks.memory.buffer, blocks.rawAt(), table.length);
  raw.set(table.raw.subarray(0, table.length));
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
  const column = (at: number, rows: number) => new Int32Array(blocks.memory.buffer, at, rows);
  const classes = column(blocks.reportedAt(), reported);
  const uncovered = column(blocks.uncoveredAt(), classCount);
  const ends = column(blocks.endsAt(), classCount);
  const sizes = column(blocks.sizesAt(), classCount);
  const high = column(blocks.highAt(), classCount);
  const low = column(blocks.lowAt(), classCount);
  const members = column(blocks.membersAt(), ends[classes[reported - 1]!]!);
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

/** The windows of this length, in the kernel's memory. */
function levelOf(blocks: BlockKernel, length: number, count: number): Level {
  const classCount = blocks.classesCount();
  const column = (at: number, rows: number) => new Int32Array(blocks.memory.buffer, at, rows);
  return {
    length,
    count,
    classCount,
    positions: column(blocks.positionsAt(), count),
    classes: column(blocks.classesAt(), count),
    sizes: column(blocks.sizesAt(), classCount),
    high: column(blocks.highAt(), classCount),
    low: column(blocks.lowAt(), classCount),
  };
}

function signed64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
