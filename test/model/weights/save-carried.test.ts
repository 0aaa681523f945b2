/** What a checkpoint holds besides Lethe's parameters survives a save; what an earlier save left does not. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { composeSafetensorsHeader, readSafetensorsHeader } from '../../../lib/model/weights/safetensors.js';
import { readStoredTensors } from '../../../lib/model/weights/stored-tensors.js';
import { familyFixture } from '../../oracle/families.js';
import { readTensors } from '../../oracle/fixtures.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-save-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** Name, type, shape and bytes of every tensor of a checkpoint. */
async function contentOf(directory: string): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  for (const { name, dtype, shape, path, offset, sizeBytes } of (
    await readStoredTensors(directory)
  ).values()) {
    const bytes = (await readFile(path)).subarray(offset, offset + sizeBytes);
    out.set(name, `${dtype} [${shape.join()}] ${bytes.toString('hex')}`);
  }
  return out;
}

/** Writes a checkpoint's tensors as float32 under other names. */
async function renamed(from: string, to: string, rename: (name: string) => string): Promise<void> {
  await cp(from, to, { recursive: true });
  const path = join(to, 'model.safetensors');
  const { tensors } = await readSafetensorsHeader(path);
  const content = await readFile(path);
  const members = tensors.map(({ name, shape }) => ({
    name: rename(name),
    dtype: 'float32' as const,
    shape,
  }));
  const bytes = tensors.map(({ offset, sizeBytes }) => content.subarray(offset, offset + sizeBytes));
  await writeFile(path, Buffer.concat([composeSafetensorsHeader(members), ...bytes]));
}

describe('what is carried', () => {
  test.each([
    ['bert-tagger', undefined, ['BertForTokenClassification']],
    ['bert-tagger', 10_000, ['BertForTokenClassification']],
    ['roberta', undefined, ['RobertaForMaskedLM']],
  ] as const)(
    'the head of %s, in files of at most %s bytes',
    async (variant, maxShardBytes, architectures) => {
      const original = familyFixture(variant);
      const saved = join(scratch, `${variant}-${maxShardBytes}`);
      await using model = await Model.load(original);
      await model.save(saved, maxShardBytes === undefined ? {} : { maxShardBytes });
      const before = await contentOf(original);
      const after = await contentOf(saved);
      const left = [...before.keys()].filter((name) => !after.has(name));
      // A table of positions, and a copy of the embedding.
      expect(left.every((name) => /position_ids$|decoder\.weight$/.test(name))).toBe(true);
      for (const [name, content] of after) expect([name, content]).toEqual([name, before.get(name)]);
      expect([...after.keys()].some((name) => /^(classifier|lm_head)\./.test(name))).toBe(true);
      const config = JSON.parse(await readFile(join(saved, 'config.json'), 'utf8'));
      expect(config.architectures).toEqual(architectures);
    },
  );

  test('by a snapshot as well', async () => {
    await using model = await Model.load(familyFixture('bert-tagger'));
    await using copy = await model.snapshot();
    await copy.save(join(scratch, 'snapshot'));
    expect([...(await contentOf(join(scratch, 'snapshot'))).keys()]).toContain('classifier.weight');
  });

  test('nothing but parameters of a decoder that stores its head twice', async () => {
    const saved = join(scratch, 'codegen-bin');
    await using model = await Model.load(familyFixture('codegen-bin'));
    await model.save(saved);
    const names = [...(await contentOf(saved)).keys()];
    expect(names.filter((name) => /causal_mask|bias$/.test(name) && /attn/.test(name))).toEqual([]);
    expect(JSON.parse(await readFile(join(saved, 'config.json'), 'utf8')).architectures).toEqual([
      'CodeGenForCausalLM',
    ]);
  });

  test('numbers of config.json that JSON does not have', async () => {
    const original = join(scratch, 'nan');
    await cp(familyFixture('llama'), original, { recursive: true });
    const config = await readFile(join(original, 'config.json'), 'utf8');
    const odd = '"odd": [NaN, Infinity, -Infinity]';
    await writeFile(join(original, 'config.json'), config.replace('{', `{${odd},`));
    await using model = await Model.load(original);
    await model.save(join(scratch, 'nan-saved'));
    const saved = await readFile(join(scratch, 'nan-saved', 'config.json'), 'utf8');
    expect(saved.replace(/\s+/g, ' ')).toContain('"odd": [ NaN, Infinity, -Infinity ]');
  });

  test('generation_config.json, letter for letter', async () => {
    const original = join(scratch, 'generation');
    await cp(familyFixture('llama'), original, { recursive: true });
    const text = '{ "eos_token_id": [0, 2],\n"_from_model_config": true}';
    await writeFile(join(original, 'generation_config.json'), text);
    await using model = await Model.load(original);
    await model.save(join(scratch, 'generation-saved'));
    expect(await readFile(join(scratch, 'generation-saved', 'generation_config.json'), 'utf8')).toBe(text);
  });
});

test.each(['bert', 'roberta'] as const)("TensorFlow's names of norms are understood: %s", async (variant) => {
  const directory = join(scratch, `${variant}-gamma`);
  await renamed(familyFixture(variant), directory, (name) =>
    name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
  );
  const names = [...(await readTensors(join(directory, 'model.safetensors'))).keys()];
  expect(names.some((name) => name.endsWith('LayerNorm.gamma'))).toBe(true);
  await using model = await Model.load(directory);
  await using original = await Model.load(familyFixture(variant));
  for (const name of original.parameterNames())
    expect(await model.readParameter(name)).toEqual(await original.readParameter(name));
});

describe('a save over an earlier one', () => {
  const WEIGHTS = /^model.*(safetensors|index\.json)$/;
  const SHARDS = 30_000;
  const cases: readonly [string, number | undefined, number | undefined][] = [
    ['whole over shards', SHARDS, undefined],
    ['shards over whole', undefined, SHARDS],
    ['more shards over fewer', SHARDS, SHARDS / 3],
    ['fewer shards over more', SHARDS / 3, SHARDS],
    ['as many shards', SHARDS, SHARDS],
  ];
  const options = (maxShardBytes: number | undefined) =>
    maxShardBytes === undefined ? {} : { maxShardBytes };

  test.each(cases)('%s leaves the new weights only', async (name, first, second) => {
    const directory = join(scratch, name);
    await using old = await Model.load(familyFixture('llama'));
    await using fresh = await Model.load(familyFixture('llama3'));
    await old.save(directory, options(first));
    // Neither is ours to remove.
    await writeFile(join(directory, 'model-notes.safetensors.txt'), '');
    await writeFile(join(directory, 'adapter_model.safetensors'), '');
    await fresh.save(directory, options(second));
    const alone = join(scratch, `${name}, alone`);
    await fresh.save(alone, options(second));
    const weights = async (path: string) => (await readdir(path)).filter((file) => WEIGHTS.test(file)).sort();
    expect(await weights(directory)).toEqual(await weights(alone));
    expect(await readdir(directory)).toEqual(
      expect.arrayContaining(['model-notes.safetensors.txt', 'adapter_model.safetensors']),
    );
    expect(await contentOf(directory)).toEqual(await contentOf(alone));
  });

  test('that fails on its way is not taken for a model', async () => {
    const directory = join(scratch, 'failed');
    await using old = await Model.load(familyFixture('llama'));
    await old.save(directory, { maxShardBytes: SHARDS });
    const shards = (await readdir(directory)).filter((file) => /^model-.*\d\.safetensors$/.test(file)).sort();
    // The last shard cannot be replaced: a directory stands in its place.
    await rm(join(directory, shards.at(-1)!));
    await cp(familyFixture('llama'), join(directory, shards.at(-1)!), { recursive: true });
    await using fresh = await Model.load(familyFixture('llama3'));
    await expect(fresh.save(directory, { maxShardBytes: SHARDS })).rejects.toMatchObject({
      code: 'ERR_FILE_WRITE',
    });
    await expect(Model.load(directory)).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' });
  });
});
