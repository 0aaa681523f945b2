/** Models that are dropped without disposal are collected: memory and threads stay bounded. Needs --expose-gc. */
import { readdirSync } from 'node:fs';
import { type Model, Model as Models } from '../../../lib/model/model.js';
import { PROMPT } from './large-model.js';

// 4 M parameters: 16 MB each.
const config = { model_type: 'gpt2', vocab_size: 8192, n_positions: 64, n_embd: 256, n_layer: 2, n_head: 4 };

async function use(drop: boolean): Promise<void> {
  const model: Model = await Models.create(config);
  await model.score([PROMPT]);
  const copy = await model.snapshot();
  // A job that nobody waits for.
  copy.generate([{ prompt: PROMPT }], { maxTokens: 3 }).catch(() => {});
  if (!drop) await Promise.all([model.dispose(), copy.dispose()]);
}

async function settle(): Promise<{ rss: number; threads: number }> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { rss: process.memoryUsage.rss() / 2 ** 20, threads: readdirSync('/proc/self/task').length };
}

for (const drop of [true, false]) {
  for (let i = 0; i < 5; i++) await use(drop);
  const before = await settle();
  for (let i = 0; i < 30; i++) {
    await use(drop);
    if (i % 5 === 4) await settle();
  }
  const after = await settle();
  console.log(JSON.stringify({ drop, before, after }));
}
