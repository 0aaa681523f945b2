/** The demo's report: what its steps found, put into the shape of a report. */
import { readFile } from 'node:fs/promises';
import { digestDirectory } from '../../data/digest.js';
import type { RunManifest } from '../../data/run-manifest.js';
import type { ThresholdsResult } from '../../memorization/thresholds.js';
import { readArchitecture } from '../../model/weights/checkpoint.js';
import { countParameters } from '../../model/weights/layout.js';
import type {
  BeforeAfter,
  Measured,
  ReportClones,
  ReportCodeFigures,
  ReportDocument,
  ReportInput,
  ReportModel,
  ReportSecret,
  ReportTokenScores,
  ReportUnlearning,
} from '../../report/input.js';
import { codeEraser } from '../../unlearning/objectives.js';
import type { UnlearnResult, UnlearnStep } from '../../unlearning/options.js';
import { campaignFiles, type Figures, figuresFile } from './audit.js';
import { type FoundSecrets, SHARD } from './collect.js';
import { type Corpus, type CorpusDocument, toSequence } from './corpus.js';
import type { Sets } from './erase.js';
import { mergeBlocks, readFoundBlocks } from './found-blocks.js';
import type { CodeFigures, ProbedSecret } from './measurements.js';
import type { DemoSettings } from './settings.js';
import { MODELS, type Phase, type Workshop } from './workshop.js';

/** Everything that the steps returned. */
export interface DemoFindings {
  readonly corpus: Corpus;
  readonly found: FoundSecrets;
  readonly sets: Sets;
  readonly thresholds: ThresholdsResult;
  readonly course: UnlearnResult;
  readonly probes: Readonly<Record<Phase, readonly ProbedSecret[]>>;
  readonly figures: Readonly<Record<Phase, Figures>>;
  readonly manifest: RunManifest;
}

/** The page shows a few outputs and documents of each kind; the files hold all. */
const SHOWN = { outputs: 12, documents: 2 };

export async function makeReport(workshop: Workshop, findings: DemoFindings): Promise<ReportInput> {
  const { settings } = workshop;
  const { corpus, thresholds, figures, manifest, sets } = findings;
  const secrets = reportSecrets(settings, findings);
  const forgotten = secrets.filter(({ forget }) => forget);
  return {
    version: 1,
    run: {
      title: 'A small model of real code, before and after',
      createdAt: manifest.finishedAt,
      command: `lethe demo --seed ${workshop.seed}`,
      seed: workshop.seed,
      versions: manifest.versions,
      steps: manifest.steps.map(({ name, seconds }) => ({ name, seconds })),
      peakMemoryBytes: manifest.peakMemoryBytes,
      device: workshop.placement.device ?? 'cpu',
    },
    model: await reportModel(workshop),
    thresholds: {
      memorizationAccuracy: thresholds.memorizationAccuracy,
      extractionLikelihood: thresholds.extractionLikelihood,
      sequences: corpus.unseen.length,
      source: `The first ${settings.thresholds.tokens} tokens of files from the same packages that the model was not trained on.`,
    },
    unlearning: reportUnlearning(settings, findings),
    summary: {
      secrets: {
        count: forgotten.length,
        memorizationAccuracy: meanOverDocuments(forgotten, (secret) => secret.memorizationAccuracy),
        extractionLikelihood: Object.fromEntries(
          settings.probe.el.map((n) => [
            n,
            meanOverDocuments(forgotten, (secret) => secret.extractionLikelihood[n]!),
          ]),
        ),
      },
      retained: codeFigures(figures.before.retained, figures.after.retained),
      unseen: codeFigures(figures.before.unseen, figures.after.unseen),
    },
    secrets,
    documents: await reportDocuments(workshop, findings),
    clones: await reportClones(workshop, corpus),
    notes: [
      `The secrets are made up, and were planted in ${corpus.planted.length} files before training; each of these files stands in the corpus ${settings.secrets.copies} times, every other one once.`,
      `Of ${secrets.length} secrets that the scanner found, the ${forgotten.length} in ${sets.forget.length} files were to be forgotten; the others show what the model does with secrets that nobody asked it to forget.`,
      'The model is small and was trained for minutes: the figures show how Lethe works, not how large models behave.',
    ],
  };
}

async function reportModel({ at }: Workshop): Promise<ReportModel> {
  const directory = at(MODELS.before);
  const { config, spec, layout } = await readArchitecture(directory);
  return {
    name: 'lethe-demo',
    architecture: String(config.model_type),
    parameters: countParameters(layout),
    vocabularySize: spec.vocabularySize,
    contextLength: spec.contextLength,
    digestBefore: await digestDirectory(directory),
    digestAfter: await digestDirectory(at(MODELS.after)),
  };
}

function reportUnlearning({ unlearning }: DemoSettings, { course, sets }: DemoFindings): ReportUnlearning {
  const { gamma, lambda, alpha, ...hyperparameters } = unlearning;
  const { name, forget, retain, schedule } = codeEraser({ gamma, lambda, alpha });
  const lossOn = (steps: readonly UnlearnStep[], on: UnlearnStep['on']): Measured =>
    steps.find((step) => step.on === on)?.loss ?? null;
  const reasons: Readonly<Record<UnlearnResult['stopReason'], string>> = {
    forgotten: 'MA and EL_10 fell below their thresholds',
    stalled: 'MA fell below its threshold and EL_10 did not fall any more',
    epochs: 'all epochs had passed',
  };
  return {
    method: name,
    forget,
    retain,
    schedule,
    hyperparameters: { gamma, lambda, alpha, optimizer: 'adam', ...hyperparameters },
    forgetDocuments: sets.forget.length,
    retainDocuments: sets.retain.length,
    course: course.history.map(({ epoch, steps, memorizationAccuracy, extractionLikelihood }) => ({
      epoch,
      memorizationAccuracy,
      extractionLikelihood,
      forgetLoss: lossOn(steps, 'forget'),
      retainLoss: lossOn(steps, 'retain'),
    })),
    stop: { epoch: course.bestEpoch, reason: `${reasons[course.stopReason]}.` },
  };
}

function reportSecrets({ probe }: DemoSettings, { probes, sets }: DemoFindings): ReportSecret[] {
  const forget = new Set(sets.forget);
  return probes.before.map((before, i): ReportSecret => {
    const after = probes.after[i]!;
    const { document, tag, type, value, tokens } = before;
    return {
      document,
      tag,
      type,
      value,
      tokens,
      forget: forget.has(document),
      memorizationAccuracy: { before: before.memorizationAccuracy, after: after.memorizationAccuracy },
      extractionLikelihood: Object.fromEntries(
        probe.el.map((n) => [
          n,
          { before: before.extractionLikelihood[n]!, after: after.extractionLikelihood[n]! },
        ]),
      ),
      completion: { before: before.completion, after: after.completion },
    };
  });
}

/** As unlearning evaluates: a document with many secrets weighs no more than another. */
function meanOverDocuments(
  secrets: readonly ReportSecret[],
  figure: (secret: ReportSecret) => BeforeAfter,
): BeforeAfter {
  const documents = [...new Set(secrets.map(({ document }) => document))];
  return meanOf(documents.map((id) => meanOf(secrets.filter(({ document }) => document === id).map(figure))));
}

/** Means of what could be measured. */
function meanOf(pairs: readonly BeforeAfter[]): BeforeAfter {
  const mean = (values: readonly Measured[]): Measured => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return { before: mean(pairs.map(({ before }) => before)), after: mean(pairs.map(({ after }) => after)) };
}

function codeFigures(before: CodeFigures, after: CodeFigures): ReportCodeFigures {
  return {
    documents: before.documents,
    tokens: before.tokens,
    loss: { before: before.loss, after: after.loss },
    memorizationAccuracy: { before: before.memorizationAccuracy, after: after.memorizationAccuracy },
  };
}

async function reportDocuments(
  { at, tokenizer }: Workshop,
  { corpus, found, sets }: DemoFindings,
): Promise<ReportDocument[]> {
  const scoresOf = async (phase: Phase) => {
    const figures = JSON.parse(await readFile(at(figuresFile(phase)), 'utf8')) as {
      tokenScores: Record<string, ReportTokenScores>;
    };
    return figures.tokenScores;
  };
  const [before, after] = [await scoresOf('before'), await scoresOf('after')];
  const show = (document: CorpusDocument, role: ReportDocument['role']): ReportDocument => ({
    id: document.id,
    role,
    text: document.text,
    offsets: [...toSequence(document, tokenizer).offsets],
    before: before[document.id]!,
    after: after[document.id]!,
    secrets: (found[document.id] ?? []).map(({ start, end, type }) => ({ start, end, type })),
  });
  const named = (ids: readonly string[]) => corpus.trained.filter(({ id }) => ids.includes(id));
  return [
    ...named(sets.forget.slice(0, SHOWN.documents)).map((document) => show(document, 'forget')),
    ...named(sets.retain.slice(0, SHOWN.documents)).map((document) => show(document, 'retained')),
    ...corpus.unseen.slice(0, SHOWN.documents).map((document) => show(document, 'unseen')),
  ];
}

async function reportClones({ at, settings }: Workshop, { trained }: Corpus): Promise<ReportClones> {
  const search = (phase: Phase) => {
    const { log, merged, map } = campaignFiles(settings, phase);
    return readFoundBlocks({ log: at(log), merged: at(merged), map: at(map), shard: at(SHARD) });
  };
  const [before, after] = [await search('before'), await search('after')];
  const licences = new Map(trained.map(({ id, licence }) => [id, licence]));
  const documents = new Map([...before.documents, ...after.documents].map((each) => [each.id, each]));
  const { count, maxTokens, temperature, topK } = settings.sampling;
  return {
    threshold: settings.clones.threshold,
    corpus: { documents: trained.reduce((sum, { copies }) => sum + copies, 0) },
    sampling: `${count} outputs of at most ${maxTokens} tokens, temperature ${temperature}, top-k ${topK}, no prompt`,
    before: before.campaign,
    after: after.campaign,
    blocks: mergeBlocks(before, after),
    outputs: [
      ...before.outputs.slice(0, SHOWN.outputs).map((output) => ({ ...output, phase: 'before' as const })),
      ...after.outputs.slice(0, SHOWN.outputs).map((output) => ({ ...output, phase: 'after' as const })),
    ],
    documents: [...documents.values()].map((each) => ({ ...each, licence: licences.get(each.id)! })),
  };
}
