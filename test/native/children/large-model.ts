/** A model whose calls are long work, for the children of the stress tests. */
import { Model } from '../../../lib/model/model.js';

export const PROMPT = Int32Array.of(1, 2, 3);

export function largeModel(): Promise<Model> {
  return Model.create({
    model_type: 'gpt2',
    vocab_size: 512,
    n_positions: 1024,
    n_embd: 128,
    n_layer: 4,
    n_head: 4,
  });
}

/** Settles after far more time than any test gives it. */
export function longWork(model: Model): Promise<unknown> {
  const rows = Array.from({ length: 32 }, () => ({ prompt: PROMPT }));
  return model.generate(rows, { maxTokens: 1000 });
}
