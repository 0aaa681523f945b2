/** WebAssembly as Node has it; its types come with those of browsers only. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Views of `buffer` end with it. */
  grow(pages: number): number;
}

interface WebAssemblyApi {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;

/** Returns what makes instances of a module in base64. */
export function compileWasm<Exports>(code: string): () => Exports {
  const module = new Module(Buffer.from(code, 'base64'));
  return () => new Instance(module).exports as Exports;
}
