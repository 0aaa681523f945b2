/** The run of unlearning: steps on the forget and retained sets, an evaluation each epoch, an early stop. */
import * as z from 'zod';
import { check } from '../check.js';
import { InputError, LetheError, throwIfAborted } from '../errors.js';
import type { Model } from '../model/model.js';
import { progress } from '../progress.js';
import { optimizerSettings } from '../training/options.js';
import { digestSequences, fingerprint, RunDirectory } from '../training/run-directory.js';
import { leavesModelGood } from '../training/train.js';
import { BestWeights } from './best-weights.js';
import { type EvaluateOptions, evaluateForgetting, evaluateRetained, secretSpans } from './evaluate.js';
import {
  type UnlearnEpoch,
  type UnlearnEvent,
  type UnlearnOptions,
  type UnlearnResult,
  type UnlearnSettings,
  type UnlearnStep,
  unlearnSchema,
} from './options.js';
import { type PlannedStep, planEpoch, type UnlearningDocument } from './plan.js';
import { decideStop, isBetter, type StopRule } from './stop-rule.js';
import { judge } from './verdict.js';

/** What a later call needs beside the weights: finished epochs, the steps of the one at hand, the epoch kept. */
interface UnlearnState {
  history: UnlearnEpoch[];
  current: UnlearnStep[];
  best: number | null;
}

const stepSchema: z.ZodType<UnlearnStep> = z.strictObject({
  on: z.enum(['forget', 'retain', 'joint']),
  loss: z.number(),
  gradNorm: z.number(),
  terms: z.array(
    z.strictObject({
      ...unlearnSchema.shape.objective.shape.forget.element.shape,
      mean: z.number().nullable(),
    }),
  ),
});
const stateSchema: z.ZodType<UnlearnState> = z.strictObject({
  history: z.array(
    z.strictObject({
      epoch: z.int(),
      steps: z.array(stepSchema),
      memorizationAccuracy: z.number(),
      extractionLikelihood: z.number().nullable(),
      retainedLoss: z.number().nullable(),
    }),
  ),
  current: z.array(stepSchema),
  best: z.int().nullable(),
});

/**
 * Makes `model` forget, in place (REFERENCE section 8). Each epoch takes one optimizer step on the whole forget set
 * and, where the objective has terms on it, one on the whole retained set (or one on both: `schedule: 'joint'`), then
 * evaluates mean MA on the forget set and, once that is within `margin` of its threshold, mean EL_n. It stops when
 * MA is below its threshold and EL_n is below its own or has not improved for `patience` evaluations, or after
 * `maxEpochs`. Evaluation 0 comes before the first step; a model that is below both thresholds stays as it is.
 *
 * The model ends with the weights of the best epoch, which need not be the last (see `isBetter`). The reference of
 * KL terms is the model as it was given. Only real tokens count (ours; published code counts padding as well). A loss
 * or a logit that becomes NaN or infinite ends the run (`not-finite`) with the best weights so far, or, before there
 * was an epoch, those that were given.
 * Nothing here is random: same model, documents, options and machine, same weights. With `stateDirectory`, an
 * interrupted run called again with the original model goes on from where it stopped, to the same numbers.
 *
 * @throws InputError `ERR_INVALID_OPTION`, also for an empty set or masks without secrets; `ERR_CONTEXT_LENGTH`;
 *   `ERR_RUN_MISMATCH` when `stateDirectory` holds another run
 * @throws LetheError `ERR_NOT_FINITE` when the model computes NaN or infinity as it is given
 * @throws AbortedError when the signal fires; the weights are those after the last whole step
 */
export async function* unlearn(
  model: Model,
  options: UnlearnOptions,
): AsyncGenerator<UnlearnEvent, UnlearnResult, void> {
  const settings = check(unlearnSchema, options, 'options of unlearn');
  const { objective, forget, retain, signal, maxEpochs } = settings;
  const plan = planEpoch(objective, forget, retain, settings.microBatchTokens);
  const rule = stopRuleOf(settings);
  const evaluation = evaluationOf(settings);
  throwIfAborted(signal);

  const run = await openRun(model, settings);
  const state: UnlearnState = run?.resumed ?? { history: [], current: [], best: null };
  // The reference of KL terms, and what the model goes back to where nothing better was kept.
  const original = await model.snapshot();
  const best = new BestWeights(run && ((epoch) => run.folder(bestFolder(epoch))));

  let changed = false;
  let savedAt = performance.now();
  const save = async (): Promise<void> => {
    const steps = Math.max(0, state.history.length - 1) * plan.length + state.current.length;
    await run?.save(model, steps, state, state.best === null ? [] : [bestFolder(state.best)]);
    changed = false;
    savedAt = performance.now();
  };

  let failure: unknown;
  try {
    await run?.restore(model);
    let stopReason = decideStop(state.history, rule);
    while (stopReason === undefined) {
      const epoch = state.history.length;
      let record: UnlearnEpoch;
      try {
        if (epoch > 0) {
          for (const step of plan.slice(state.current.length)) {
            state.current.push(await takeStep(model, step, settings, original));
            changed = true;
          }
        }
        const found = yield* evaluateForgetting(model, forget, rule, evaluation);
        const retainedLoss = yield* evaluateRetained(model, retain, signal);
        record = { epoch, steps: state.current, ...found, retainedLoss };
      } catch (error) {
        // A model that computes NaN as it is given is another matter than one that was driven there.
        if (epoch === 0 || !isNotFinite(error)) throw error;
        stopReason = 'not-finite';
        break;
      }
      const former = state.best === null ? undefined : state.history[state.best]!;
      const isBest = epoch > 0 && (former === undefined || isBetter(record, former, rule));
      if (isBest) {
        await best.keep(model, epoch);
        state.best = epoch;
      }
      state.history.push(record);
      state.current = [];
      changed = true;
      yield { type: 'epoch', ...record, best: isBest };
      const accuracy = record.memorizationAccuracy.toFixed(3);
      yield progress('unlearn', epoch, maxEpochs, 'epochs', `MA ${accuracy}`);
      if (performance.now() - savedAt > settings.saveEverySeconds * 1000) await save();
      stopReason = decideStop(state.history, rule);
    }
    // What a step without a finite end left behind is worth nothing: a later call comes to the same end.
    if (stopReason === 'not-finite') changed = false;
    if (changed) await save();
    const bestEpoch = state.best ?? 0;
    const epochs = state.history.length - 1;
    if (bestEpoch !== epochs || stopReason === 'not-finite')
      await (state.best === null ? model.restore(original) : best.giveTo(model, bestEpoch));
    const { steps: _, ...kept } = state.history[bestEpoch]!;
    const verdict = judge(state.history, bestEpoch, stopReason, rule);
    return { history: state.history, epochs, stopReason, bestEpoch, best: kept, verdict };
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    if (changed && leavesModelGood(failure)) await save();
    await best.dispose();
    await original.dispose();
  }
}

function bestFolder(epoch: number): string {
  return `best-${epoch}`;
}

function isNotFinite(error: unknown): boolean {
  return error instanceof LetheError && error.code === 'ERR_NOT_FINITE';
}

function stopRuleOf(settings: UnlearnSettings): StopRule {
  const { thresholds, elN, margin, patience, maxEpochs } = settings;
  if (thresholds.extractionLikelihood[elN] === undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected a threshold for EL_${elN} in thresholds of unlearn but received those for n = ${Object.keys(thresholds.extractionLikelihood).join(', ') || 'none'}.`,
    );
  return { thresholds, elN, margin, patience, maxEpochs };
}

function evaluationOf(settings: UnlearnSettings): EvaluateOptions {
  const { objective, forget, evaluate, prefixTokens, secretTokens, signal } = settings;
  const selective = objective.forget.some(({ tokens }) => tokens === 'secret');
  const of = evaluate ?? (selective ? 'secrets' : 'sequences');
  // A secret that is nothing but its document's first token has no context to be predicted from.
  const measurable = (document: UnlearningDocument) => secretSpans(document).some(({ last }) => last > 0);
  if (of === 'secrets' && !forget.some(measurable))
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected masks with secret tokens in the documents to forget, so that secrets can be evaluated, but found none in ${forget.length} documents.`,
    );
  return { of, prefixTokens, secretTokens, signal };
}

async function takeStep(
  model: Model,
  step: PlannedStep,
  settings: UnlearnSettings,
  reference: Model,
): Promise<UnlearnStep> {
  const needsReference = step.terms.some((term) => term.loss === 'kl');
  const { loss, gradNorm, terms } = await model.trainStep({
    microBatches: step.microBatches,
    terms: step.terms,
    optimizer: optimizerSettings(settings, settings.learningRate),
    ...(needsReference && { reference }),
    ...(settings.signal && { signal: settings.signal }),
  });
  const means = step.sources.map((source, i) => ({
    ...source,
    mean: Number.isNaN(terms[i]) ? null : terms[i]!,
  }));
  return { on: step.on, loss, gradNorm, terms: means };
}

async function openRun(
  model: Model,
  settings: UnlearnSettings,
): Promise<RunDirectory<UnlearnState> | undefined> {
  const { stateDirectory, saveEverySeconds: _saves, signal: _signal, forget, retain, ...identity } = settings;
  if (stateDirectory === undefined) return undefined;
  const digest = (documents: readonly UnlearningDocument[]) =>
    digestSequences(
      documents.flatMap((document) => [
        document.tokens,
        document.mask ?? new Uint8Array(),
        Int32Array.from(secretSpans(document).flatMap(({ first, last }) => [first, last])),
      ]),
    );
  return RunDirectory.open(
    stateDirectory,
    'unlearn',
    { ...identity, forget: digest(forget), retain: digest(retain), model: await fingerprint(model) },
    stateSchema,
  );
}
