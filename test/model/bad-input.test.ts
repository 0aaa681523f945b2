/** Misuse is a table, one line per bad value: what is wrong, the error's code, and words that its sentence must hold. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ErrorCode, LetheError } from '../../lib/errors.js';
import { Model, type TrainStepOptions } from '../../lib/model/model.js';
import { fixture } from '../oracle/fixtures.js';

type Entry = { dtype: string; shape: unknown; data_offsets: unknown };
type Header = Record<string, Entry>;
type Json = Record<string, unknown>;

let scratch: string;
let config: Json;
let header: Header;
let data: Buffer;
let model: Model;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-'));
  config = JSON.parse(await readFile(fixture('objective/start/config.json'), 'utf8'));
  const file = await readFile(fixture('objective/start/model.safetensors'));
  const end = 8 + Number(file.readBigUInt64LE());
  header = JSON.parse(file.toString('utf8', 8, end));
  data = file.subarray(end);
  model = await Model.load(fixture('objective/start'));
});
afterAll(async () => {
  await model.dispose();
  await rm(scratch, { recursive: true });
});

/** One clear sentence, of a type that callers can catch, with the code and the words that the table asks for. */
async function expectError(call: () => Promise<unknown>, code: ErrorCode, words: RegExp): Promise<void> {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LetheError);
  const { code: actual, message } = error as LetheError;
  expect(`${actual}: ${message}`).toMatch(words);
  expect(actual).toBe(code);
  expect(message).toMatch(/^(Expected|Could not|The) [^\n]+\.$/);
  // No reader is helped by a page of libtorch.
  expect(message.length).toBeLessThan(400);
}

function pack(changed: unknown, bytes: Uint8Array = data, length?: bigint): Buffer {
  const json = Buffer.from(typeof changed === 'string' ? changed : JSON.stringify(changed));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, bytes]);
}

const BIAS = 'transformer.ln_f.bias'; // [12]
const TOKENS = 'transformer.wte.weight'; // [61, 12]

/** The header with one entry changed. */
function withEntry(name: string, change: Partial<Entry>): Header {
  return { ...header, [name]: { ...header[name]!, ...change } };
}

function shifted(name: string, begin: number, end: number): Header {
  const [first, last] = header[name]!.data_offsets as [number, number];
  return withEntry(name, { data_offsets: [first + begin, last + end] });
}

describe('a model directory', () => {
  let count = 0;
  async function load(files: { config?: unknown; weights?: Buffer | undefined }): Promise<void> {
    const directory = join(scratch, `model-${count++}`);
    await mkdir(directory);
    const { config: own = config } = files;
    await writeFile(
      join(directory, 'config.json'),
      typeof own === 'string' ? own : JSON.stringify(own, null, 2),
    );
    if (files.weights !== undefined) await writeFile(join(directory, 'model.safetensors'), files.weights);
    else await copyFile(fixture('objective/start/model.safetensors'), join(directory, 'model.safetensors'));
    const loaded = await Model.load(directory);
    await loaded.dispose();
  }

  test('as it should be loads', () => load({ weights: pack(header) }));

  const configs: readonly [string, () => unknown, ErrorCode, RegExp][] = [
    ['not JSON', () => '{"model_type": ', 'ERR_MODEL_FORMAT', /JSON .*config\.json/],
    ['an array', () => [], 'ERR_MODEL_FORMAT', /JSON object .*config\.json/],
    ['null', () => 'null', 'ERR_MODEL_FORMAT', /JSON object/],
    ['no model_type', () => ({ ...config, model_type: undefined }), 'ERR_MODEL_UNSUPPORTED', /model_type/],
    ['another model_type', () => ({ ...config, model_type: 't5' }), 'ERR_MODEL_UNSUPPORTED', /gpt2.*"t5"/],
    [
      'a model_type that every object has',
      () => ({ ...config, model_type: 'constructor' }),
      'ERR_MODEL_UNSUPPORTED',
      /model_type/,
    ],
    ['a model_type of another type', () => ({ ...config, model_type: 2 }), 'ERR_MODEL_UNSUPPORTED', /2/],
    ['no vocabulary', () => ({ ...config, vocab_size: undefined }), 'ERR_MODEL_FORMAT', /vocab_size/],
    ['a text for a size', () => ({ ...config, n_layer: '2' }), 'ERR_MODEL_FORMAT', /n_layer.*"2"/],
    ['a fractional size', () => ({ ...config, n_embd: 12.5 }), 'ERR_MODEL_FORMAT', /n_embd.*12\.5/],
    ['a negative size', () => ({ ...config, n_positions: -1 }), 'ERR_MODEL_FORMAT', /n_positions.*-1/],
    ['no layers', () => ({ ...config, n_layer: 0 }), 'ERR_MODEL_FORMAT', /n_layer.*0/],
    [
      'a size that no machine holds',
      () => ({ ...config, vocab_size: 1e15 }),
      'ERR_MODEL_FORMAT',
      /vocab_size/,
    ],
    ['heads that do not divide', () => ({ ...config, n_head: 5 }), 'ERR_MODEL_FORMAT', /heads.*5/],
    [
      'an unknown activation',
      () => ({ ...config, activation_function: 'tanh' }),
      'ERR_MODEL_FORMAT',
      /activation_function.*"tanh"/,
    ],
    [
      'an epsilon below 0',
      () => ({ ...config, layer_norm_epsilon: -1 }),
      'ERR_MODEL_FORMAT',
      /layer_norm_epsilon/,
    ],
    ['a config of another model', () => ({ ...config, n_embd: 24 }), 'ERR_MODEL_FORMAT', /61, 24.*61, 12/],
    ['more layers than the file', () => ({ ...config, n_layer: 3 }), 'ERR_MODEL_FORMAT', /h\.2\.ln_1/],
    [
      'a head that is not there',
      () => ({ ...config, tie_word_embeddings: false }),
      'ERR_MODEL_FORMAT',
      /lm_head/,
    ],
  ];
  test.each(configs)('whose config.json has %s', (_, make, code, words) =>
    expectError(() => load({ config: make() }), code, words),
  );

  const weights: readonly [string, () => Buffer, ErrorCode, RegExp][] = [
    ['empty', () => Buffer.alloc(0), 'ERR_MODEL_FORMAT', /8 bytes/],
    ['seven bytes long', () => Buffer.alloc(7), 'ERR_MODEL_FORMAT', /8 bytes.*7/],
    ['cut within its header', () => pack(header).subarray(0, 200), 'ERR_MODEL_FORMAT', /header/],
    ['cut within its data', () => pack(header).subarray(0, -1), 'ERR_MODEL_FORMAT', /within \d+ bytes/],
    ['without data', () => pack(header, Buffer.alloc(0)), 'ERR_MODEL_FORMAT', /within 0 bytes/],
    [
      'with a header larger than the file',
      () => pack(header, data, BigInt(data.length) * 2n),
      'ERR_MODEL_FORMAT',
      /header of at most/,
    ],
    [
      'with a header of 2^64 - 1 bytes',
      () => pack(header, data, 2n ** 64n - 1n),
      'ERR_MODEL_FORMAT',
      /18446744073709551615/,
    ],
    ['with an empty header', () => pack('', data), 'ERR_MODEL_FORMAT', /JSON/],
    ['with a header that is not JSON', () => pack('{"a": [1,', data), 'ERR_MODEL_FORMAT', /JSON/],
    ['with a list as header', () => pack([]), 'ERR_MODEL_FORMAT', /JSON object/],
    ['with a header nested without end', () => pack('['.repeat(200_000)), 'ERR_MODEL_FORMAT', /JSON/],
    ['with nothing in it', () => pack({}), 'ERR_MODEL_FORMAT', /Expected tensors of/],
    [
      'with numbers as metadata',
      () => pack({ ...header, __metadata__: { format: 1 } }),
      'ERR_MODEL_FORMAT',
      /metadata/,
    ],
    ['with null for an entry', () => pack({ ...header, [BIAS]: null }), 'ERR_MODEL_FORMAT', /ln_f\.bias/],
    [
      'without a tensor',
      () => pack({ ...header, [BIAS]: undefined }),
      'ERR_MODEL_FORMAT',
      /Expected tensors of/,
    ],
    ['with a tensor beyond the end', () => pack(shifted(BIAS, 1e6, 1e6)), 'ERR_MODEL_FORMAT', /ln_f\.bias/],
    [
      'with a tensor before the data',
      () => pack(shifted(BIAS, -1e9, -1e9)),
      'ERR_MODEL_FORMAT',
      /ln_f\.bias/,
    ],
    ['with a tensor that ends first', () => pack(shifted(BIAS, 96, 0)), 'ERR_MODEL_FORMAT', /ln_f\.bias/],
    ['with overlapping tensors', () => pack(shifted(BIAS, 4, 4)), 'ERR_MODEL_FORMAT', /overlap/],
    [
      'with fractional offsets',
      () => pack(withEntry(BIAS, { data_offsets: [0.5, 48.5] })),
      'ERR_MODEL_FORMAT',
      /ln_f\.bias/,
    ],
    [
      'with offsets as text',
      () => pack(withEntry(BIAS, { data_offsets: ['0', '48'] })),
      'ERR_MODEL_FORMAT',
      /ln_f\.bias/,
    ],
    [
      'with a shorter tensor',
      () => pack(shifted(BIAS, 0, -4)),
      'ERR_MODEL_FORMAT',
      /48 bytes.*ln_f\.bias.*44/,
    ],
    [
      'with a tensor of another shape',
      () => pack(withEntry(TOKENS, { shape: [12, 61] })),
      'ERR_MODEL_FORMAT',
      /\[61, 12\].*\[12, 61\]/,
    ],
    [
      'with a tensor of other dimensions',
      () => pack(withEntry(TOKENS, { shape: [732] })),
      'ERR_MODEL_FORMAT',
      /\[61, 12\].*\[732\]/,
    ],
    [
      'with a shape that overflows',
      () => pack(withEntry(TOKENS, { shape: [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1] })),
      'ERR_MODEL_FORMAT',
      /wte\.weight/,
    ],
    [
      'with a shape of a hundred dimensions',
      () => pack(withEntry(TOKENS, { shape: Array(100).fill(1) })),
      'ERR_MODEL_FORMAT',
      /wte\.weight/,
    ],
    ['with a shape below 0', () => pack(withEntry(BIAS, { shape: [-12] })), 'ERR_MODEL_FORMAT', /ln_f\.bias/],
    [
      'with whole numbers as weights',
      () => pack(withEntry(BIAS, { dtype: 'I32' })),
      'ERR_MODEL_UNSUPPORTED',
      /F32.*ln_f\.bias.*I32/,
    ],
    [
      'with a dtype that does not exist',
      () => pack(withEntry(BIAS, { dtype: 'toString' })),
      'ERR_MODEL_UNSUPPORTED',
      /ln_f\.bias.*toString/,
    ],
    [
      'with a dtype that is not its size',
      () => pack(withEntry(BIAS, { dtype: 'BF16' })),
      'ERR_MODEL_FORMAT',
      /24 bytes.*ln_f\.bias.*48/,
    ],
  ];
  test.each(weights)('whose model.safetensors is %s', (_, make, code, words) =>
    expectError(() => load({ weights: make() }), code, words),
  );

  test('that is not there, is a file, or lacks a file', async () => {
    await expectError(() => Model.load(join(scratch, 'nowhere')), 'ERR_MODEL_NOT_FOUND', /nowhere/);
    const bare = join(scratch, 'bare');
    await mkdir(bare);
    await expectError(() => Model.load(bare), 'ERR_FILE_NOT_FOUND', /config\.json/);
    await writeFile(join(bare, 'config.json'), JSON.stringify(config));
    await expectError(() => Model.load(bare), 'ERR_MODEL_NOT_FOUND', /model\.safetensors/);
    await expectError(() => Model.load(join(bare, 'config.json')), 'ERR_MODEL_NOT_FOUND', /config\.json/);
    await writeFile(join(bare, 'pytorch_model.bin'), 'PK');
    await expectError(() => Model.load(bare), 'ERR_MODEL_FORMAT', /pytorch_model\.bin/);
    await mkdir(join(bare, 'model.safetensors'));
    await expectError(() => Model.load(bare), 'ERR_FILE_READ', /model\.safetensors/);
  });
});

const one = Int32Array.of(1, 2, 3);
const sets = Uint8Array.of(1, 1, 1);
const adam = {
  kind: 'adamw',
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 0,
} as const;
const step: TrainStepOptions = {
  microBatches: [[{ tokens: one, sets }]],
  terms: [{ loss: 'nll', set: 0, weight: 1 }],
  optimizer: adam,
};

// Callers in JavaScript have no types to hold them back.
const score = (sequences: unknown, options?: unknown) => model.score(sequences as never, options as never);
const generate = (rows: unknown, options: unknown) => model.generate(rows as never, options as never);
const train = (change: object) => model.trainStep({ ...step, ...change } as never);
const optimize = (change: object) => train({ optimizer: { ...adam, ...change } });
const long = new Int32Array(33);
const rows = [{ prompt: one }];

const calls: readonly [string, () => Promise<unknown>, ErrorCode, RegExp][] = [
  ['load: no path', () => Model.load(undefined as never), 'ERR_INVALID_OPTION', /undefined/],
  [
    'load: unknown option',
    () => Model.load(fixture('objective/start'), { gpu: true } as never),
    'ERR_INVALID_OPTION',
    /"gpu"/,
  ],
  [
    'load: unknown dtype',
    () => Model.load(fixture('objective/start'), { dtype: 'int8' } as never),
    'ERR_INVALID_OPTION',
    /"int8"/,
  ],
  [
    'load: unknown device',
    () => Model.load(fixture('objective/start'), { device: 'tpu' }),
    'ERR_INVALID_OPTION',
    /device.*tpu/,
  ],
  [
    'load: device of another type',
    () => Model.load(fixture('objective/start'), { device: 0 } as never),
    'ERR_INVALID_OPTION',
    /device/,
  ],
  [
    'load: a GPU that is not there',
    () => Model.load(fixture('objective/start'), { device: 'cuda:99' }),
    'ERR_INVALID_OPTION',
    /cuda:99/,
  ],
  ['create: not an object', () => Model.create(null as never), 'ERR_INVALID_OPTION', /null/],
  ['create: no model_type', () => Model.create({}), 'ERR_MODEL_UNSUPPORTED', /model_type/],
  ['create: unknown option', () => Model.create(config, { sed: 1 } as never), 'ERR_INVALID_OPTION', /"sed"/],
  ['create: seed below 0', () => Model.create(config, { seed: -1 }), 'ERR_INVALID_OPTION', /seed.*-1/],
  ['score: not an array', () => score(one), 'ERR_INVALID_OPTION', /sequences/],
  ['score: sequences of another type', () => score([[1, 2, 3]]), 'ERR_INVALID_OPTION', /Int32Array/],
  ['score: nothing', () => score(undefined), 'ERR_INVALID_OPTION', /sequences/],
  ['score: an empty sequence', () => score([one, new Int32Array()]), 'ERR_INVALID_OPTION', /empty/],
  ['score: longer than the context', () => score([long]), 'ERR_CONTEXT_LENGTH', /32.*33/],
  [
    'score: id beyond the vocabulary',
    () => score([Int32Array.of(1, 61)]),
    'ERR_VOCABULARY_MISMATCH',
    /60.*61/,
  ],
  ['score: id below 0', () => score([Int32Array.of(1, -1)]), 'ERR_VOCABULARY_MISMATCH', /-1/],
  ['score: unknown option', () => score([one], { batch: 1 }), 'ERR_INVALID_OPTION', /"batch"/],
  [
    'score: no tokens a batch',
    () => score([one], { batchTokens: 0 }),
    'ERR_INVALID_OPTION',
    /batchTokens.*0/,
  ],
  [
    'score: NaN tokens a batch',
    () => score([one], { batchTokens: Number.NaN }),
    'ERR_INVALID_OPTION',
    /batchTokens.*NaN/,
  ],
  [
    'score: signal of another type',
    () => score([one], { signal: true }),
    'ERR_INVALID_OPTION',
    /AbortSignal/,
  ],
  [
    'score: progress of another type',
    () => score([one], { onProgress: 1 }),
    'ERR_INVALID_OPTION',
    /onProgress/,
  ],
  ['generate: no options', () => generate(rows, undefined), 'ERR_INVALID_OPTION', /undefined/],
  ['generate: no maxTokens', () => generate(rows, {}), 'ERR_INVALID_OPTION', /maxTokens/],
  ['generate: rows of another type', () => generate([one], { maxTokens: 1 }), 'ERR_INVALID_OPTION', /prompt/],
  ['generate: null for a row', () => generate([null], { maxTokens: 1 }), 'ERR_INVALID_OPTION', /generate/],
  ['generate: rows are no array', () => generate(one, { maxTokens: 1 }), 'ERR_INVALID_OPTION', /generate/],
  ['generate: no rows at all', () => generate(undefined, { maxTokens: 1 }), 'ERR_INVALID_OPTION', /generate/],
  [
    'generate: an empty prompt',
    () => generate([{ prompt: new Int32Array() }], { maxTokens: 1 }),
    'ERR_INVALID_OPTION',
    /empty/,
  ],
  [
    'generate: prompt longer than the context',
    () => generate([{ prompt: long }], { maxTokens: 1 }),
    'ERR_CONTEXT_LENGTH',
    /32.*33 \+ 1/,
  ],
  [
    'generate: prompt and text longer than it',
    () => generate(rows, { maxTokens: 30 }),
    'ERR_CONTEXT_LENGTH',
    /32.*3 \+ 30/,
  ],
  [
    'generate: id beyond the vocabulary',
    () => generate([{ prompt: Int32Array.of(99) }], { maxTokens: 1 }),
    'ERR_VOCABULARY_MISMATCH',
    /60.*99/,
  ],
  [
    'generate: start of 0',
    () => generate([{ prompt: one, start: 0 }], { maxTokens: 1 }),
    'ERR_INVALID_OPTION',
    /start.*0/,
  ],
  [
    'generate: start beyond the prompt',
    () => generate([{ prompt: one, start: 4 }], { maxTokens: 1 }),
    'ERR_INVALID_OPTION',
    /4/,
  ],
  [
    'generate: fractional start',
    () => generate([{ prompt: one, start: 1.5 }], { maxTokens: 1 }),
    'ERR_INVALID_OPTION',
    /1\.5/,
  ],
  [
    'generate: maxTokens of a row below 0',
    () => generate([{ prompt: one, maxTokens: -1 }], { maxTokens: 1 }),
    'ERR_INVALID_OPTION',
    /-1/,
  ],
  [
    'generate: seed of a row that is no bigint',
    () => generate([{ prompt: one, seed: 1 }], { maxTokens: 1 }),
    'ERR_INVALID_OPTION',
    /seed/,
  ],
  [
    'generate: a key no row has',
    () => generate([{ prompt: one, topk: 1 }], { maxTokens: 1 }),
    'ERR_INVALID_OPTION',
    /"topk"/,
  ],
  [
    'generate: temperature below 0',
    () => generate(rows, { maxTokens: 1, temperature: -1 }),
    'ERR_INVALID_OPTION',
    /temperature.*-1/,
  ],
  [
    'generate: temperature as text',
    () => generate(rows, { maxTokens: 1, temperature: 'hot' }),
    'ERR_INVALID_OPTION',
    /temperature.*"hot"/,
  ],
  [
    'generate: endless temperature',
    () => generate(rows, { maxTokens: 1, temperature: Number.POSITIVE_INFINITY }),
    'ERR_INVALID_OPTION',
    /temperature/,
  ],
  [
    'generate: empty schedule',
    () => generate(rows, { maxTokens: 1, temperature: [] }),
    'ERR_INVALID_OPTION',
    /temperature/,
  ],
  [
    'generate: topK below 0',
    () => generate(rows, { maxTokens: 1, topK: -1 }),
    'ERR_INVALID_OPTION',
    /topK.*-1/,
  ],
  ['generate: topP of 0', () => generate(rows, { maxTokens: 1, topP: 0 }), 'ERR_INVALID_OPTION', /topP.*0/],
  [
    'generate: topP above 1',
    () => generate(rows, { maxTokens: 1, topP: 1.1 }),
    'ERR_INVALID_OPTION',
    /topP.*1\.1/,
  ],
  [
    'generate: fractional seed',
    () => generate(rows, { maxTokens: 1, seed: 0.5 }),
    'ERR_INVALID_OPTION',
    /seed.*0\.5/,
  ],
  [
    'generate: no rows a batch',
    () => generate(rows, { maxTokens: 1, batchRows: 0 }),
    'ERR_INVALID_OPTION',
    /batchRows.*0/,
  ],
  [
    'generate: misspelled option',
    () => generate(rows, { maxTokens: 1, topk: 5 }),
    'ERR_INVALID_OPTION',
    /"topk"/,
  ],
  [
    'generate: maxTokens beyond 32 bits',
    () => generate(rows, { maxTokens: 2 ** 32 + 1 }),
    'ERR_INVALID_OPTION',
    /maxTokens.*4294967297/,
  ],
  ['trainStep: no options', () => model.trainStep(undefined as never), 'ERR_INVALID_OPTION', /trainStep/],
  ['trainStep: misspelled option', () => train({ microbatches: [] }), 'ERR_INVALID_OPTION', /"microbatches"/],
  ['trainStep: no micro-batch', () => train({ microBatches: [] }), 'ERR_INVALID_OPTION', /micro-?batch/i],
  [
    'trainStep: an empty micro-batch',
    () => train({ microBatches: [[]] }),
    'ERR_INVALID_OPTION',
    /microBatches\.0/,
  ],
  [
    'trainStep: an empty sequence',
    () => train({ microBatches: [[{ tokens: new Int32Array(), sets: new Uint8Array() }]] }),
    'ERR_INVALID_OPTION',
    /empty/,
  ],
  [
    'trainStep: fewer sets than tokens',
    () => train({ microBatches: [[{ tokens: one, sets: Uint8Array.of(1) }]] }),
    'ERR_INVALID_OPTION',
    /sets/,
  ],
  [
    'trainStep: sets of the wrong sequence',
    () =>
      train({
        microBatches: [
          [
            { tokens: one, sets: Uint8Array.of(1, 1) },
            { tokens: one, sets: Uint8Array.of(1, 1, 1, 1) },
          ],
        ],
      }),
    'ERR_INVALID_OPTION',
    /sets/,
  ],
  [
    'trainStep: sets of another type',
    () => train({ microBatches: [[{ tokens: one, sets: [1, 1, 1] }]] }),
    'ERR_INVALID_OPTION',
    /sets/,
  ],
  [
    'trainStep: tokens of another type',
    () => train({ microBatches: [[{ tokens: [1, 2, 3], sets }]] }),
    'ERR_INVALID_OPTION',
    /tokens/,
  ],
  [
    'trainStep: longer than the context',
    () => train({ microBatches: [[{ tokens: long, sets: new Uint8Array(33) }]] }),
    'ERR_CONTEXT_LENGTH',
    /32.*33/,
  ],
  [
    'trainStep: id beyond the vocabulary',
    () => train({ microBatches: [[{ tokens: Int32Array.of(1, 61, 1), sets }]] }),
    'ERR_VOCABULARY_MISMATCH',
    /61/,
  ],
  ['trainStep: no terms', () => train({ terms: [] }), 'ERR_INVALID_OPTION', /term/],
  ['trainStep: terms of another type', () => train({ terms: 'nll' }), 'ERR_INVALID_OPTION', /terms/],
  [
    'trainStep: unknown loss',
    () => train({ terms: [{ loss: 'mse', set: 0, weight: 1 }] }),
    'ERR_INVALID_OPTION',
    /loss/,
  ],
  [
    'trainStep: set number 8',
    () => train({ terms: [{ loss: 'nll', set: 8, weight: 1 }] }),
    'ERR_INVALID_OPTION',
    /set.*8/,
  ],
  [
    'trainStep: a weight of NaN',
    () => train({ terms: [{ loss: 'nll', set: 0, weight: Number.NaN }] }),
    'ERR_INVALID_OPTION',
    /weight/,
  ],
  [
    'trainStep: no reference',
    () => train({ terms: [{ loss: 'kl', set: 0, weight: 1 }] }),
    'ERR_INVALID_OPTION',
    /reference/,
  ],
  ['trainStep: reference of another type', () => train({ reference: {} }), 'ERR_INVALID_OPTION', /reference/],
  ['trainStep: unknown optimizer', () => optimize({ kind: 'lion' }), 'ERR_INVALID_OPTION', /kind/],
  ['trainStep: misspelled setting', () => optimize({ lr: 1 }), 'ERR_INVALID_OPTION', /"lr"/],
  [
    'trainStep: learning rate of NaN',
    () => optimize({ learningRate: Number.NaN }),
    'ERR_INVALID_OPTION',
    /learningRate/,
  ],
  [
    'trainStep: endless learning rate',
    () => optimize({ learningRate: Number.POSITIVE_INFINITY }),
    'ERR_INVALID_OPTION',
    /learningRate/,
  ],
  [
    'trainStep: learning rate below 0',
    () => optimize({ learningRate: -1 }),
    'ERR_INVALID_OPTION',
    /learningRate/,
  ],
  ['trainStep: beta1 of 1', () => optimize({ beta1: 1 }), 'ERR_INVALID_OPTION', /beta1/],
  ['trainStep: beta2 below 0', () => optimize({ beta2: -0.1 }), 'ERR_INVALID_OPTION', /beta2/],
  ['trainStep: epsilon of 0', () => optimize({ epsilon: 0 }), 'ERR_INVALID_OPTION', /epsilon/],
  [
    'trainStep: weight decay below 0',
    () => optimize({ weightDecay: -1 }),
    'ERR_INVALID_OPTION',
    /weightDecay/,
  ],
  ['trainStep: clipping below 0', () => optimize({ maxGradNorm: -1 }), 'ERR_INVALID_OPTION', /maxGradNorm/],
  ['readParameter: unknown name', () => model.readParameter('tokens'), 'ERR_INVALID_OPTION', /tokens/],
  [
    'readParameter: name of another type',
    () => model.readParameter(1 as never),
    'ERR_INVALID_OPTION',
    /name/,
  ],
  [
    'readGradient: before any step',
    () => model.readGradient('tokens.weight'),
    'ERR_INVALID_OPTION',
    /gradient/,
  ],
  ['save: no path', () => model.save(undefined as never), 'ERR_INVALID_OPTION', /undefined/],
  [
    'loadTrainingState: no such file',
    () => model.loadTrainingState('/nowhere/state'),
    'ERR_FILE_NOT_FOUND',
    /state/,
  ],
  [
    'loadTrainingState: a checkpoint',
    () => model.loadTrainingState(fixture('objective/start/model.safetensors')),
    'ERR_MODEL_FORMAT',
    /training state/,
  ],
];

describe('calls', () => {
  test.each(calls)('%s', (_, call, code, words) => expectError(call, code, words));

  test('with nothing to do give nothing', async () => {
    expect(await model.score([])).toEqual([]);
    expect(await model.generate([], { maxTokens: 3 })).toEqual([]);
    const [none] = await model.generate(rows, { maxTokens: 0 });
    expect(none).toEqual({ tokens: new Int32Array(), logprobs: new Float32Array(), stopReason: 'length' });
    const [single] = await model.score([Int32Array.of(4)]);
    expect(single!.logprobs).toEqual(new Float32Array());
  });

  test('that fail leave the model as it was', async () => {
    const [before] = await model.score([one]);
    for (const [, call] of calls) await call().catch(() => {});
    expect((await model.score([one]))[0]).toEqual(before);
  });

  test('saving over a file', async () => {
    const path = join(scratch, 'file');
    await writeFile(path, 'mine');
    await expectError(() => model.save(path), 'ERR_FILE_NOT_FOUND', /not a directory/);
    await expectError(() => model.save(join(path, 'below')), 'ERR_FILE_NOT_FOUND', /not a directory/);
    expect(await readFile(path, 'utf8')).toBe('mine');
  });
});

describe('weights that are not numbers', () => {
  test.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
  ])('%s', async (name, value) => {
    const bytes = Buffer.from(data);
    const [begin] = header[BIAS]!.data_offsets as [number, number];
    bytes.writeFloatLE(value, begin);
    const directory = join(scratch, name);
    await mkdir(directory);
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    await writeFile(join(directory, 'model.safetensors'), pack(header, bytes));
    await using broken = await Model.load(directory);
    await expectError(() => broken.score([one]), 'ERR_NOT_FINITE', /NaN|finite/);
    const greedy = { maxTokens: 2, temperature: 0 };
    await expectError(() => broken.generate(rows, greedy), 'ERR_NOT_FINITE', /NaN|finite/);
    await expectError(() => broken.generate(rows, { maxTokens: 2 }), 'ERR_NOT_FINITE', /NaN|finite/);
    await expectError(() => broken.trainStep(step), 'ERR_NOT_FINITE', /finite/);
    await using healthy = await Model.load(fixture('objective/start'));
    const before = await healthy.readParameter('tokens.weight');
    const terms = [{ loss: 'kl', set: 0, weight: 1 }] as const;
    await expectError(
      () => healthy.trainStep({ ...step, terms, reference: broken }),
      'ERR_NOT_FINITE',
      /finite/,
    );
    expect(await healthy.readParameter('tokens.weight')).toEqual(before);
  });
});
