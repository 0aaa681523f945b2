/** Whether training led anywhere: the loss of the same sequences before the first step and after the last. */
import { measureLoss } from '../memorization/loss.js';
import type { Model, Tokens } from '../model/model.js';
import { drain } from '../progress.js';

/**
 * `diverged`: the loss rose, and the model is of less use than it was. `guessing`: it is no better than that of a model
 * that takes all tokens for equally likely, as after too short a training from scratch. Else `learned`.
 */
export type TrainingVerdict = 'learned' | 'guessing' | 'diverged';

/** As many sequences are measured: enough to tell, and a small part of an epoch. */
const SEQUENCES = 32;

/** Nats a token by which the loss may rise: a few steps on some documents cost others a little. */
const MARGIN_NATS = 0.1;

/**
 * Mean next-token loss of up to {@link SEQUENCES} sequences, spread evenly, in nats.
 *
 * @throws LetheError `ERR_NOT_FINITE` when the model computes NaN or infinity
 */
export async function measureProgress(
  model: Model,
  sequences: readonly Tokens[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const every = Math.max(1, sequences.length / SEQUENCES);
  const chosen = Array.from(
    { length: Math.min(SEQUENCES, sequences.length) },
    (_, i) => sequences[Math.floor(i * every)]!,
  );
  return (await drain(measureLoss(model, chosen, { signal }))).loss;
}

export function judgeTraining(before: number, after: number, vocabularySize: number): TrainingVerdict {
  if (!(after <= before + MARGIN_NATS)) return 'diverged';
  return after >= Math.log(vocabularySize) ? 'guessing' : 'learned';
}
