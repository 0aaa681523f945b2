/**
 * A model directory's JSON files with seeded damage: each is understood or refused with one sentence, whatever it says
 * of sizes, and what is understood works.
 */
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LetheError } from '../../lib/errors.js';
import { readGenerationConfig } from '../../lib/model/decoding/generation-config.js';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { readStoredTensors } from '../../lib/model/weights/stored-tensors.js';
import { Random } from '../../lib/random.js';
import { familyFixture } from '../oracle/families.js';
import { fixture } from '../oracle/fixtures.js';
import { damageJson, MUTATIONS, type Mutation } from './damage.js';

const ROUNDS = 60;
const KINDS: Readonly<Record<string, Mutation>> = { ...MUTATIONS, 'other values': damageJson };

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-fuzz-json-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** True if `work` was done; throws for anything but a refusal in one sentence. */
async function doneOrRefused(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    if (!/^(Expected|Could not)[^\n]+\.$/.test(error.message) || error.code === 'ERR_NATIVE')
      throw new Error(`no such sentence: ${error.code}: ${error.message}`, { cause: error });
    return false;
  }
}

/** Damages `file` of a directory again and again; returns how often `work` on the directory was refused. */
async function fuzz(
  directory: string,
  file: string,
  mutate: Mutation,
  seed: number,
  work: () => Promise<unknown>,
): Promise<number> {
  const random = new Random(seed);
  const path = join(directory, file);
  const good = await readFile(path);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await writeFile(path, mutate(good, random));
    if (!(await doneOrRefused(work))) refused++;
  }
  await writeFile(path, good);
  expect(await doneOrRefused(work)).toBe(true);
  return refused;
}

describe.each([
  ['gpt2', fixture('gpt2-plain')],
  ['codegen', familyFixture('codegen')],
  ['llama3', familyFixture('llama3')],
  ['qwen2', familyFixture('qwen2-window')],
  ['gemma', familyFixture('gemma')],
  ['roberta', familyFixture('roberta')],
] as const)('config.json of %s', (name, original) => {
  test.each(Object.entries(KINDS))('%s', async (_what, mutate) => {
    const directory = await mkdtemp(join(scratch, `${name}-`));
    await cp(original, directory, { recursive: true });
    const refused = await fuzz(directory, 'config.json', mutate, 1, async () => {
      await using model = await Model.load(directory);
      const tokens = [Int32Array.of(3, 4, 5)];
      // Not finite logits are an answer too: a scale may be absurd and still a number.
      if (name === 'roberta') await model.encode(tokens);
      else await model.score(tokens);
    });
    expect(refused).toBeGreaterThan(0);
  });
});

describe.each(['codegen', 'llama2', 'llama3', 'bert-uncased', 'gemma'])('tokenizer.json of %s', (name) => {
  const stored = new URL(`../fixtures/tokenizer/families/${name}.json.gz`, import.meta.url);
  const TEXT = "def naïve(x):\n\treturn f'{x} 世界 👩‍👩‍👧'  # e\u0301\r\n";

  test.each(Object.entries(KINDS))('%s', async (_what, mutate) => {
    const directory = await mkdtemp(join(scratch, `${name}-`));
    const { tokenizer } = JSON.parse(gunzipSync(await readFile(stored)).toString('utf8'));
    // Few tokens and merges, so that damage meets the other parts of the file as well.
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer));
    const refused = await fuzz(directory, 'tokenizer.json', mutate, 2, async () => {
      const made = await Tokenizer.load(directory);
      const { tokens, offsets } = made.encode(TEXT, { addSpecialTokens: true });
      if (offsets.length !== 2 * tokens.length) throw new Error('not two offsets a token');
      if (offsets.some((offset) => offset < 0 || offset > TEXT.length)) throw new Error('an offset outside');
      if (tokens.some((token) => token < 0 || token >= made.vocabularySize)) throw new Error('no such token');
      made.decode(tokens);
    });
    expect(refused).toBeGreaterThan(0);
  });
});

describe.each([
  [
    'generation_config.json',
    {
      eos_token_id: [0, 2],
      bos_token_id: 1,
      do_sample: true,
      temperature: 0.7,
      top_k: 5,
      top_p: 0.9,
      min_p: 0.1,
    },
  ],
  ['tokenizer_config.json', { tokenizer_class: 'GPT2Tokenizer', eos_token: { content: '<|endoftext|>' } }],
  ['special_tokens_map.json', { bos_token: '<|endoftext|>', pad_token: { content: '<|endoftext|>' } }],
] as const)('%s', (file, content) => {
  const assets = fileURLToPath(new URL('../../assets/tokenizer/tokenizer.json', import.meta.url));
  test.each(Object.entries(KINDS))('%s', async (_what, mutate) => {
    const directory = await mkdtemp(join(scratch, 'small-'));
    await cp(assets, join(directory, 'tokenizer.json'));
    await writeFile(join(directory, file), JSON.stringify(content, null, 1));
    const work = file === 'generation_config.json' ? readGenerationConfig : Tokenizer.load;
    expect(await fuzz(directory, file, mutate, 3, () => work(directory))).toBeGreaterThan(0);
  });
});

test('the training state of a model', async () => {
  const path = join(scratch, 'state');
  await using model = await Model.load(fixture('objective/start'));
  await model.trainStep({
    terms: [{ loss: 'nll', set: 0, weight: 1 }],
    optimizer: {
      ...{ kind: 'adamw', learningRate: 0.1, beta1: 0.9, beta2: 0.98 },
      ...{ epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 },
    },
    microBatches: [[{ tokens: Int32Array.of(1, 2, 3), sets: Uint8Array.of(1, 1, 1) }]],
  });
  await model.saveTrainingState(path);
  for (const mutate of Object.values(KINDS))
    await fuzz(scratch, 'state', mutate, 4, () => model.loadTrainingState(path));
});

describe('a file of 10 GB is refused without being read', () => {
  const HUGE = 10 * 1024 ** 3;

  async function peakOf(work: () => Promise<unknown>): Promise<{ refused: boolean; growth: number }> {
    const before = process.resourceUsage().maxRSS;
    const refused = !(await doneOrRefused(work));
    return { refused, growth: (process.resourceUsage().maxRSS - before) * 1024 };
  }

  test.each([
    ['config.json', (directory: string) => Model.load(directory)],
    ['generation_config.json', readGenerationConfig],
    ['tokenizer.json', Tokenizer.load],
    ['tokenizer_config.json', Tokenizer.load],
    ['special_tokens_map.json', Tokenizer.load],
    ['model.safetensors', readStoredTensors],
    ['model.safetensors.index.json', readStoredTensors],
    ['pytorch_model.bin', readStoredTensors],
    ['pytorch_model.bin.index.json', readStoredTensors],
  ] as const)('%s', async (file, work) => {
    const directory = await mkdtemp(join(scratch, 'huge-'));
    if (work.length > 0 && !/safetensors|bin/.test(file)) {
      await cp(fixture('gpt2-plain'), directory, { recursive: true });
      const assets = fileURLToPath(new URL('../../assets/tokenizer/', import.meta.url));
      await cp(assets, directory, { recursive: true });
    }
    await writeFile(join(directory, file), '');
    await truncate(join(directory, file), HUGE);
    const { refused, growth } = await peakOf(() => work(directory));
    expect(refused).toBe(true);
    expect(growth).toBeLessThan(200 * 2 ** 20);
  });

  test('a tensor that no model has, of 10 GB', async () => {
    const directory = await mkdtemp(join(scratch, 'huge-'));
    await cp(fixture('gpt2-plain'), directory, { recursive: true });
    const path = join(directory, 'model.safetensors');
    const file = await readFile(path);
    const end = 8 + Number(file.readBigUInt64LE());
    const header = JSON.parse(file.toString('utf8', 8, end));
    const size = file.length - end;
    header.extra = { dtype: 'F32', shape: [HUGE / 4], data_offsets: [size, size + HUGE] };
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    await writeFile(path, Buffer.concat([length, json, file.subarray(end)]));
    await truncate(path, 8 + json.length + size + HUGE);
    const { refused, growth } = await peakOf(() => Model.load(directory));
    expect(refused).toBe(true);
    expect(growth).toBeLessThan(200 * 2 ** 20);
  });
});
