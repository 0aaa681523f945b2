/** The steps that look at a model, run once before and once after unlearning. */

import { formatCloneLog } from '../../clones/log/log.js';
import { detectClones } from '../../clones/search/detect.js';
import { writeJsonLines } from '../../data/json-lines.js';
import { writeFileAtomic, writeTextAtomic } from '../../files.js';
import type { ReportTokenScores } from '../../report/input.js';
import { runCampaign } from '../../sampling/campaign.js';
import { type MergeResult, mergeOutputs } from '../../sampling/merge.js';
import { type FoundSecrets, SHARD } from './collect.js';
import { type Corpus, type CorpusDocument, toMaskedSequence, toSequence } from './corpus.js';
import type { LazyModel } from './lazy-model.js';
import type { LedgerStep, StageEvent, StepLedger } from './ledger.js';
import {
  type CodeFigures,
  measureCode,
  type ProbedSecret,
  probeSecrets,
  scoreDocuments,
} from './measurements.js';
import type { DemoSettings } from './settings.js';
import type { Phase, Workshop } from './workshop.js';

type Event = { readonly type: string };

/** Files of one campaign, relative to the run's directory. */
export function campaignFiles({ sampling }: DemoSettings, phase: Phase) {
  const directory = `outputs-${phase}`;
  const range = `0-${sampling.count - 1}`;
  return {
    directory,
    merged: `${directory}/all_${range}`,
    map: `${directory}/map_${range}.json`,
    log: `clones-${phase}.log`,
  };
}

/** A sampling campaign, and a search of its outputs for blocks of the corpus. */
export async function* sampleAndSearch(
  { at, tokenizer, settings, seed, signal }: Workshop,
  ledger: StepLedger,
  phase: Phase,
  model: LazyModel,
): AsyncGenerator<Event | StageEvent, void, void> {
  const { directory, merged, log } = campaignFiles(settings, phase);
  yield* ledger.step<Event, Pick<MergeResult, 'outputs' | 'lines'>>({
    name: `sample ${phase}`,
    options: settings.sampling,
    outputs: [directory],
    run: async function* () {
      yield* runCampaign(await model.get(), tokenizer, {
        ...settings.sampling,
        seed,
        directory: at(directory),
        signal,
      });
      const { outputs, lines } = await mergeOutputs(at(directory));
      return { outputs, lines };
    },
  });
  yield* ledger.step<Event, { groups: number }>({
    name: `detect clones ${phase}`,
    options: settings.clones,
    outputs: [log],
    run: async function* () {
      const report = yield* detectClones({
        outputs: [at(merged)],
        shards: [at(SHARD)],
        ...settings.clones,
        signal,
      });
      await writeTextAtomic(at(log), formatCloneLog(report));
      return { groups: report.groups.length };
    },
  });
}

/** The secrets that the scanner found, put to the model one by one. */
export function probeDocuments(
  { at, tokenizer, settings, signal }: Workshop,
  { trained }: Corpus,
  found: FoundSecrets,
  phase: Phase,
  model: LazyModel,
): LedgerStep<Event, ProbedSecret[]> {
  const file = `probes-${phase}.jsonl`;
  return {
    name: `probe secrets ${phase}`,
    options: settings.probe,
    outputs: [file],
    run: async function* () {
      const documents = trained
        .filter(({ id }) => found[id] !== undefined)
        .map((document) => toMaskedSequence(document, found[document.id]!, tokenizer));
      const probed = yield* probeSecrets(await model.get(), tokenizer, documents, {
        ...settings.probe,
        signal,
      });
      await writeJsonLines(at(file), probed);
      return probed;
    },
  };
}

/** Loss and MA of code to retain and of unseen code; MA of each document; what the model says of each token. */
export interface Figures {
  readonly retained: CodeFigures;
  readonly unseen: CodeFigures;
  /** MA of the documents to retain, by id. */
  readonly accuracies: Readonly<Record<string, number>>;
}

/** Code to retain: all that was trained on and holds no secret. */
export function retainedDocuments({ trained }: Corpus, found: FoundSecrets): CorpusDocument[] {
  return trained.filter(({ id }) => found[id] === undefined);
}

export function figuresFile(phase: Phase): string {
  return `figures-${phase}.json`;
}

export function measureFigures(
  { at, tokenizer, signal }: Workshop,
  corpus: Corpus,
  found: FoundSecrets,
  phase: Phase,
  model: LazyModel,
): LedgerStep<Event, Figures> {
  return {
    name: `measure ${phase}`,
    options: {},
    outputs: [figuresFile(phase)],
    run: async function* () {
      const tokensOf = (documents: readonly CorpusDocument[]) =>
        documents.map((document) => toSequence(document, tokenizer).tokens);
      const kept = retainedDocuments(corpus, found);
      const retained = yield* measureCode(await model.get(), tokensOf(kept), signal);
      const unseen = yield* measureCode(await model.get(), tokensOf(corpus.unseen), signal);
      const all = [...corpus.trained, ...corpus.unseen];
      const scores = await scoreDocuments(await model.get(), tokensOf(all), signal);
      const tokenScores: Record<string, ReportTokenScores> = Object.fromEntries(
        all.map(({ id }, i) => [id, scores[i]!]),
      );
      const figures = {
        retained: retained.figures,
        unseen: unseen.figures,
        accuracies: Object.fromEntries(kept.map(({ id }, i) => [id, retained.perExample[i]!])),
      };
      await writeFileAtomic(at(figuresFile(phase)), `${JSON.stringify({ ...figures, tokenScores })}\n`);
      return figures;
    },
  };
}
