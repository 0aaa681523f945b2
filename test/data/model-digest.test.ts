/** A model's digest changes with all that the model is read from, the base of an adapter included. */
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestDirectory } from '../../lib/data/digest.js';
import { digestModel } from '../../lib/data/model-digest.js';
import { claimOutput } from '../../lib/data/outputs/claim.js';
import { createRunRecorder } from '../../lib/data/outputs/run-recorder.js';
import { identifyModel } from '../../lib/sampling/campaign-model.js';
import { familyFixture } from '../oracle/families.js';

let root: string;
let base: string;
let adapter: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lethe-model-digest-'));
  [base, adapter] = [join(root, 'base'), join(root, 'adapter')];
  await cp(familyFixture('llama'), base, { recursive: true });
  await cp(new URL('../fixtures/adapters/llama', import.meta.url).pathname, adapter, { recursive: true });
  const config = { peft_type: 'LORA', r: 4, lora_alpha: 8, base_model_name_or_path: base };
  await writeFile(join(adapter, 'adapter_config.json'), JSON.stringify(config));
});
afterAll(() => rm(root, { recursive: true }));

test('a model of one directory has the digest of that', async () => {
  expect(await digestModel(base)).toEqual({ digest: await digestDirectory(base) });
});

test('an adapter alone has one of both, in records and campaigns', async () => {
  const [own, other] = [await digestDirectory(adapter), await digestDirectory(base)];
  const digest = createHash('sha256').update(`${own}  adapter\n${other}  base\n`).digest('hex');
  expect(await digestModel(adapter)).toEqual({ digest, base: { path: base, digest: other } });
  const recorder = createRunRecorder({ command: 'score', options: {} });
  await recorder.setModel(adapter);
  await recorder.addModel(adapter);
  const source = { path: adapter, digest, base: { path: base, digest: other } };
  expect(recorder.finish({})).toMatchObject({ model: source, inputs: [source] });
  expect(await identifyModel(adapter, { name: 'a' })).toMatchObject({ digest });
});

test('another base is another model, however well the old one is known', async () => {
  const before = await identifyModel(adapter, { name: 'a' });
  await appendFile(join(base, 'config.json'), '\n');
  const after = await identifyModel(adapter, { name: 'a' }, [before]);
  expect(after.digest).not.toBe(before.digest);
  expect(after.digest).toBe((await digestModel(adapter)).digest);
});

test('the base is an input, which no output may be', async () => {
  await symlink(base, join(root, 'link'));
  for (const path of [base, join(root, 'link'), join(base, 'out')])
    await expect(
      claimOutput(
        { option: '--output', path, kind: 'directory' },
        { command: 'train', inputs: [{ option: '--model', path: adapter }], force: true },
      ),
    ).rejects.toThrow(/Expected --output .*the base of --model/);
});
