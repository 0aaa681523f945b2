/** Adapters that Lethe cannot put on a model as PEFT would are refused in one sentence, never left out. */
import { cp, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-adapters-'));
});
afterAll(() => rm(scratch, { recursive: true }));

async function changed(fields: object): Promise<string> {
  const directory = await mkdtemp(join(scratch, 'model-'));
  await cp(join(fixtures, 'families/llama'), directory, { recursive: true });
  await cp(join(fixtures, 'adapters/llama'), directory, { recursive: true });
  const path = join(directory, 'adapter_config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, ...fields }));
  return directory;
}

const load = async (directory: string) => {
  const error = await Model.load(directory).then(
    (model) => model.dispose().then(() => undefined),
    (cause: unknown) => cause,
  );
  return error as { code: string; message: string; remedy: string } | undefined;
};

test.each<[string, object, string, string]>([
  ['another type', { peft_type: 'IA3' }, 'ERR_MODEL_UNSUPPORTED', 'found one of the type IA3'],
  ['DoRA', { use_dora: true }, 'ERR_MODEL_UNSUPPORTED', 'use_dora: true'],
  ['replicated layers', { layer_replication: [[0, 2]] }, 'ERR_MODEL_UNSUPPORTED', 'layer_replication'],
  [
    'rows of embeddings',
    { trainable_token_indices: [1] },
    'ERR_MODEL_UNSUPPORTED',
    'trainable_token_indices',
  ],
  ['biases of its own', { lora_bias: true }, 'ERR_MODEL_UNSUPPORTED', 'lora_bias'],
  ['tokens that switch it on', { alora_invocation_tokens: [1] }, 'ERR_MODEL_UNSUPPORTED', 'alora'],
  ['a field of tomorrow', { use_tomorrow: 2 }, 'ERR_MODEL_UNSUPPORTED', 'use_tomorrow: 2'],
  [
    'a base that changes too',
    { init_lora_weights: 'pissa_niter_4' },
    'ERR_MODEL_UNSUPPORTED',
    'pissa_niter_4',
  ],
  ['another rank', { r: 5 }, 'ERR_MODEL_FORMAT', 'the rank 5'],
  ['no rank', { r: null }, 'ERR_MODEL_FORMAT', 'for r in'],
  [
    'modules too few',
    { target_modules: ['q_proj'] },
    'ERR_MODEL_FORMAT',
    'modules of adapter_config.json only',
  ],
  [
    'modules too many',
    { target_modules: ['q_proj', 'v_proj', 'up_proj', 'o_proj'] },
    'ERR_MODEL_FORMAT',
    'self_attn.o_proj',
  ],
  ['no pattern', { target_modules: '(' }, 'ERR_MODEL_UNSUPPORTED', 'a pattern that Lethe can match'],
  [
    'a pattern without end',
    { target_modules: '(.*)*(.*)*(.*)*x' },
    'ERR_MODEL_UNSUPPORTED',
    'a pattern that Lethe can match',
  ],
])('%s', async (_what, fields, code, sentence) => {
  const error = await load(await changed(fields));
  expect(error).toMatchObject({ code, message: expect.stringContaining(sentence) });
  expect(error!.message).toMatch(/^Expected [^\n]*\.$/);
});

test('fields of tomorrow that are off', async () => {
  expect(await load(await changed({ use_tomorrow: false, later: null, more: {} }))).toBeUndefined();
});

test('no weights', async () => {
  const directory = await changed({});
  await unlink(join(directory, 'adapter_model.safetensors'));
  const error = await load(directory);
  expect(error).toMatchObject({ code: 'ERR_FILE_NOT_FOUND', remedy: expect.stringContaining('without it') });
});

test.each<[string, string | null, string, string]>([
  ['that is nowhere', './nowhere', 'ERR_MODEL_NOT_FOUND', 'no such directory'],
  ['that is not in the cache', 'org/none', 'ERR_MODEL_NOT_FOUND', 'none in the cache of the hub'],
  ['without a name', null, 'ERR_MODEL_FORMAT', 'base_model_name_or_path'],
  ['with an adapter of its own', 'SELF', 'ERR_MODEL_UNSUPPORTED', 'without an adapter of its own'],
])('a base %s', async (_what, name, code, sentence) => {
  const other = await changed({});
  const directory = await changed({ base_model_name_or_path: name === 'SELF' ? other : name });
  await unlink(join(directory, 'config.json'));
  expect(await load(directory)).toMatchObject({ code, message: expect.stringContaining(sentence) });
});
