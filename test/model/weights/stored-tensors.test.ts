import { cp, mkdir, mkdtemp, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredTensor } from '../../../lib/model/weights/safetensors.js';
import { readStoredTensors } from '../../../lib/model/weights/stored-tensors.js';

interface Expected {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** base64 */
  readonly data: string;
}

const good = fileURLToPath(new URL('../../fixtures/checkpoints/good/', import.meta.url));
const expected = JSON.parse(await readFile(join(good, 'expected.json'), 'utf8')) as Record<
  string,
  readonly Expected[]
>;

async function contentOf(tensor: StoredTensor): Promise<Expected> {
  const { name, dtype, shape, path, offset, sizeBytes } = tensor;
  await using file = await open(path);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, offset);
  expect(bytesRead).toBe(sizeBytes);
  return { name, dtype, shape, data: buffer.toString('base64') };
}

const byName = (tensors: readonly Expected[]) => [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));

test.each(Object.entries(expected))('reads %s as torch wrote it', async (name, tensors) => {
  const stored = await readStoredTensors(join(good, name));
  expect([...stored.keys()]).toEqual([...stored.values()].map((tensor) => tensor.name));
  const contents = await Promise.all([...stored.values()].map(contentOf));
  expect(byName(contents)).toEqual(byName(tensors));
});

test('tied weights and views lie where the storage that they share lies', async () => {
  const module = await readStoredTensors(join(good, 'torch-module'));
  expect(module.get('head.weight')!.offset).toBe(module.get('wte.weight')!.offset);
  const views = await readStoredTensors(join(good, 'torch-views'));
  expect(views.get('rows')!.offset - views.get('whole')!.offset).toBe(2 * 4 * 4);
});

describe('of a directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lethe-stored-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });
  const copy = (name: string) => cp(join(good, name), directory, { recursive: true });
  const names = async () => [...(await readStoredTensors(directory)).values()].map(({ path }) => path);

  async function changeIndex(
    change: (map: Record<string, string>) => unknown,
    kind = 'model.safetensors',
  ): Promise<void> {
    const path = join(directory, `${kind}.index.json`);
    const index = JSON.parse(await readFile(path, 'utf8')) as { weight_map: Record<string, string> };
    const replaced = change(index.weight_map);
    await writeFile(path, typeof replaced === 'string' ? replaced : JSON.stringify(index));
  }

  test('one safetensors file goes before its shards, and these before what torch.save wrote', async () => {
    const sources = ['torch-shards', 'torch', 'safetensors-shards', 'safetensors'];
    const found: string[] = [];
    for (const source of sources) {
      await copy(source);
      found.push((await names())[0]!.slice(directory.length + 1));
    }
    expect(found).toEqual([
      'pytorch_model-00001-of-00003.bin',
      'pytorch_model.bin',
      'model-00001-of-00003.safetensors',
      'model.safetensors',
    ]);
  });

  test('files may be links, as in the cache of the hub', async () => {
    await symlink(join(good, 'safetensors', 'model.safetensors'), join(directory, 'model.safetensors'));
    expect(await names()).toHaveLength(6);
  });

  test('tensors that the index leaves out are there all the same, as for transformers', async () => {
    await copy('safetensors-shards');
    await changeIndex((map) => delete map['layer.1.weight']);
    expect(await names()).toHaveLength(6);
  });

  test('an index may name tensors that no shard has, and other shards than theirs, as for transformers', async () => {
    await copy('safetensors-shards');
    await changeIndex((map) => {
      map['layer.0.rotary_emb.inv_freq'] = map['layer.0.weight']!;
      map['layer.0.weight'] = map['layer.4.weight']!;
    });
    expect(await names()).toHaveLength(6);
  });

  test.each(['sub/part one.safetensors', 'a/b/c.safetensors', '.hidden.safetensors', 'é+@(1).safetensors'])(
    'a shard may be called %s',
    async (file) => {
      await copy('safetensors-shards');
      const before = join(directory, 'model-00001-of-00003.safetensors');
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await rename(before, join(directory, file));
      await changeIndex((map) => {
        for (const [name, shard] of Object.entries(map)) if (before.endsWith(shard)) map[name] = file;
      });
      expect(await names()).toContain(join(directory, file));
      expect(await names()).toHaveLength(6);
    },
  );

  test('a tensor may lie in two shards if it is the same', async () => {
    await copy('torch-shards');
    const first = join(directory, 'pytorch_model-00001-of-00003.bin');
    await cp(first, join(directory, 'again.bin'));
    await changeIndex((map) => {
      map.spare = 'again.bin';
    }, 'pytorch_model.bin');
    expect(await names()).toHaveLength(6);
  });

  test.each<[string, (map: Record<string, string>) => unknown, string]>([
    [
      'a missing shard',
      (map) => {
        map['layer.0.weight'] = 'model-00004-of-00003.safetensors';
      },
      'the shard model-00004-of-00003.safetensors beside it',
    ],
    [
      'a parent',
      (map) => {
        map['layer.0.weight'] = '../model.safetensors';
      },
      'found ../model.safetensors',
    ],
    [
      'a parent further down',
      (map) => {
        map['layer.0.weight'] = 'sub/../../model.safetensors';
      },
      'found sub/../../model.safetensors',
    ],
    [
      'a name of nothing',
      (map) => {
        map['layer.0.weight'] = 'sub//model.safetensors';
      },
      'found sub//model.safetensors',
    ],
    [
      'an absolute path',
      (map) => {
        map['layer.0.weight'] = '/etc/x.safetensors';
      },
      'found /etc/x.safetensors',
    ],
    [
      'a backslash',
      (map) => {
        map['layer.0.weight'] = '..\\x.safetensors';
      },
      'found ..\\x.safetensors',
    ],
    [
      'a drive',
      (map) => {
        map['layer.0.weight'] = 'C:x.safetensors';
      },
      'found C:x.safetensors',
    ],
    [
      'a NUL',
      (map) => {
        map['layer.0.weight'] = 'x\0.safetensors';
      },
      'found x?.safetensors',
    ],
    [
      'itself',
      (map) => {
        map['layer.0.weight'] = 'model.safetensors.index.json';
      },
      'found model.safetensors.index.json',
    ],
    [
      'another kind of file',
      (map) => {
        map['layer.0.weight'] = 'pytorch_model.bin';
      },
      'found pytorch_model.bin',
    ],
    [
      'a number',
      (map) => {
        Object.assign(map, { 'layer.0.weight': 1 });
      },
      'a weight_map from names',
    ],
    [
      'no tensors',
      (map) => {
        for (const name of Object.keys(map)) delete map[name];
      },
      'at least one tensor',
    ],
    ['no JSON', () => '{"weight_map": {', 'found something else'],
    ['a list', () => '[]', 'a weight_map from names'],
    ['nothing', () => 'null', 'a weight_map from names'],
  ])('refuses an index with %s', async (_what, change, sentence) => {
    await copy('safetensors-shards');
    await changeIndex(change);
    const message = await readStoredTensors(directory).catch((error: Error) => error.message);
    expect(message).toMatch(/^Expected [^\n]+ in [^\n]+index\.json but found [^\n]+\.$/);
    expect(message).toContain(sentence);
  });

  test('refuses a tensor that is another in another shard', async () => {
    await copy('safetensors-shards');
    const content = await readFile(join(directory, 'model-00001-of-00003.safetensors'));
    content[content.length - 1]! ^= 1;
    await writeFile(join(directory, 'changed.safetensors'), content);
    await changeIndex((map) => {
      map.spare = 'changed.safetensors';
    });
    await expect(readStoredTensors(directory)).rejects.toMatchObject({
      code: 'ERR_MODEL_FORMAT',
      message: expect.stringMatching(/two of the name .*changed\.safetensors and .*model-00001/),
    });
  });

  test.each([
    ['tf_model.h5', 'ERR_MODEL_UNSUPPORTED'],
    ['flax_model.msgpack', 'ERR_MODEL_UNSUPPORTED'],
    ['model.gguf', 'ERR_MODEL_UNSUPPORTED'],
    ['config.json', 'ERR_MODEL_NOT_FOUND'],
  ])('of one with %s only says %s and what it looked for', async (file, code) => {
    await writeFile(join(directory, file), 'x');
    const error = await readStoredTensors(directory).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain('Expected model.safetensors or pytorch_model.bin');
    if (code === 'ERR_MODEL_UNSUPPORTED') expect((error as Error).message).toContain(file);
  });

  test('one that does not exist, and a folder where the weights should be', async () => {
    await expect(readStoredTensors(join(directory, 'none'))).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
    });
    await mkdir(join(directory, 'pytorch_model.bin'));
    await expect(readStoredTensors(directory)).rejects.toMatchObject({ code: 'ERR_FILE_READ' });
  });
});
