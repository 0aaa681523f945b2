/** Larger vocabularies and padding tokens, for every decoder; with transformers, by hand: test/oracle/check_pad.py. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { addPadToken } from '../../lib/model/pad-token.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { DECODERS, ENCODERS, familyFixture } from '../oracle/families.js';
import { distance, fixture, VARIANTS } from '../oracle/fixtures.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-pad-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const VOCABULARY = /^(tokens\.weight|head\.weight|head\.bias)$/;

const originals = [
  ...VARIANTS.map((variant) => [`gpt2-${variant}`, fixture(`gpt2-${variant}`)] as const),
  ...[...DECODERS, ...ENCODERS].map((variant) => [variant, familyFixture(variant)] as const),
];

describe.each(originals)('a larger vocab_size of %s', (name, path) => {
  test('adds rows that are the mean of the others and changes nothing else', async () => {
    await using model = await Model.load(path);
    const size = model.vocabularySize + 3;
    await using larger = await Model.load(path, { config: { vocab_size: size } });
    expect(larger.vocabularySize).toBe(size);
    expect(larger.config).toEqual({ ...model.config, vocab_size: size });
    for (const parameter of model.parameterNames()) {
      const before = await model.readParameter(parameter);
      const after = await larger.readParameter(parameter);
      expect(after.subarray(0, before.length)).toEqual(before);
      const columns = before.length / model.vocabularySize;
      expect(after.length - before.length).toBe(VOCABULARY.test(parameter) ? 3 * columns : 0);
      if (after.length === before.length) continue;
      const mean = Array.from({ length: columns }, (_, c) => {
        let sum = 0;
        for (let i = c; i < before.length; i += columns) sum += before[i]!;
        return sum / model.vocabularySize;
      });
      for (const row of [0, 1, 2]) {
        const begin = before.length + row * columns;
        expect(distance(after.subarray(begin, begin + columns), mean)).toBeLessThan(1e-6);
      }
    }

    const saved = join(scratch, name);
    await larger.save(saved);
    expect(JSON.parse(await readFile(join(saved, 'config.json'), 'utf8')).vocab_size).toBe(size);
    await using again = await Model.load(saved);
    expect(await again.readParameter('tokens.weight')).toEqual(await larger.readParameter('tokens.weight'));
  });
});

test('a smaller vocab_size is refused, as is a config that is none', async () => {
  const path = familyFixture('llama');
  await expect(Model.load(path, { config: { vocab_size: 89 } })).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
    message: `Expected a vocab_size >= 90, that of ${path}, but received 89.`,
  });
  await expect(Model.load(path, { config: { vocab_size: '91' } })).rejects.toMatchObject({
    code: 'ERR_MODEL_FORMAT',
    message: expect.stringContaining('vocab_size'),
  });
  await expect(Model.load(path, { config: { hidden_size: 48 } })).rejects.toMatchObject({
    code: 'ERR_MODEL_FORMAT',
    message: expect.stringContaining('shape'),
  });
});

describe('addPadToken', () => {
  const assets = fileURLToPath(new URL('../../assets/tokenizer/', import.meta.url));
  const GPT2 = { model_type: 'gpt2', n_layer: 1, n_head: 2, n_embd: 8, n_positions: 32 };
  let count = 0;

  async function modelOf(config: object, files: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const directory = join(scratch, `original-${count++}`);
    await mkdir(directory);
    for (const file of ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'])
      await cp(join(assets, file), join(directory, file));
    for (const [file, content] of Object.entries(files)) {
      if (content === undefined) await rm(join(directory, file));
      else await writeFile(join(directory, file), JSON.stringify(content));
    }
    await using model = await Model.create({ ...GPT2, ...config }, { dtype: 'bfloat16' });
    await model.save(directory);
    return directory;
  }

  const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

  test('is one token more for model and tokenizer, and the same ids and weights for all others', async () => {
    const directory = await modelOf({ vocab_size: 4096 }, { 'added_tokens.json': {} });
    const output = join(scratch, 'padded');
    expect(await addPadToken(directory, output)).toEqual({
      padId: 4096,
      vocabularySizes: [4096, 4097],
      leftOut: [],
    });

    expect(await json(join(output, 'config.json'))).toMatchObject({
      vocab_size: 4097,
      pad_token_id: 4096,
      dtype: 'bfloat16',
    });
    expect((await json(join(output, 'tokenizer_config.json'))).pad_token).toBe('[PAD]');
    expect((await json(join(output, 'special_tokens_map.json'))).pad_token).toBe('[PAD]');
    expect(await json(join(output, 'added_tokens.json'))).toEqual({ '[PAD]': 4096 });
    const [before, after] = [await Tokenizer.load(directory), await Tokenizer.load(output)];
    expect(before.padId).toBeUndefined();
    expect(after).toMatchObject({
      padId: 4096,
      vocabularySize: 4097,
      bosId: before.bosId,
      eosId: before.eosId,
    });
    const text = 'def f(x):\n    return [x]\n';
    expect(after.encode(text).tokens).toEqual(before.encode(text).tokens);
    expect([...after.encode('a[PAD]').tokens]).toEqual([...before.encode('a').tokens, 4096]);
    expect(after.decode([4096], { skipSpecialTokens: true })).toBe('');

    await using model = await Model.load(directory, { dtype: 'bfloat16' });
    await using padded = await Model.load(output, { dtype: 'bfloat16' });
    const weights = await padded.readParameter('tokens.weight');
    const old = await model.readParameter('tokens.weight');
    expect(weights.subarray(0, old.length)).toEqual(old);
  });

  test('a vocabulary that is larger than its tokenizer keeps its size', async () => {
    const directory = await modelOf({ vocab_size: 4160 });
    await writeFile(join(directory, 'chat_template.jinja'), '{{ messages }}');
    const output = join(scratch, 'roomy');
    expect(await addPadToken(directory, output, { token: '<pad>' })).toEqual({
      padId: 4096,
      vocabularySizes: [4160, 4160],
      leftOut: [],
    });
    expect(await readFile(join(output, 'chat_template.jinja'), 'utf8')).toBe('{{ messages }}');
    expect((await json(join(output, 'tokenizer_config.json'))).pad_token).toBe('<pad>');
    await using model = await Model.load(directory);
    await using padded = await Model.load(output);
    expect(await padded.readParameter('tokens.weight')).toEqual(await model.readParameter('tokens.weight'));
    expect(padded.config.pad_token_id).toBe(4096);
    expect((await Tokenizer.load(output)).padId).toBe(4096);
  });

  test('a token that the vocabulary has pads as it is, once it is an added one', async () => {
    const directory = await modelOf({ vocab_size: 4096 });
    const output = join(scratch, 'known');
    const { padId } = await addPadToken(directory, output, { token: 'return' });
    expect([...(await Tokenizer.load(directory)).encode('return').tokens]).toEqual([padId]);
    expect(await Tokenizer.load(output)).toMatchObject({ padId, vocabularySize: 4096 });
    const special = join(scratch, 'special');
    await addPadToken(directory, special, { token: '<|endoftext|>' });
    const { padId: shared, eosId } = await Tokenizer.load(special);
    expect(shared).toBe(eosId);
    expect(await json(join(special, 'tokenizer.json'))).toEqual(
      await json(join(directory, 'tokenizer.json')),
    );
  });

  test("transformers 4's table of added tokens gets it too; a missing tokenizer_config.json is made", async () => {
    const entry = { content: '<|endoftext|>', special: true };
    const directory = await modelOf(
      { vocab_size: 4096 },
      { 'tokenizer_config.json': { eos_token: '<|endoftext|>', added_tokens_decoder: { 0: entry } } },
    );
    await addPadToken(directory, join(scratch, 'table'));
    const { added_tokens_decoder: table } = await json(join(scratch, 'table', 'tokenizer_config.json'));
    expect(table).toEqual({ 0: entry, 4096: expect.objectContaining({ content: '[PAD]', special: true }) });

    const bare = await modelOf({ vocab_size: 4096 }, { 'tokenizer_config.json': undefined });
    await addPadToken(bare, join(scratch, 'bare'));
    expect(await json(join(scratch, 'bare', 'tokenizer_config.json'))).toEqual({ pad_token: '[PAD]' });
  });

  test('refuses a tokenizer that has one, and a model as its own output', async () => {
    const directory = await modelOf({ vocab_size: 4096 });
    const output = join(scratch, 'once');
    await addPadToken(directory, output);
    await expect(addPadToken(output, join(scratch, 'twice'))).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: `Expected a tokenizer without a padding token in ${output} but its token 4096 is one.`,
    });
    await expect(addPadToken(directory, `${directory}/.`)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    });
    await expect(addPadToken(directory, output, { token: '' })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    });
  });
});
