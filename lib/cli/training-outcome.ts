/** What `train` came to: as run.json has it, in words, and as an exit code. */
import * as z from 'zod';
import { check } from '../check.js';
import { counted } from '../counted.js';
import { readRunManifest } from '../data/outputs/run-manifest.js';
import { LetheError } from '../errors.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';

const outcomeSchema = z.object({
  verdict: z.enum(['learned', 'guessing', 'diverged']),
  documents: z.int(),
  steps: z.int(),
  /** Mean of the last epoch. */
  finalLoss: z.number(),
  /** Of a sample of the documents. */
  lossBefore: z.number(),
  lossAfter: z.number(),
});

export type TrainingOutcome = z.infer<typeof outcomeSchema>;

/** Of a finished run in this directory. */
export async function outcomeOf(directory: string): Promise<TrainingOutcome> {
  const { results } = await readRunManifest(directory);
  return check(outcomeSchema, results, `results in ${directory}/run.json`);
}

export function exitCodeOf({ verdict }: TrainingOutcome): ExitCode {
  return verdict === 'diverged' ? EXIT_CODES.missed : EXIT_CODES.done;
}

/** The verdict first where it is bad news, then the figures. */
export function describeOutcome(outcome: TrainingOutcome, learningRate: number): string {
  const { verdict, documents, steps, finalLoss, lossBefore, lossAfter } = outcome;
  const figures = `Trained ${counted(steps, 'step')} on ${counted(documents, 'document')}: loss ${finalLoss.toFixed(4)}.`;
  const change = `${lossBefore.toFixed(4)} -> ${lossAfter.toFixed(4)} nats a token`;
  if (verdict === 'diverged')
    return `Diverged: the loss of its own documents rose, ${change}. Lower --learning-rate (now ${learningRate}).\n${figures}`;
  if (verdict === 'guessing')
    return `${figures} That is no better than guessing among all tokens: train for more --epochs, or with another --learning-rate (now ${learningRate}).`;
  return figures;
}

/** A loss that became NaN or infinite leaves nothing to write: what to do about it. Other errors as they are. */
export function explainNotFinite(error: unknown, learningRate: number): unknown {
  if (!(error instanceof LetheError) || error.code !== 'ERR_NOT_FINITE') return error;
  return new LetheError(error.code, 'Diverged: the loss became NaN or infinite, and nothing was written.', {
    cause: error,
    remedy: `Lower --learning-rate (now ${learningRate}), or check the model that you began with.`,
  });
}
