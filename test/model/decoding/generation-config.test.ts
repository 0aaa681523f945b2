import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readGenerationConfig } from '../../../lib/model/decoding/generation-config.js';

let directories = '';
beforeAll(async () => {
  directories = await mkdtemp(join(tmpdir(), 'lethe-generation-'));
});
afterAll(() => rm(directories, { recursive: true }));

async function directoryOf(content: unknown): Promise<string> {
  const directory = await mkdtemp(join(directories, 'model-'));
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  await writeFile(join(directory, 'generation_config.json'), text);
  return directory;
}

const NOTHING = {
  eosIds: [],
  bosId: undefined,
  padId: undefined,
  doSample: undefined,
  temperature: undefined,
  topK: undefined,
  topP: undefined,
  minP: undefined,
  repetitionPenalty: undefined,
};

test('a directory without the file says nothing, as does an empty one', async () => {
  expect(await readGenerationConfig(directories)).toEqual(NOTHING);
  expect(await readGenerationConfig(await directoryOf({}))).toEqual(NOTHING);
});

test('several tokens end a text of Llama 3.1', async () => {
  const directory = await directoryOf({
    bos_token_id: 128000,
    do_sample: true,
    eos_token_id: [128001, 128008, 128009, 128001],
    temperature: 0.6,
    top_p: 0.9,
    transformers_version: '4.42.3',
  });
  expect(await readGenerationConfig(directory)).toEqual({
    ...NOTHING,
    bosId: 128000,
    eosIds: [128001, 128008, 128009],
    doSample: true,
    temperature: 0.6,
    topP: 0.9,
  });
});

test('one token ends a text; nulls and -1 are none', async () => {
  const directory = await directoryOf({
    eos_token_id: 0,
    bos_token_id: null,
    pad_token_id: -1,
    top_k: 20,
    min_p: 0.05,
    repetition_penalty: 1.05,
  });
  expect(await readGenerationConfig(directory)).toEqual({
    ...NOTHING,
    eosIds: [0],
    topK: 20,
    minP: 0.05,
    repetitionPenalty: 1.05,
  });
  expect((await readGenerationConfig(await directoryOf({ pad_token_id: 3 }))).padId).toBe(3);
});

test.each<[unknown, string]>([
  ['{', 'Expected JSON in FILE but '],
  [[], 'Expected an object for FILE but received [] of type array.'],
  [{ eos_token_id: 'x' }, 'Expected an integer >= 0 or a list of them for eos_token_id in FILE but received'],
  [{ eos_token_id: [-1] }, 'Expected a number >= 0 for eos_token_id.0 in FILE but received -1'],
  [{ bos_token_id: 1.5 }, 'Expected an integer for bos_token_id in FILE but received 1.5'],
  [{ pad_token_id: -2 }, 'Expected a number >= -1 for pad_token_id in FILE but received -2'],
  [{ do_sample: 'yes' }, 'Expected a boolean for do_sample in FILE but received "yes"'],
  [{ temperature: -1 }, 'Expected a number >= 0 for temperature in FILE but received -1'],
  [{ top_k: -1 }, 'Expected a number >= 0 for top_k in FILE but received -1'],
  [{ top_p: 2 }, 'Expected a number <= 1 for top_p in FILE but received 2'],
  [{ min_p: -0.1 }, 'Expected a number >= 0 for min_p in FILE but received -0.1'],
  [{ repetition_penalty: 0 }, 'Expected a number > 0 for repetition_penalty in FILE but received 0'],
])('%j is refused', async (content, message) => {
  const directory = await directoryOf(content);
  const error = await readGenerationConfig(directory).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'InputError', code: 'ERR_MODEL_FORMAT' });
  const file = join(directory, 'generation_config.json');
  expect((error as Error).message.replaceAll(file, 'FILE')).toContain(message);
});

test('a directory in its place cannot be read', async () => {
  const directory = await mkdtemp(join(directories, 'model-'));
  await mkdir(join(directory, 'generation_config.json'));
  await expect(readGenerationConfig(directory)).rejects.toMatchObject({ code: 'ERR_FILE_READ' });
});
