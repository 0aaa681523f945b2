import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';

const config = { model_type: 'gpt2', vocab_size: 11, n_positions: 8, n_embd: 8, n_layer: 1, n_head: 2 };
const sequence = Int32Array.of(1, 5, 2, 9);

test('takes over the weights of a directory or a snapshot of the same architecture, of no other', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lethe-restore-'));
  await using model = await Model.create(config, { seed: 1 });
  await using source = await Model.create(config, { seed: 2 });
  await using wider = await Model.create({ ...config, n_embd: 16 }, { seed: 2 });
  try {
    const wanted = await source.score([sequence]);
    expect(await model.score([sequence])).not.toEqual(wanted);
    await using first = await model.snapshot();
    await source.save(directory);

    await model.restore(directory);
    expect(await model.score([sequence])).toEqual(wanted);
    await model.restore(first);
    expect(await model.score([sequence])).toEqual(await first.score([sequence]));

    await expect(model.restore(wider)).rejects.toMatchObject({ code: 'ERR_MODEL_FORMAT' });
    expect(await model.score([sequence])).toEqual(await first.score([sequence]));
  } finally {
    await rm(directory, { recursive: true });
  }
});
