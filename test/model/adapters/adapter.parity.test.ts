/** LoRA adapters beside a model and alone, against transformers and PEFT (test/oracle/adapters.py). */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { distance } from '../../oracle/fixtures.js';

interface Expected {
  readonly base: string;
  readonly cases: readonly {
    readonly tokens: readonly number[];
    readonly logprobs?: readonly number[];
    readonly hidden?: readonly number[];
  }[];
}

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const names = (await readdir(join(fixtures, 'adapters'))).sort();
const expectedOf = async (name: string) =>
  JSON.parse(await readFile(join(fixtures, 'adapters', name, 'expected.json'), 'utf8')) as Expected;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-adapters-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** The base with the adapter beside it. */
async function beside(name: string): Promise<string> {
  const directory = join(scratch, name);
  await cp(join(fixtures, (await expectedOf(name)).base), directory, { recursive: true });
  await cp(join(fixtures, 'adapters', name), directory, { recursive: true });
  return directory;
}

async function expectSame(model: Model, { cases }: Expected): Promise<void> {
  const sequences = cases.map(({ tokens }) => Int32Array.from(tokens));
  const encoder = cases[0]!.hidden !== undefined;
  const found = encoder
    ? await model.encode(sequences)
    : (await model.score(sequences)).map(({ logprobs }) => logprobs);
  for (const [i, values] of found.entries())
    expect(distance(values, (cases[i]!.hidden ?? cases[i]!.logprobs)!)).toBeLessThan(1e-4);
}

test('every family has some', () => {
  for (const family of ['gpt2', 'codegen', 'llama', 'qwen2', 'gemma', 'bert', 'roberta'])
    expect(names.some((name) => name.startsWith(family))).toBe(true);
});

describe.each(names)('%s', (name) => {
  test('beside a model, and saved: merged, without the files of the adapter', async () => {
    const expected = await expectedOf(name);
    const saved = join(scratch, `${name}-saved`);
    {
      await using model = await Model.load(await beside(name));
      expect(model.warnings).toEqual([]);
      await expectSame(model, expected);
      await model.save(saved);
    }
    expect((await readdir(saved)).filter((file) => file.startsWith('adapter'))).toEqual([]);
    await using again = await Model.load(saved);
    await expectSame(again, expected);
  });

  test('alone, with its base elsewhere', async () => {
    const expected = await expectedOf(name);
    const directory = join(scratch, `${name}-alone`);
    await cp(join(fixtures, 'adapters', name), directory, { recursive: true });
    const path = join(directory, 'adapter_config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    const base = join(fixtures, expected.base);
    await writeFile(path, JSON.stringify({ ...config, base_model_name_or_path: base }));
    await using model = await Model.load(directory);
    await expectSame(model, expected);
  });
});
