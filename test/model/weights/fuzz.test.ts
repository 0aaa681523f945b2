/** Good checkpoints with seeded damage: every one is read right or refused with one sentence, and nothing crashes. */
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../../lib/errors.js';
import { DTYPE_BYTES } from '../../../lib/model/weights/safetensors.js';
import { readStoredTensors } from '../../../lib/model/weights/stored-tensors.js';
import { Random } from '../../../lib/random.js';
import { damageJson, MUTATIONS, type Mutation } from '../damage.js';

const good = fileURLToPath(new URL('../../fixtures/checkpoints/good/', import.meta.url));
/** Of each kind of damage to each checkpoint: 1600 in all, some seconds. */
const ROUNDS = 40;
/** What damage may be called. ERR_FILE_READ is not among them: the files can be read, only not understood. */
const CODES = ['ERR_MODEL_FORMAT', 'ERR_MODEL_UNSUPPORTED', 'ERR_MODEL_NOT_FOUND'];

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
