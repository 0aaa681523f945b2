/**
 * The whole mission in small: train a model on real code until it has memorized it, find what it memorized, make it
 * forget the secrets, prove that it did. Every step is a call of the library and leaves its files.
 */
import { join } from 'node:path';
import { writeRunManifest } from '../../data/run-manifest.js';
import { createRunRecorder } from '../../data/run-recorder.js';
import { writeFileAtomic } from '../../files.js';
import type { Thresholds } from '../../memorization/thresholds.js';
import type { LoadModelOptions } from '../../model/model.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { ProgressEvent } from '../../progress.js';
import type { ReportInput } from '../../report/input.js';
import { renderReport } from '../../report/render.js';
import { SHIPPED_TOKENIZER } from '../shipped-tokenizer.js';
import { nativeVersions } from '../versions.js';
import { type Figures, measureFigures, probeDocuments, sampleAndSearch } from './audit.js';
import { readSourceFiles } from './choose-files.js';
import { collectCorpus, scanCorpus } from './collect.js';
import { digestFiles } from './corpus.js';
import { chooseSets, deriveThresholds, eraseSecrets } from './erase.js';
import { LazyModel } from './lazy-model.js';
import { type StageEvent, StepLedger } from './ledger.js';
import { makeReport } from './report.js';
import { DEMO, type DemoSettings } from './settings.js';
import { type DemoSummary, summarize } from './summary.js';
import { trainModel } from './train-model.js';
import { MODELS, type Workshop } from './workshop.js';

export interface DemoOptions {
  /** Where everything goes. */
  readonly directory: string;
  readonly seed: number;
  /** Default: {@link DEMO}. */
  readonly settings?: DemoSettings;
  readonly placement?: LoadModelOptions;
  readonly signal?: AbortSignal;
}

export type DemoEvent = StageEvent | ProgressEvent | { readonly type: string };

export interface DemoResult extends DemoSummary {
  readonly directory: string;
  readonly report: string;
  readonly thresholds: Thresholds;
}

/** Runs the demo, or what an earlier run in the same directory has left to do. */
export async function* runDemo(options: DemoOptions): AsyncGenerator<DemoEvent, DemoResult, void> {
  const { directory, settings = DEMO, seed, placement = {}, signal } = options;
  const tokenizer = await Tokenizer.load(SHIPPED_TOKENIZER);
  const files = await readSourceFiles();
  const recorder = createRunRecorder({
    command: 'demo',
    options: { ...settings },
    seed,
    versions: nativeVersions(),
  });
  await recorder.addInput(SHIPPED_TOKENIZER);
  const { versions } = recorder.finish({});

  const workshop: Workshop = {
    at: (path) => join(directory, path),
    tokenizer,
    settings,
    seed,
    placement,
    signal,
  };
  const sources = digestFiles(files);
  const ledger = await StepLedger.open(directory, { versions, seed, placement, sources });

  const corpus = yield* ledger.step(collectCorpus(workshop, files));
  yield* ledger.step(trainModel(workshop, corpus));
  const found = yield* ledger.step(scanCorpus(workshop, corpus));

  await using trained = new LazyModel(workshop.at(MODELS.before), placement);
  yield* sampleAndSearch(workshop, ledger, 'before', trained);
  const thresholds = yield* ledger.step(deriveThresholds(workshop, corpus, trained));
  const probed = yield* ledger.step(probeDocuments(workshop, corpus, found, 'before', trained));
  const before = yield* ledger.step(measureFigures(workshop, corpus, found, 'before', trained));
  const sets = yield* ledger.step(chooseSets(workshop, corpus, found, probed, before));
  const course = yield* ledger.step(eraseSecrets(workshop, corpus, found, sets, thresholds));
  await trained.dispose();

  await using unlearned = new LazyModel(workshop.at(MODELS.after), placement);
  yield* sampleAndSearch(workshop, ledger, 'after', unlearned);
  const probedAfter = yield* ledger.step(probeDocuments(workshop, corpus, found, 'after', unlearned));
  const after: Figures = yield* ledger.step(measureFigures(workshop, corpus, found, 'after', unlearned));
  await unlearned.dispose();

  const manifest = { ...recorder.finish({}), steps: ledger.steps };
  const input: ReportInput = await makeReport(workshop, {
    corpus,
    found,
    sets,
    thresholds,
    course,
    probes: { before: probed, after: probedAfter },
    figures: { before, after },
    manifest,
  });
  const summary = summarize(input, corpus, found);
  await writeFileAtomic(workshop.at('report.json'), `${JSON.stringify(input)}\n`);
  await writeFileAtomic(workshop.at('report.html'), renderReport(input));
  await writeRunManifest(directory, { ...manifest, results: { ...summary, thresholds } });
  return { ...summary, directory, report: workshop.at('report.html'), thresholds };
}
