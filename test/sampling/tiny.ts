/** A tiny random model that knows the shipped tokenizer, and directories of a test's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';

export async function tinyModel(seed = 5): Promise<{ model: Model; tokenizer: Tokenizer }> {
  const tokenizer = await Tokenizer.load(join(import.meta.dirname, '../../assets/tokenizer'));
  const sizes = { n_positions: 64, n_embd: 16, n_layer: 1, n_head: 2 };
  const config = { model_type: 'gpt2', vocab_size: tokenizer.vocabularySize, ...sizes };
  return { model: await Model.create(config, { seed }), tokenizer };
}

export async function newDirectory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'lethe-sampling-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}
