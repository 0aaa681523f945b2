/** Reads what the oracle scripts wrote (`test/fixtures/oracle`, see the README beside this file). */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { familyOf } from '../../lib/model/families/index.js';
import type { Model } from '../../lib/model/model.js';
import { readSafetensorsHeader } from '../../lib/model/weights/safetensors.js';

/** Absolute path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/oracle/${name}`, import.meta.url));
}

export async function readFixture<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(fixture(name), 'utf8')) as T;
}

/** Tensors of a float32 safetensors file by their names in the file. */
export async function readTensors(path: string): Promise<Map<string, Float32Array>> {
  const { tensors } = await readSafetensorsHeader(path);
  const bytes = await readFile(path);
  return new Map(
    tensors.map(({ name, offset, sizeBytes }) => {
      const own = Uint8Array.from(bytes.subarray(offset, offset + sizeBytes));
      return [name, new Float32Array(own.buffer)];
    }),
  );
}

/** What `read` gives for each parameter, under the names and in the orientation of GPT-2's files. */
export async function inFileLayout(
  model: Model,
  read: (name: string) => Promise<Float32Array>,
): Promise<Map<string, Float32Array>> {
  const { layout } = familyOf(model.config, 'the model').interpret(model.config, 'the model');
  const out = new Map<string, Float32Array>();
  for (const { name, shape, parts } of layout) {
    const values = await read(name);
    const { name: file, transposed } = parts[0]!;
    out.set(file, transposed ? transpose(values, shape[0]!, shape[1]!) : values);
  }
  return out;
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** The largest absolute difference; infinite when the lengths differ or a value is not a number. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (!(apart <= largest)) largest = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
  }
  return largest;
}

export interface ExpectedScore {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly hits: readonly number[];
  readonly ranks: readonly number[];
  readonly loss: number | null;
}

/** `expected.json` of a `gpt2-*` directory. */
export interface ExpectedModel {
  readonly parameterCount: number;
  readonly scores: readonly ExpectedScore[];
  readonly logits: readonly {
    readonly sequence: number;
    readonly position: number;
    readonly values: readonly number[];
  }[];
  readonly greedy: readonly { readonly prompt: readonly number[]; readonly tokens: readonly number[] }[];
}

export const VARIANTS = ['plain', 'untied', 'codeparrot', 'bare', 'unscaled', 'bfloat16'] as const;

export function readExpected(variant: (typeof VARIANTS)[number]): Promise<ExpectedModel> {
  return readFixture(`gpt2-${variant}/expected.json`);
}
