/** The kernel of block-kernel.as.ts: it groups the windows of a table of lines, length by length. */
import { InputError } from '../../errors.js';
import type { LineTable } from '../lines/line-table.js';
import { compileWasm, type WasmMemory } from '../web-assembly.js';
import { BLOCK_KERNEL } from './block-kernel-code.js';

/** What is at an address ends when memory grows. */
export interface BlockKernel {
  readonly memory: WasmMemory;
  start(rows: number, groups: number): void;
  hashesAt(): number;
  rawAt(): number;
  firstLevel(length: number): number;
  nextLevel(): void;
  joinWindows(step: number): void;
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

/** The duplicated windows of one length, by ascending position. */
export interface Level {
  readonly length: number;
  readonly count: number;
  readonly positions: Int32Array;
  /** Windows of equal hash have the same class, numbered from 0. */
  readonly classes: Int32Array;
  readonly classCount: number;
  /** Of each class the two halves of its hash. */
  readonly high: Int32Array;
  readonly low: Int32Array;
}

const openKernel = compileWasm<BlockKernel>(BLOCK_KERNEL);

/**
 * Runs a search on a kernel that has the raw lines of `table`, and room for a hash that ends in each row; its memory is
 * given back afterwards.
 *
 * @throws InputError for more lines than 4 GiB hold
 */
export function withBlockKernel<T>(
  table: LineTable,
  outputsEnd: number,
  search: (blocks: BlockKernel) => T,
): T {
  try {
    const blocks = openKernel();
    // Most windows of the corpus are kept because the outputs have them.
    blocks.start(table.length, outputsEnd);
    columnAt(blocks, blocks.rawAt(), table.length).set(table.raw.subarray(0, table.length));
    return search(blocks);
  } catch (error) {
    // The kernel stops where it can have no more memory.
    if ((error as Error).name !== 'RuntimeError') throw error;
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected lines that fit into memory but found ${table.length} of the outputs and of what the corpus shares with them.`,
      { remedy: 'Compare fewer outputs or one shard at a time.', cause: error },
    );
  }
}

export function columnAt({ memory }: BlockKernel, address: number, rows: number): Int32Array {
  return new Int32Array(memory.buffer, address, rows);
}

/** The windows that the kernel is at, in its memory. */
export function levelOf(blocks: BlockKernel, length: number, count: number): Level {
  const classCount = blocks.classesCount();
  return {
    length,
    count,
    classCount,
    positions: columnAt(blocks, blocks.positionsAt(), count),
    classes: columnAt(blocks, blocks.classesAt(), count),
    high: columnAt(blocks, blocks.highAt(), classCount),
    low: columnAt(blocks, blocks.lowAt(), classCount),
  };
}
