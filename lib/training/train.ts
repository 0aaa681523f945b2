/** Plain next-token training: the loop, one native step for each optimizer step. */
import * as z from 'zod';
import { check } from '../check.js';
import { AbortedError, InputError, LetheError, throwIfAborted } from '../errors.js';
import type { Model, Tokens, TrainingSequence } from '../model/model.js';
import { type ProgressEvent, progress } from '../progress.js';
import { batchesOf, epochOrder, microBatchesOf } from './batches.js';
import {
  DEFAULT_MICRO_BATCH_TOKENS,
  DEFAULT_SAVE_EVERY_SECONDS,
  type OptimizerOptions,
  optimizerFields,
  optimizerSettings,
} from './options.js';
import { digestSequences, fingerprint, RunDirectory } from './run-directory.js';
import { type LearningRateSchedule, learningRateAt, scheduleSchema } from './schedule.js';
import { judgeTraining, measureProgress, type TrainingVerdict } from './verdict.js';

export interface TrainOptions extends OptimizerOptions {
  /** Passes over the sequences, an integer >= 1. Exactly one of `epochs` and `steps` is given. */
  readonly epochs?: number | undefined;
  /** Optimizer steps, an integer >= 1. */
  readonly steps?: number | undefined;
  /** Sequences of an optimizer step, an integer >= 1. Default: 8. */
  readonly batchSize?: number | undefined;
  /** Tokens that pass through the model at once, padding included: memory, never the result's mathematics. Default: 4096. */
  readonly microBatchTokens?: number | undefined;
  /** Peak learning rate, > 0. */
  readonly learningRate: number;
  /** Default: constant from the first step on. */
  readonly schedule?: LearningRateSchedule | undefined;
  /** Seed of the order in which each epoch visits the sequences. Default: 42. */
  readonly seed?: number | undefined;
  /** Stops after the first whole epoch whose mean loss is at most `loss` nats per token. Default: never. */
  readonly stopWhen?: { readonly loss: number } | undefined;
  /** Keeps the run here, so that the same call goes on after an interruption. Default: nowhere. */
  readonly stateDirectory?: string | undefined;
  /** Seconds between two saves into `stateDirectory`. Default: 300. An interruption saves at once. */
  readonly saveEverySeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainStepEvent {
  readonly type: 'step';
  /** 1 is the first. */
  readonly step: number;
  /** 1 is the first. */
  readonly epoch: number;
  /** Mean next-token loss of the batch before the step, in nats. */
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradNorm: number;
}

export type TrainEvent = TrainStepEvent | ProgressEvent;

export interface TrainResult {
  /** Optimizer steps taken, those before an interruption included. */
  readonly steps: number;
  /** Epochs begun. */
  readonly epochs: number;
  /** The loss of each step. */
  readonly losses: readonly number[];
  /** Mean loss of the last epoch, whole or not. */
  readonly finalLoss: number;
  /** `steps`: all were taken. `loss`: `stopWhen` was met. */
  readonly stopReason: 'steps' | 'loss';
  /** Mean next-token loss, in nats, of up to 32 of the sequences, spread evenly: before the first step. */
  readonly lossBefore: number;
  /** Of the same sequences after the last step. */
  readonly lossAfter: number;
  /** What the two come to. */
  readonly verdict: TrainingVerdict;
}

const schema = z
  .strictObject({
    epochs: z.int().min(1).optional(),
    steps: z.int().min(1).optional(),
    batchSize: z.int().min(1).default(8),
    microBatchTokens: z.int().min(1).default(DEFAULT_MICRO_BATCH_TOKENS),
    learningRate: z.number().positive(),
    schedule: scheduleSchema.default({ decay: 'constant', warmupSteps: 0, finalShare: 0 }),
    seed: z.int().default(42),
    stopWhen: z.strictObject({ loss: z.number() }).optional(),
    stateDirectory: z.string().min(1).optional(),
    saveEverySeconds: z.number().positive().default(DEFAULT_SAVE_EVERY_SECONDS),
    signal: z.instanceof(AbortSignal).optional(),
    ...optimizerFields({ optimizer: 'adamw', betas: [0.9, 0.999], maxGradNorm: 1 }),
  })
  .refine((options) => (options.epochs === undefined) !== (options.steps === undefined), {
    message: 'exactly one of epochs and steps',
  });

const stateSchema = z.strictObject({ losses: z.array(z.number()), lossBefore: z.number() });

/**
 * Trains all weights of `model` in place on the mean next-token loss of each batch.
 *
 * The same model, sequences, options and machine give the same weights. Each epoch visits every sequence once, in
 * an order of its own; the last batch of an epoch may be smaller. With `stateDirectory`, an interrupted run called
 * again with the model as it was at first continues from where it stopped, to the same numbers as one that was
 * never interrupted; a finished one returns its result at once.
 *
 * @param sequences tokens, each at least two and at most the model's context length
 * @throws InputError `ERR_INVALID_OPTION`; `ERR_RUN_MISMATCH` when `stateDirectory` holds another run
 * @throws LetheError `ERR_NOT_FINITE` when the loss is NaN or infinite, the weights then are those before that step; or when
 *   the weights after the last step compute such a loss
 * @throws AbortedError when the signal fires; the weights are those after the last whole step
 */
export async function* train(
  model: Model,
  sequences: readonly Tokens[],
  options: TrainOptions,
): AsyncGenerator<TrainEvent, TrainResult, void> {
  const settings = check(schema, options, 'options of train');
  checkSequences(sequences);
  throwIfAborted(settings.signal);
  const stepsPerEpoch = Math.ceil(sequences.length / settings.batchSize);
  const totalSteps = settings.steps ?? settings.epochs! * stepsPerEpoch;

  const run = await openRun(model, sequences, settings);
  const lossBefore = run?.resumed?.lossBefore ?? (await measureProgress(model, sequences, settings.signal));
  await run?.restore(model);
  const losses = run?.resumed?.losses ?? [];
  const batchesOfEpoch = batchMaker(sequences, settings.batchSize, settings.seed);

  let savedSteps = losses.length;
  let savedAt = performance.now();
  const save = async (): Promise<void> => {
    await run?.save(model, losses.length, { losses, lossBefore });
    savedSteps = losses.length;
    savedAt = performance.now();
  };

  let failure: unknown;
  try {
    while (losses.length < totalSteps && !reachedLoss(losses, stepsPerEpoch, settings.stopWhen)) {
      const step = losses.length;
      const epoch = Math.floor(step / stepsPerEpoch);
      const batch = batchesOfEpoch(epoch)[step % stepsPerEpoch]!;
      const learningRate = learningRateAt(settings.schedule, settings.learningRate, step, totalSteps);
      const { loss, gradNorm } = await model.trainStep({
        microBatches: microBatchesOf(batch, settings.microBatchTokens),
        terms: [{ loss: 'nll', set: 0, weight: 1 }],
        optimizer: optimizerSettings(settings, learningRate),
        ...(settings.signal && { signal: settings.signal }),
      });
      losses.push(loss);
      yield { type: 'step', step: step + 1, epoch: epoch + 1, loss, learningRate, gradNorm };
      yield progress('train', step + 1, totalSteps, 'steps', `loss ${loss.toFixed(3)}`);
      if (performance.now() - savedAt > settings.saveEverySeconds * 1000) await save();
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    if (losses.length > savedSteps && leavesModelGood(failure)) await save();
  }
  // The last step's weights are known by no loss of a step.
  const lossAfter = await measureProgress(model, sequences, settings.signal);
  return {
    steps: losses.length,
    epochs: Math.ceil(losses.length / stepsPerEpoch),
    losses,
    finalLoss: lastEpochLoss(losses, stepsPerEpoch),
    stopReason: reachedLoss(losses, stepsPerEpoch, settings.stopWhen) ? 'loss' : 'steps',
    lossBefore,
    lossAfter,
    verdict: judgeTraining(lossBefore, lossAfter, model.vocabularySize),
  };
}

/** Whether the weights after this failure, or after none, are those of the last whole step and worth saving. */
export function leavesModelGood(failure: unknown): boolean {
  return (
    failure === undefined ||
    failure instanceof AbortedError ||
    (failure instanceof LetheError && failure.code === 'ERR_NOT_FINITE')
  );
}

function checkSequences(sequences: readonly Tokens[]): void {
  if (sequences.length === 0)
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected at least one sequence to train on but received none.',
    );
  const short = sequences.findIndex((tokens) => tokens.length < 2);
  if (short >= 0)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected at least two tokens in every sequence to train on but sequence ${short} has ${sequences[short]!.length}.`,
    );
}

async function openRun(model: Model, sequences: readonly Tokens[], settings: z.infer<typeof schema>) {
  const { stateDirectory, saveEverySeconds: _saves, signal: _signal, ...identity } = settings;
  if (stateDirectory === undefined) return undefined;
  const digests = { sequences: digestSequences(sequences), model: await fingerprint(model) };
  return RunDirectory.open(stateDirectory, 'train', { ...identity, ...digests }, stateSchema);
}

/** The batches of an epoch; those of the epoch at hand are kept. */
function batchMaker(sequences: readonly Tokens[], batchSize: number, seed: number) {
  const prepared = sequences.map((tokens) => ({ tokens, sets: new Uint8Array(tokens.length).fill(1) }));
  let kept = -1;
  let batches: TrainingSequence[][] = [];
  return (epoch: number): TrainingSequence[][] => {
    if (epoch !== kept) {
      const order = epochOrder(prepared.length, seed, epoch);
      batches = batchesOf(
        order.map((i) => prepared[i]!),
        batchSize,
      );
      kept = epoch;
    }
    return batches;
  };
}

function reachedLoss(
  losses: readonly number[],
  perEpoch: number,
  stop: { loss: number } | undefined,
): boolean {
  if (stop === undefined || losses.length === 0 || losses.length % perEpoch !== 0) return false;
  return lastEpochLoss(losses, perEpoch) <= stop.loss;
}

function lastEpochLoss(losses: readonly number[], perEpoch: number): number {
  const epochStart = losses.length - (((losses.length - 1) % perEpoch) + 1);
  const last = losses.slice(epochStart);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}
