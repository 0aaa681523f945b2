/** The WebAssembly kernel of line-kernel.wat, one for each thread, and the layout of its memory. */
import type { HashSet64 } from '../hash-set.js';
import { compileWasm, type WasmMemory } from '../web-assembly.js';
import { LINE_KERNEL } from './line-kernel-code.js';
import type { LineColumns, LineTable } from './line-table.js';

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
const FILTERS = 76;
/** Windows that passed the filters. */
export const PASSED = 80;

/** What `passed` has besides the index of a line. */
export const PASSED_EXACT = 1;
export const PASSED_KIN = 2;

const RING = 694_272;
const PAGE = 65_536;

interface KernelExports {
  readonly memory: WasmMemory;
  push(from: number, size: number): number;
  windows(found: number, number: number, known: number): void;
}

export interface WindowFilters {
  readonly exact: HashSet64;
  readonly kin: HashSet64;
}

const { memory, push, windows } = compileWasm<KernelExports>(LINE_KERNEL)();

function viewMemory() {
  const { buffer } = memory;
  return {
    state: new Int32Array(buffer, 0, 81),
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
    /** Of the windows that pass the filters: 4 * index of the last line + {@link PASSED_EXACT} + {@link PASSED_KIN}. */
    passed: new Int32Array(buffer, 628_736, KERNEL_LINES),
  };
}

/** Where the memory begins that filters may have. */
let ringEnd = RING;
/** The sets whose filters are in the kernel, which does not keep them. */
let filtered: WeakRef<WindowFilters> | undefined;
let ring: LineColumns | undefined;

/** Views of its memory end when it grows, which {@link kernel.reserveRing} and {@link kernel.filterBy} can make it do. */
export const kernel = {
  ...viewMemory(),
  /**
   * Reads the input from byte `from` to `size`, or to the first byte beyond ASCII, and appends the lines it finds to those
   * that `state` has; returns where it stopped.
   */
  push,
  /** Hashes the windows of the lines; see line-kernel.wat. */
  windows,
  /** Makes room for a ring of `slots` lines, and returns from which byte on it holds their raw lines. */
  reserveRing(slots: number): number {
    const end = rawLinesOfRing(slots) + 4 * slots;
    if (end > ringEnd) {
      ringEnd = end;
      filtered = undefined;
      reserve(end);
    }
    return rawLinesOfRing(slots);
  },
  /** A ring of `slots` lines. */
  viewRing(slots: number): LineColumns {
    if (ring?.rawLines.length !== slots || ring.rawLines.buffer !== memory.buffer) {
      ring = {
        hashes: new Int32Array(memory.buffer, RING, 2 * slots),
        rawLines: new Uint32Array(memory.buffer, rawLinesOfRing(slots), slots),
      };
    }
    return ring;
  },
  /** From now on those windows pass that these sets may hold; until the first call any may. */
  filterBy(sets: WindowFilters): void {
    if (filtered?.deref() === sets) return;
    const exactEnd = ringEnd + 4 * sets.exact.filterWords;
    reserve(exactEnd + 4 * sets.kin.filterWords);
    for (const [set, state, start] of [
      [sets.exact, FILTERS, ringEnd],
      [sets.kin, FILTERS + 2, exactEnd],
    ] as const) {
      kernel.state[state] = start;
      kernel.state[state + 1] = set.fillFilter(new Int32Array(memory.buffer, start, set.filterWords));
    }
    filtered = new WeakRef(sets);
  },
};

// Filters of two words, whatever they are: a shift by 32 would be none.
kernel.state[FILTERS + 1] = 31;
kernel.state[FILTERS + 3] = 31;

function reserve(bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return;
  memory.grow(Math.ceil(missing / PAGE));
  Object.assign(kernel, viewMemory());
}

function rawLinesOfRing(slots: number): number {
  return RING + slots * 8;
}

/** Feeds a table's lines to `take` by way of the kernel: `count` of them at a time, from row `first` on. */
export function feedLines(
  { hashes, raw, length }: LineTable,
  take: (count: number, first: number) => void,
): void {
  for (let first = 0; first < length; first += KERNEL_LINES) {
    const count = Math.min(KERNEL_LINES, length - first);
    kernel.hashes.set(hashes.subarray(2 * first, 2 * (first + count)));
    kernel.rawLines.set(raw.subarray(first, first + count));
    take(count, first);
  }
}
