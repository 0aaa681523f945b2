import { readdir, truncate } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { checkpointResults } from '../../lib/cli/run-key.js';
import { digestFile } from '../../lib/data/digest.js';
import { Model } from '../../lib/model/model.js';
import { workspace } from './run-cli.js';

test('the weights of a checkpoint are digested, in one file or in shards', async () => {
  await using space = await workspace();
  const config = { model_type: 'gpt2', vocab_size: 40, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 32 };
  await using model = await Model.create(config, { seed: 1 });
  await model.save(space.at('single'));
  await model.save(space.at('shards'), { maxShardBytes: 4000 });
  expect(await checkpointResults(space.at('single'), 'key')).toEqual({
    runKey: 'key',
    weights: await digestFile(space.at('single/model.safetensors')),
  });
  const whole = await checkpointResults(space.at('shards'), 'key');
  expect(whole.weights).toMatch(/^[0-9a-f]{64}$/);
  expect(await checkpointResults(space.at('shards'), 'key')).toEqual(whole);
  const shards = (await readdir(space.at('shards'))).filter((name) => name.endsWith('.safetensors')).sort();
  expect(shards.length).toBeGreaterThan(1);
  await truncate(space.at(`shards/${shards[1]}`), 100);
  expect((await checkpointResults(space.at('shards'), 'key')).weights).not.toBe(whole.weights);
});
