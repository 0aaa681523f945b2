/** `model info`, and models that are called by their name on the hub. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestDirectory } from '../../lib/data/digest.js';
import { Model } from '../../lib/model/model.js';
import { HubServer } from '../data/hub-server.js';
import { lethe, parseLines, workspace, writeTinyModel } from './run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;
beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
});
afterAll(() => space[Symbol.asyncDispose]());

test('model add-pad-token writes a model with a padding token, and run.json', async () => {
  const args = [
    'model',
    'add-pad-token',
    space.at('model'),
    '--output',
    space.at('padded'),
    '--token',
    '<pad>',
  ];
  const { code, stdout, stderr } = await lethe(args);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toBe(
    `Token 4096 pads; the vocabulary's size is 4097, before 4096. The model is in ${space.at('padded')}.\n`,
  );
  const info = await lethe(['model', 'info', space.at('padded'), '--json']);
  expect(JSON.parse(info.stdout)).toMatchObject({
    vocabularySize: 4097,
    tokenizer: { tokens: 4097, padId: 4096 },
  });
  expect(JSON.parse(await readFile(space.at('padded/run.json'), 'utf8'))).toMatchObject({
    command: 'model add-pad-token',
    options: { token: '<pad>' },
    model: { digest: await digestDirectory(space.at('model')) },
    results: { padId: 4096, vocabularySizes: [4096, 4097] },
  });
});

describe('model info', () => {
  test('says what a checkpoint holds', async () => {
    await writeFile(
      space.at('model/generation_config.json'),
      '{"eos_token_id":[0,2],"do_sample":true,"temperature":0.7}',
    );
    const { code, stdout, stderr } = await lethe(['model', 'info', space.at('model'), '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    await using model = await Model.load(space.at('model'));
    expect(JSON.parse(stdout)).toMatchObject({
      family: 'gpt2',
      architecture: 'GPT2LMHeadModel',
      parameters: model.parameterCount,
      layers: 1,
      hiddenSize: 16,
      heads: 2,
      keyValueHeads: 2,
      headSize: 8,
      causal: true,
      slidingWindow: null,
      positions: 'learned',
      head: 'tied',
      contextLength: 64,
      vocabularySize: 4096,
      dtypes: ['float32'],
      files: ['model.safetensors'],
      tokenizer: { tokens: 4096 },
      generation: { eosIds: [0, 2], doSample: true, temperature: 0.7 },
      digest: await digestDirectory(space.at('model')),
    });
  });

  test('names shards, grouped heads and windows; no tokenizer is no error', async () => {
    await using model = await Model.create(
      {
        model_type: 'qwen2',
        vocab_size: 40,
        hidden_size: 16,
        intermediate_size: 24,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        max_position_embeddings: 32,
        use_sliding_window: true,
        sliding_window: 8,
        max_window_layers: 1,
        tie_word_embeddings: false,
      },
      { dtype: 'float16' },
    );
    await model.save(space.at('shards'), { maxShardBytes: 4000 });
    const { stdout } = await lethe(['model', 'info', space.at('shards'), '--json']);
    const files = (await readdir(space.at('shards'))).filter((name) => name.endsWith('.safetensors')).sort();
    expect(files.length).toBeGreaterThan(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{
        family: 'qwen2',
        keyValueHeads: 2,
        headSize: 4,
        slidingWindow: 8,
        positions: 'rotary',
        head: 'own',
      },
      ...{ dtypes: ['float16'], files, tokenizer: null, generation: {} },
    });
    const table = await lethe(['model', 'info', space.at('shards')]);
    expect(table.stdout).toContain('tokenizer           none\n');
    expect(table.stdout).toContain(`files               ${files.join(', ')}\n`);
  });

  test('a model of another kind, without weights, with a tokenizer of another kind: what can be said, and what not', async () => {
    await using space = await workspace();
    const directory = space.at('other');
    await mkdir(directory);
    await writeFile(join(directory, 'config.json'), '{"model_type": "mamba", "limit": Infinity}');
    const model = { type: 'Unigram', vocab: [] };
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify({ model }));
    const other = await lethe(['model', 'info', directory, '--json']);
    expect(other.code).toBe(0);
    const { family, tokenizer, problems } = JSON.parse(other.stdout);
    expect({ family, tokenizer }).toEqual({ family: 'mamba', tokenizer: null });
    expect(problems).toEqual([
      expect.stringContaining('for model_type'),
      expect.stringContaining('found a Unigram model'),
    ]);

    const config = { model_type: 'gpt2', vocab_size: 61, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 8 };
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    const bare = JSON.parse((await lethe(['model', 'info', directory, '--json'])).stdout);
    expect(bare).toMatchObject({ architecture: 'GPT2LMHeadModel', vocabularySize: 61 });
    expect(bare.problems[0]).toContain('Expected model.safetensors or pytorch_model.bin');
  });

  test('a name that is neither a directory nor one of the hub is refused', async () => {
    const { code, stdout, stderr } = await lethe(['model', 'info', './no/such']);
    expect(stderr).toBe(
      'lethe: Expected a model directory, or a name of the hub such as org/name, but found no ./no/such.\n',
    );
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});

test('a model of the hub is downloaded once, pinned by --revision, and used without a server after that', async () => {
  const commit = 'c'.repeat(40);
  const names = await readdir(space.at('model'));
  const files = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(space.at(`model/${name}`))] as const)),
  );
  const env = { HF_HOME: space.at('hf'), HF_HUB_CACHE: '', HF_TOKEN: '', HF_HUB_OFFLINE: '' };
  const args = ['score', '--model', 'acme/tiny', '--revision', 'v1', '--input', '-'];
  const input = '{"id":1,"text":"import os"}\n';
  const expected = await lethe(['score', '--model', space.at('model'), '--input', '-'], { input });
  {
    await using hub = await HubServer.start({
      ...{ name: 'acme/tiny', commit, branches: { v1: commit }, files, large: ['model.safetensors'] },
    });
    const missing = await lethe([...args, '--local-files-only'], {
      input,
      env: { ...env, HF_ENDPOINT: hub.endpoint },
    });
    expect(missing.stderr).toMatch(
      /^lethe: Expected revision v1 of the model acme\/tiny, whole, in the cache /,
    );
    expect(hub.requests).toEqual([]);
    const first = await lethe(args, { input, env: { ...env, HF_ENDPOINT: hub.endpoint } });
    expect(first.stderr).toBe('Scored 1 record.\n');
    expect(parseLines(first.stdout)).toEqual(parseLines(expected.stdout));
    const other = await lethe([...args, '--revision', 'v2'], {
      input,
      env: { ...env, HF_ENDPOINT: hub.endpoint },
    });
    expect(other.stderr).toMatch(/^lethe: Expected .*v2/);
  }
  const offline = await lethe([...args, '--local-files-only'], { input, env });
  expect(offline.stdout).toBe(expected.stdout);
  const info = await lethe(
    ['model', 'info', 'acme/tiny', '--revision', 'v1', '--local-files-only', '--json'],
    { env },
  );
  expect(JSON.parse(info.stdout)).toMatchObject({ family: 'gpt2', files: ['model.safetensors'] });
});

test('an encoder is described, and refused where tokens are to be predicted', async () => {
  await using model = await Model.create({
    model_type: 'bert',
    vocab_size: 40,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 32,
    type_vocab_size: 2,
  });
  const directory = space.at('encoder');
  await model.save(directory);
  const info = await lethe(['model', 'info', directory, '--json']);
  expect(JSON.parse(info.stdout)).toMatchObject({ family: 'bert', causal: false, head: 'none' });
  for (const args of [
    ['score', '--model', directory, '--input', '-'],
    ['train', '--model', directory, '--input', 'LICENSE', '--output', space.at('out')],
  ]) {
    const { code, stdout, stderr } = await lethe(args, { input: '{"id":1,"tokens":[1,2,3]}\n' });
    expect(stderr).toBe(
      `lethe: Expected a model that predicts the next token in ${directory} but found an encoder, bert. Encoders are for Model.encode of the library.\n`,
    );
    expect(stdout).toBe('');
    expect(code).toBe(1);
  }
});

test('float16 is a type like the others', async () => {
  const score = async (dtype: string) => {
    const { stdout } = await lethe(
      ['score', '--model', space.at('model'), '--dtype', dtype, '--input', '-'],
      {
        input: '{"id":1,"tokens":[1,2,3]}\n',
      },
    );
    return parseLines(stdout)[0]!.logprobs as number[];
  };
  const [half, single] = [await score('float16'), await score('float32')];
  expect(half).not.toEqual(single);
  for (const [i, value] of half.entries()) expect(value).toBeCloseTo(single[i]!, 1);
});
