/** The steps that make the demo's model forget: thresholds, what to forget and what to retain, CodeEraser. */
import { join } from 'node:path';
import { writeJsonLines } from '../../data/json-lines.js';
import { writeFileAtomic } from '../../files.js';
import { computeThresholds, type ThresholdsResult } from '../../memorization/thresholds.js';
import { Model } from '../../model/model.js';
import { selectForgetSet, selectRetainSet } from '../../sets/forget-set.js';
import { writeSet } from '../../sets/set-file.js';
import { codeEraser } from '../../unlearning/objectives.js';
import type { UnlearnResult } from '../../unlearning/options.js';
import { unlearn } from '../../unlearning/unlearn.js';
import { type Figures, retainedDocuments } from './audit.js';
import type { FoundSecrets } from './collect.js';
import { type Corpus, toMaskedSequence, toSequence } from './corpus.js';
import type { LazyModel } from './lazy-model.js';
import type { LedgerStep } from './ledger.js';
import type { ProbedSecret } from './measurements.js';
import { MODELS, type Workshop } from './workshop.js';

type Event = { readonly type: string };

export function deriveThresholds(
  { at, tokenizer, settings, seed, signal }: Workshop,
  { unseen }: Corpus,
  model: LazyModel,
): LedgerStep<Event, ThresholdsResult> {
  return {
    name: 'compute thresholds',
    options: [settings.thresholds, settings.probe.el],
    outputs: ['thresholds.json'],
    run: async function* () {
      const sequences = unseen.map((document) =>
        toSequence(document, tokenizer).tokens.slice(0, settings.thresholds.tokens),
      );
      const thresholds = yield* computeThresholds(await model.get(), sequences, {
        el: settings.probe.el,
        seed,
        signal,
      });
      await writeFileAtomic(at('thresholds.json'), `${JSON.stringify(thresholds, null, 1)}\n`);
      return thresholds;
    },
  };
}

/** Ids of documents. */
export interface Sets {
  readonly forget: readonly string[];
  readonly retain: readonly string[];
}

export function chooseSets(
  { at, tokenizer, settings, seed }: Workshop,
  corpus: Corpus,
  found: FoundSecrets,
  probed: readonly ProbedSecret[],
  { accuracies }: Figures,
): LedgerStep<never, Sets> {
  return {
    name: 'choose what to forget',
    options: settings.sets,
    outputs: ['forget.jsonl', 'retain.jsonl'],
    run: async function* () {
      const candidates = corpus.trained
        .filter(({ id }) => found[id] !== undefined)
        .map((document) => ({
          ...document,
          secrets: found[document.id]!,
          memorizationAccuracy: meanAccuracy(probed.filter((each) => each.document === document.id)),
          secretTokens: toMaskedSequence(document, found[document.id]!, tokenizer).mask.filter(Boolean)
            .length,
        }));
      const { groups } = selectForgetSet(candidates, { size: settings.sets.forget, seed });
      const forget = groups[0]!;
      const retain = selectRetainSet(
        retainedDocuments(corpus, found).map((document) => ({
          ...document,
          memorizationAccuracy: accuracies[document.id]!,
        })),
        { size: settings.sets.retain, minAccuracy: settings.sets.retainMinAccuracy, seed },
      );
      await writeSet(
        at('forget.jsonl'),
        forget.map(({ id, text, secrets, memorizationAccuracy: ma }) => ({
          id,
          text,
          secrets: [...secrets],
          ma,
        })),
      );
      await writeSet(
        at('retain.jsonl'),
        retain.map(({ id, text, memorizationAccuracy: ma }) => ({ id, text, ma })),
      );
      return { forget: forget.map(({ id }) => id), retain: retain.map(({ id }) => id) };
    },
  };
}

/** Mean over the secrets of a document; NaN, which is never selected, if none could be measured. */
function meanAccuracy(probed: readonly ProbedSecret[]): number {
  const values = probed.map((each) => each.memorizationAccuracy).filter((value) => value !== null);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const STATE = 'unlearning-state';

export function eraseSecrets(
  { at, tokenizer, settings, placement, signal }: Workshop,
  { trained }: Corpus,
  found: FoundSecrets,
  sets: Sets,
  thresholds: ThresholdsResult,
): LedgerStep<Event, UnlearnResult> {
  const { gamma, lambda, alpha, ...hyperparameters } = settings.unlearning;
  return {
    name: 'erase',
    options: settings.unlearning,
    outputs: [MODELS.after],
    scratch: [STATE],
    run: async function* () {
      const documents = new Map(trained.map((document) => [document.id, document]));
      await using model = await Model.load(at(MODELS.before), placement);
      const result = yield* unlearn(model, {
        objective: codeEraser({ gamma, lambda, alpha }),
        forget: sets.forget.map((id) => toMaskedSequence(documents.get(id)!, found[id]!, tokenizer)),
        retain: sets.retain.map((id) => toSequence(documents.get(id)!, tokenizer)),
        thresholds,
        prefixTokens: settings.probe.prefixTokens,
        ...hyperparameters,
        stateDirectory: at(STATE),
        signal,
      });
      await model.save(at(MODELS.after), { tokenizer });
      await writeJsonLines(join(at(MODELS.after), 'history.jsonl'), result.history);
      return result;
    },
  };
}
