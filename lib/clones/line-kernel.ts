/** The WebAssembly kernel of line-kernel.wat, one for each thread, and the layout of its memory. */
import { LINE_KERNEL } from './line-kernel-code.js';

/** Bytes that the kernel takes at a time. */
export const KERNEL_BYTES = 32_768;

// Indices of the state in 32-bit words.
export const HASH_LOW = 0;
export const HASH_HIGH = 1;
export const HAS_TOKEN = 2;
export const AFTER_WORD = 3;
export const IN_WORD = 4;
export const TOKEN = 5;
export const RAW_LINES = 6;
export const FOUND = 7;

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  push(from: number, size: number): number;
}

/** Node has it; its types come with those of browsers only. */
interface WebAssemblyApi {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
const { memory, push } = new Instance(new Module(Buffer.from(LINE_KERNEL, 'base64')))
  .exports as KernelExports;

export const kernel = {
  state: new Int32Array(memory.buffer, 0, 8),
  /** The byte before the input, then the input. */
  input: new Uint8Array(memory.buffer, 1023, KERNEL_BYTES + 1),
  /** Low and high half of the hash of each line found. */
  hashes: new Int32Array(memory.buffer, 36_864, KERNEL_BYTES),
  rawLines: new Uint32Array(memory.buffer, 168_960, KERNEL_BYTES / 2),
  /** Reads the input from byte `from` to `size`, or to the first byte beyond ASCII; returns where it stopped. */
  push,
};
