/** Pairs of weights that config.json ties: one half is enough, and two that differ are not tied (as in transformers 5). */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { composeSafetensorsHeader, readSafetensorsHeader } from '../../../lib/model/weights/safetensors.js';
import { type ExpectedDecoder, familyFixture, readFamily, tokensOf } from '../../oracle/families.js';
import { distance, fixture, readExpected } from '../../oracle/fixtures.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-tied-'));
});
afterAll(() => rm(scratch, { recursive: true }));

interface Member {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

async function membersOf(directory: string): Promise<Member[]> {
  const path = join(directory, 'model.safetensors');
  const content = await readFile(path);
  return (await readSafetensorsHeader(path)).tensors.map(({ name, shape, offset, sizeBytes }) => ({
    name,
    shape,
    data: content.subarray(offset, offset + sizeBytes),
  }));
}

/** A copy of a float32 checkpoint with other tensors and, in its config, other fields. */
async function changed(
  from: string,
  to: string,
  change: (members: Member[]) => Member[],
  fields: object = {},
): Promise<string> {
  const members = change(await membersOf(from));
  const header = composeSafetensorsHeader(members.map((each) => ({ ...each, dtype: 'float32' as const })));
  const config = JSON.parse(await readFile(join(from, 'config.json'), 'utf8')) as object;
  const directory = join(scratch, to);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...config, ...fields }));
  await writeFile(
    join(directory, 'model.safetensors'),
    Buffer.concat([header, ...members.map(({ data }) => data)]),
  );
  return directory;
}

const EMBEDDING = /(^|\.)(wte|embed_tokens|word_embeddings)\.weight$/;
const headOnly = (members: Member[]) =>
  members.map((each) => (EMBEDDING.test(each.name) ? { ...each, name: 'lm_head.weight' } : each));
const otherHead = (members: Member[]): Member[] => {
  const embedding = members.find(({ name }) => EMBEDDING.test(name))!;
  const data = Buffer.from(embedding.data);
  for (let at = 0; at < data.length; at += 4)
    data.writeFloatLE(data.readFloatLE(at) * (1 + (at % 7) / 4), at);
  return [...members, { ...embedding, name: 'lm_head.weight', data }];
};

describe.each(['llama-tied', 'qwen2-tied', 'gemma'] as const)('%s', (variant) => {
  const original = familyFixture(variant);

  test('of which the head alone is there, as safetensors.torch.save_model leaves it', async () => {
    const { scores, parameterCount } = await readFamily<ExpectedDecoder>(variant);
    await using model = await Model.load(await changed(original, `${variant}-head`, headOnly));
    expect(model.parameterCount).toBe(parameterCount);
    expect(model.warnings).toEqual([]);
    for (const [i, { logprobs }] of (await model.score(tokensOf(scores))).entries())
      expect(distance(logprobs, scores[i]!.logprobs)).toBeLessThan(1e-4);
    await model.save(join(scratch, `${variant}-head-saved`));
    const names = (await membersOf(join(scratch, `${variant}-head-saved`))).map(({ name }) => name);
    expect(names).toContain('model.embed_tokens.weight');
    expect(names).not.toContain('lm_head.weight');
  });

  test('with a head of its own: used, said, and kept by save', async () => {
    const { scores } = await readFamily<ExpectedDecoder>(variant);
    const untied = { tie_word_embeddings: false };
    const plain = await changed(original, `${variant}-untied`, otherHead, untied);
    const wrong = await changed(original, `${variant}-own`, otherHead);
    const sequences = tokensOf(scores);
    await using wanted = await Model.load(plain);
    await using model = await Model.load(wrong);
    expect(wanted.warnings).toEqual([]);
    expect(model.warnings).toEqual([expect.stringMatching(/^config\.json of .* ties the head/)]);
    expect(model.config.tie_word_embeddings).toBe(false);
    expect(model.parameterCount).toBe(wanted.parameterCount);
    expect(await model.score(sequences)).toEqual(await wanted.score(sequences));

    const saved = join(scratch, `${variant}-own-saved`);
    await model.save(saved);
    await using again = await Model.load(saved);
    expect(again.warnings).toEqual([]);
    expect(await again.score(sequences)).toEqual(await wanted.score(sequences));
  });
});

test('GPT-2 with the head alone', async () => {
  const { scores } = await readExpected('plain');
  await using model = await Model.load(await changed(fixture('gpt2-plain'), 'gpt2-head', headOnly));
  for (const [i, { logprobs }] of (await model.score(tokensOf(scores))).entries())
    expect(distance(logprobs, scores[i]!.logprobs)).toBeLessThan(1e-4);
});

test('an encoder with the half of its predictions alone', async () => {
  const sequences = [Int32Array.of(5, 6, 7)];
  const rename = (members: Member[]) =>
    members.map((each) => (EMBEDDING.test(each.name) ? { ...each, name: 'lm_head.decoder.weight' } : each));
  await using wanted = await Model.load(familyFixture('roberta'));
  await using model = await Model.load(await changed(familyFixture('roberta'), 'roberta-head', rename));
  expect(await model.encode(sequences)).toEqual(await wanted.encode(sequences));
});

test('neither half', async () => {
  const none = (members: Member[]) => members.filter(({ name }) => !EMBEDDING.test(name));
  const directory = await changed(familyFixture('llama-tied'), 'none', none);
  await expect(Model.load(directory)).rejects.toMatchObject({
    code: 'ERR_MODEL_FORMAT',
    message: expect.stringContaining('Expected tensor model.embed_tokens.weight'),
  });
});
