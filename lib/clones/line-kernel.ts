/** The WebAssembly kernel of line-kernel.wat, one for each thread, and the layout of its memory. */
import { LINE_KERNEL } from './line-kernel-code.js';
import type { LineTable } from './line-table.js';

/** Bytes that the kernel takes at a time. */
export const KERNEL_BYTES = 32_768;
/** Lines that it holds at most; a significant one has two bytes or more. */
export const KERNEL_LINES = KERNEL_BYTES / 2;

// Indices of the state in 32-bit words.
export const HASH_LOW = 0;
export const HASH_HIGH = 1;
export const HAS_TOKEN = 2;
export const AFTER_WORD = 3;
export const IN_WORD = 4;
export const TOKEN = 5;
export const RAW_LINES = 6;
export const FOUND = 7;
// Those of windows.
export const EXACT = 64;
export const KIN = 66;
/** Two powers of 64 bits: that of exact windows and that of kin. */
export const POWERS = 68;
export const EXACT_LINES = 72;
export const KIN_LINES = 73;
export const RING_MASK = 74;
export const RING_RAW_LINES = 75;

const RING = 628_736;
const BYTES_PER_SLOT = 12;
const PAGE = 65_536;

/** Lines as the kernel has them. */
export interface LineColumns {
  /** Of each line the low half and the high half. */
  readonly hashes: Int32Array;
  readonly rawLines: Uint32Array;
}

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  push(from: number, size: number): number;
  windows(found: number, number: number, known: number): void;
}

/** Node has it; its types come with those of browsers only. */
interface WebAssemblyApi {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
const { memory, push, windows } = new Instance(new Module(Buffer.from(LINE_KERNEL, 'base64')))
  .exports as KernelExports;

function viewMemory() {
  const { buffer } = memory;
  return {
    state: new Int32Array(buffer, 0, 76),
    /** The byte before the input, then the input. */
    input: new Uint8Array(buffer, 1023, KERNEL_BYTES + 1),
    /** Lines on their way to a sink, as {@link LineColumns}. */
    hashes: new Int32Array(buffer, 36_864, 2 * KERNEL_LINES),
    rawLines: new Uint32Array(buffer, 168_960, KERNEL_LINES),
    /** Hashes of the windows that end with each of these lines. */
    exact: new Int32Array(buffer, 235_520, 2 * KERNEL_LINES),
    kin: new Int32Array(buffer, 366_592, 2 * KERNEL_LINES),
    /** Both as `mix` of hash-set.ts makes them. */
    mixedExact: new Int32Array(buffer, 497_664, KERNEL_LINES),
    mixedKin: new Int32Array(buffer, 563_200, KERNEL_LINES),
  };
}

export const kernel = {
  ...viewMemory(),
  /** Reads the input from byte `from` to `size`, or to the first byte beyond ASCII; returns where it stopped. */
  push,
  /** Hashes the windows of the lines; see line-kernel.wat. */
  windows,
  /**
   * Makes room for a ring of `slots` lines, and returns from which byte on it holds their raw lines. To be called before
   * anybody holds on to views of the memory.
   */
  reserveRing(slots: number): number {
    const missing = RING + slots * BYTES_PER_SLOT - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE));
      Object.assign(kernel, viewMemory());
    }
    return rawLinesOfRing(slots);
  },
  /** A ring of `slots` lines. */
  viewRing(slots: number): LineColumns {
    return {
      hashes: new Int32Array(memory.buffer, RING, 2 * slots),
      rawLines: new Uint32Array(memory.buffer, rawLinesOfRing(slots), slots),
    };
  },
};

function rawLinesOfRing(slots: number): number {
  return RING + slots * 8;
}

/** Feeds a table's lines to `take` by way of the kernel: `count` of them at a time, from row `first` on. */
export function feedLines(
  { high, low, raw, length }: LineTable,
  take: (count: number, first: number) => void,
): void {
  const { hashes, rawLines } = kernel;
  for (let first = 0; first < length; first += KERNEL_LINES) {
    const count = Math.min(KERNEL_LINES, length - first);
    for (let i = 0; i < count; i++) {
      hashes[2 * i] = low[first + i]!;
      hashes[2 * i + 1] = high[first + i]!;
      rawLines[i] = raw[first + i]!;
    }
    take(count, first);
  }
}
