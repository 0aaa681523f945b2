/** A model that is saved again keeps every file of its checkpoint that is not replaced, and none that would be stale. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { familyFixture } from '../../oracle/families.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lethe-carried-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const KEPT = [
  'chat_template.jinja',
  'generation_config.json',
  'merges.txt',
  'vocab.json',
  'special_tokens_map.json',
  'tokenizer.model',
  'LICENSE',
  'README.md',
  '.gitattributes',
  'modeling_own.py',
  '1_Pooling/config.json',
  'original/params.json',
  'assets/deep/er/figure.png',
];
const STALE = [
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'model-00001-of-00002.safetensors',
  'adapter_model.safetensors',
  'tf_model.h5',
  'flax_model.msgpack',
  'rust_model.ot',
  'model.Q4_K_M.gguf',
  'onnx/model.onnx',
  'original/consolidated.00.pth',
  'model.ckpt.data-00000-of-00001',
  'optimizer.pt',
  'scheduler.pt',
  'rng_state.pth',
  'training_args.bin',
  'trainer_state.json',
  'checkpoint-500/config.json',
  'runs/Jan01/events.out.tfevents.1',
  '.git/config',
  '__pycache__/modeling_own.pyc',
  'run.json',
  'history.jsonl',
  'out.lock',
  'records.jsonl.part',
];

/** A checkpoint with these files beside its weights, each holding its own name. */
async function checkpoint(name: string, files: readonly string[]): Promise<string> {
  const directory = join(scratch, name);
  for (const file of ['config.json', 'model.safetensors'])
    await cp(join(familyFixture('llama'), file), join(directory, file), { recursive: true });
  for (const file of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), file);
  }
  return directory;
}

async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted();
}

describe('save', () => {
  test('carries over what is not replaced, letter for letter, and nothing stale', async () => {
    await using model = await Model.load(await checkpoint('full', [...KEPT, ...STALE]));
    const to = join(scratch, 'full-saved');
    expect(await model.save(to)).toEqual({ leftOut: [] });
    expect(await filesOf(to)).toEqual(['config.json', 'model.safetensors', ...KEPT].toSorted());
    for (const file of KEPT) expect(await readFile(join(to, file), 'utf8')).toBe(file);
    await using copy = await model.snapshot();
    expect(await copy.save(join(scratch, 'full-copied'))).toEqual({ leftOut: [] });
    expect(await filesOf(join(scratch, 'full-copied'))).toEqual(await filesOf(to));
  });

  test('writes the files of the tokenizer that it is given, not those of the checkpoint', async () => {
    const from = await checkpoint('tokenizer', ['tokenizer.json', 'LICENSE']);
    const own = join(scratch, 'own', 'tokenizer.json');
    await mkdir(dirname(own));
    await writeFile(own, 'its own');
    await using model = await Model.load(from);
    const to = join(scratch, 'tokenizer-saved');
    await model.save(to, { tokenizer: { files: [own] } });
    expect(await readFile(join(to, 'tokenizer.json'), 'utf8')).toBe('its own');
    expect(await readFile(join(to, 'LICENSE'), 'utf8')).toBe('LICENSE');
  });

  test('copies nothing for the state of a run', async () => {
    await using model = await Model.load(await checkpoint('state', ['LICENSE']));
    const to = join(scratch, 'state-saved');
    await model.save(to, { carryFiles: false });
    expect(await filesOf(to)).toEqual(['config.json', 'model.safetensors']);
  });

  test('names what it leaves out: too large, gone, no file', async () => {
    const from = await checkpoint('large', ['LICENSE', 'later.txt', 'data/huge.txt']);
    await truncate(join(from, 'data/huge.txt'), 128 * 2 ** 20 + 1);
    await symlink(join(from, 'data'), join(from, 'circle'));
    await symlink(join(from, 'LICENSE'), join(from, 'linked'));
    await using model = await Model.load(from);
    await rm(join(from, 'later.txt'));
    const to = join(scratch, 'large-saved');
    const { leftOut } = await model.save(to);
    expect(leftOut).toEqual([
      { name: 'circle', reason: 'it is no regular file, or a link to none' },
      { name: 'data/huge.txt', reason: 'it is larger than 128 MiB' },
      { name: 'later.txt', reason: 'it has changed or gone since the model was loaded' },
    ]);
    expect(await filesOf(to)).toEqual(['LICENSE', 'config.json', 'linked', 'model.safetensors']);
  });

  test('into the checkpoint itself and into a folder of it', async () => {
    const from = await checkpoint('within', ['LICENSE']);
    await using model = await Model.load(from);
    expect(await model.save(from)).toEqual({ leftOut: [] });
    await model.save(join(from, 'out'));
    expect(await filesOf(join(from, 'out'))).toEqual(['LICENSE', 'config.json', 'model.safetensors']);
    await using again = await Model.load(from);
    await again.save(join(from, 'out'));
    expect(await filesOf(join(from, 'out'))).toEqual(['LICENSE', 'config.json', 'model.safetensors']);
  });
});
