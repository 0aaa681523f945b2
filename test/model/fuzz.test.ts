/** Good checkpoints with seeded damage: every one is read right or refused with one sentence, and nothing crashes. */
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../lib/errors.js';
import { DTYPE_BYTES } from '../../lib/model/safetensors.js';
import { readStoredTensors } from '../../lib/model/stored-tensors.js';
import { Random } from '../../lib/random.js';

const good = fileURLToPath(new URL('../fixtures/checkpoints/good/', import.meta.url));
/** Of each kind of damage to each checkpoint: 1600 in all, some seconds. */
const ROUNDS = 40;
/** What damage may be called. ERR_FILE_READ is not among them: the files can be read, only not understood. */
const CODES = ['ERR_MODEL_FORMAT', 'ERR_MODEL_UNSUPPORTED', 'ERR_MODEL_NOT_FOUND'];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const BOUNDARIES = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const JSON_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e300,
  2 ** 53,
  '',
  'F16',
  'I64',
  'constructor',
  '../x',
  [],
  [0],
  [-1, 4],
  [2 ** 52, 2 ** 52],
  [0, 2 ** 53],
  {},
  { __proto__: null },
];

/** Replaces, removes or doubles something at random in a JSON value. */
function mutateJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.2) return random.pick(JSON_VALUES);
  const keys = Object.keys(value);
  if (keys.length === 0) return random.pick(JSON_VALUES);
  const key = random.pick(keys);
  const inner = (value as Record<string, unknown>)[key];
  if (Array.isArray(value))
    return value.map((item, i) => (String(i) === key ? mutateJson(item, random) : item));
  if (random.next() < 0.1)
    return Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
  if (random.next() < 0.1)
    return { ...value, [random.pick(['__proto__', '', 'x\n', '__metadata__'])]: inner };
  return { ...value, [key]: mutateJson(inner, random) };
}

/** Damage that leaves the JSON of a safetensors header or an index well-formed. */
function damageJson(bytes: Buffer, random: Random): Buffer {
  const indexed = bytes[0] === 0x7b;
  const headerEnd = indexed ? bytes.length : 8 + bytes.readUInt32LE();
  const value: unknown = JSON.parse(bytes.toString('utf8', indexed ? 0 : 8, headerEnd));
  const changed = Buffer.from(JSON.stringify(mutateJson(value, random)));
  if (indexed) return changed;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(changed.length));
  return Buffer.concat([length, changed, bytes.subarray(headerEnd)]);
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'flipped bytes': (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let i = random.integer(8); i >= 0; i--) out[random.integer(out.length)] = random.integer(256);
    return out;
  },
  truncation: (bytes, random) => bytes.subarray(0, random.integer(bytes.length)),
  'a missing start': (bytes, random) => bytes.subarray(random.integer(bytes.length)),
  'a repeated piece': (bytes, random) => {
    const [begin, size, to] = [
      random.integer(bytes.length),
      random.integer(200),
      random.integer(bytes.length),
    ];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(begin, begin + size), bytes.subarray(to)]);
  },
  'a moved piece': (bytes, random) => {
    const out = Buffer.from(bytes);
    bytes.copy(out, random.integer(out.length), random.integer(out.length), random.integer(out.length));
    return out;
  },
  'numbers at the limit': (bytes, random) => {
    const out = Buffer.from(bytes);
    const size = random.pick([1, 2, 4, 8]);
    const number = Buffer.alloc(8);
    number.writeBigUInt64LE(random.pick(BOUNDARIES));
    // The ends are where lengths and directories are.
    const place = random.integer(Math.min(out.length, 400));
    number.copy(out, random.next() < 0.5 ? place : out.length - 1 - place, 0, size);
    return out;
  },
};

/** Throws for anything but a right reading and a refusal in one sentence. */
async function readOrRefuse(directory: string): Promise<'read' | 'refused'> {
  try {
    for (const [name, tensor] of await readStoredTensors(directory)) {
      const { dtype, shape, path, offset, sizeBytes } = tensor;
      const fits = offset + sizeBytes <= (await stat(path)).size;
      const known = Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype] : undefined;
      const sized =
        known === undefined || shape.reduce((product, size) => product * size, known) === sizeBytes;
      if (!fits || !sized || name !== tensor.name) throw new Error(`read wrong: ${JSON.stringify(tensor)}`);
    }
    return 'read';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const sentence = /^Expected [^\n]+\.$/.test(error.message);
    if (!sentence || !CODES.includes(error.code)) throw new Error('no such sentence', { cause: error });
    return 'refused';
  }
}

describe.each(['safetensors', 'safetensors-shards', 'torch', 'torch-shards', 'torch-types', 'torch-module'])(
  'of %s',
  (name) => {
    let directory: string;
    let files: readonly string[];
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'lethe-fuzz-'));
      await cp(join(good, name), directory, { recursive: true });
      files = (await readdir(directory)).sort();
    });
    afterAll(async () => {
      await rm(directory, { recursive: true });
    });

    async function fuzz(seed: number, mutate: Mutation, choice: readonly string[]) {
      const random = new Random(seed);
      const outcomes = { read: 0, refused: 0 };
      for (let round = 0; round < ROUNDS; round++) {
        const path = join(directory, random.pick(choice));
        const bytes = await readFile(path);
        await writeFile(path, mutate(bytes, random));
        outcomes[await readOrRefuse(directory)]++;
        await writeFile(path, bytes);
      }
      return outcomes;
    }

    test.each(Object.entries(MUTATIONS))('%s', async (_what, mutate) => {
      const outcomes = await fuzz(1, mutate, files);
      expect(outcomes.refused).toBeGreaterThan(0);
      // Each round began with a good checkpoint.
      expect(await readOrRefuse(directory)).toBe('read');
    });

    test('other values in the JSON', async () => {
      const choice = files.filter((file) => /\.(safetensors|json)$/.test(file));
      if (choice.length === 0) expect(name).toMatch(/^torch/);
      else expect((await fuzz(2, damageJson, choice)).refused).toBeGreaterThan(ROUNDS / 2);
    });
  },
);
