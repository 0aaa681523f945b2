/** Reads what families.py and decoding.py wrote (`test/fixtures/families`, see the README beside this file). */
import { copyFile, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExpectedModel, ExpectedScore } from './fixtures.js';

export const DECODERS = [
  'codegen',
  'codegen-bin',
  'qwen2-tied',
  'qwen2-window',
  'llama',
  'llama-linear',
  'llama3',
  'llama-biased',
  'llama-tied',
  'llama-sharded',
  'llama-bfloat16',
  'qwen2-float16',
  'gemma',
  'gemma-legacy',
] as const;
export const ENCODERS = ['bert', 'bert-tagger', 'roberta'] as const;

export type Variant = (typeof DECODERS)[number] | (typeof ENCODERS)[number];

/** States of the tokens from `from` on (default 0), `[T - from, C]` after 0, 1, .. layers. */
export interface ExpectedHidden {
  readonly tokens: readonly number[];
  readonly from?: number;
  readonly layers: readonly (readonly number[])[];
}

export interface ExpectedDecoder extends ExpectedModel {
  readonly scores: readonly (ExpectedScore & {
    readonly means: readonly number[];
    readonly variances: readonly number[];
  })[];
  readonly memorization: {
    readonly tokens: readonly number[];
    readonly ma: number;
    readonly el: Readonly<Record<string, number>>;
  };
  /** Root mean square by which log-probabilities move when transformers computes in half precision. */
  readonly halfErrors: Readonly<Record<'bfloat16' | 'float16', number>>;
  readonly hidden: readonly ExpectedHidden[];
}

export interface ExpectedEncoder {
  readonly parameterCount: number;
  readonly hidden: readonly ExpectedHidden[];
}

export function familyFixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/families/${name}`, import.meta.url));
}

export async function readFamily<T>(variant: Variant): Promise<T> {
  return JSON.parse(await readFile(join(familyFixture(variant), 'expected.json'), 'utf8')) as T;
}

/** The other spellings of a variant's config.json: names of `config.<name>.json`. */
export async function spellingsOf(variant: Variant): Promise<string[]> {
  const files = await readdir(familyFixture(variant));
  return files.flatMap((file) => /^config\.(.+)\.json$/.exec(file)?.slice(1) ?? []);
}

/** Runs `work` on a directory with the variant's weights under another spelling of its config. */
export async function respelled<T>(
  variant: Variant,
  spelling: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const original = familyFixture(variant);
  const directory = await mkdtemp(join(tmpdir(), 'lethe-'));
  try {
    await copyFile(join(original, `config.${spelling}.json`), join(directory, 'config.json'));
    for (const file of await readdir(original)) {
      const kept = file.startsWith('config.') || file === 'expected.json';
      if (!kept) await symlink(join(original, file), join(directory, file));
    }
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** As the API takes sequences. */
export function tokensOf(rows: readonly { readonly tokens: readonly number[] }[]): Int32Array[] {
  return rows.map(({ tokens }) => Int32Array.from(tokens));
}
