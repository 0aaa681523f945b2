/** Tiny models and sequences, made on the spot, for tests that need a real model which really memorizes. */
import { Model } from '../../lib/model/model.js';
import { drain } from '../../lib/progress.js';
import { Random } from '../../lib/random.js';
import { train } from '../../lib/training/train.js';

export const VOCABULARY = 40;
export const CONTEXT = 64;

export const tinyModel = (seed = 1): Promise<Model> =>
  Model.create(
    {
      model_type: 'gpt2',
      vocab_size: VOCABULARY,
      n_positions: CONTEXT,
      n_embd: 32,
      n_layer: 2,
      n_head: 2,
    },
    { seed },
  );

/** Random tokens, lengths in minLength..maxLength. */
export function sequencesOf(count: number, minLength: number, maxLength: number, seed: number): Int32Array[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const length = minLength + random.integer(maxLength - minLength + 1);
    return Int32Array.from({ length }, () => random.integer(VOCABULARY));
  });
}

/** Trains until the mean loss of an epoch is at most `loss`. */
export async function memorize(model: Model, sequences: readonly Int32Array[], loss: number): Promise<void> {
  const options = { epochs: 300, batchSize: sequences.length, learningRate: 1e-2, stopWhen: { loss } };
  await drain(train(model, sequences, options));
}
