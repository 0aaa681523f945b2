/** `lethe unlearn`: makes a model forget, and keeps the course of it. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { counted } from '../../counted.js';
import { writeJsonLines } from '../../data/json-lines.js';
import { createRunRecorder } from '../../data/run-recorder.js';
import { InputError } from '../../errors.js';
import type { Thresholds } from '../../memorization/thresholds.js';
import { ChatTemplate } from '../../model/chat/chat-template.js';
import type { OffsetUnit } from '../../secrets/locate-secrets.js';
import {
  codeEraser,
  constrained,
  gradientAscent,
  type Objective,
  type SelectiveOptions,
  selectiveAscent,
} from '../../unlearning/objectives.js';
import type { UnlearnResult } from '../../unlearning/options.js';
import { unlearn } from '../../unlearning/unlearn.js';
import { claimCheckpoint, claimState, finishDirectory } from '../directory-output.js';
import { locateModel, openModel, openTokenizerIfPresent } from '../open-model.js';
import {
  addForceOption,
  addModelOptions,
  addOffsetsOption,
  integerOption,
  type ModelOptions,
  numberOption,
} from '../options.js';
import { runKeyOf } from '../run-key.js';
import { type Session, withSession } from '../session.js';
import { readThresholds } from '../thresholds-option.js';
import { readUnlearningSets, thresholdsOf, toUnlearningDocument } from '../unlearning-sets.js';
import { nativeVersions } from '../versions.js';

const METHODS: Readonly<Record<string, (options: Required<SelectiveOptions>) => Objective>> = {
  codeeraser: ({ gamma, lambda, alpha, schedule }) => codeEraser({ gamma, lambda, alpha, schedule }),
  ssga: ({ gamma }) => selectiveAscent({ gamma }),
  cu: ({ lambda, alpha, schedule }) => constrained({ lambda, alpha, schedule }),
  ga: gradientAscent,
};

const HELP = `
Reads {id, text} a line. The secrets to forget are those that a record lists as \`lethe secrets scan\` writes them, else
what the scanner finds in it; {id, tokens, mask} gives tokens and marks the secret ones with 1. The run stops when MA
(mean over the forget set) is below its threshold and EL_10 is, too, or no longer falls. The thresholds are those of
--unseen, code that the model was not trained on: means over its first 128 tokens. Sets that share a document, the same
text or the same id with another text, are refused.

Writes the unlearned model, history.jsonl (one epoch a line) and run.json. Defaults are the published ones, made for
models of 110M parameters and more; a small model needs a larger --learning-rate. docs/unlearning.md has the methods.

Examples:
  lethe unlearn --model codeparrot-small --forget forget.jsonl --retain retain.jsonl --unseen unseen.jsonl --output out
  lethe unlearn --model codeparrot-small --forget forget.jsonl --method ssga --thresholds 0.4557,0.0549 --output out`;

interface Options extends ModelOptions {
  readonly forget: string;
  readonly retain?: string;
  readonly unseen?: string;
  readonly thresholds?: string;
  readonly method: string;
  readonly output: string;
  readonly force?: boolean;
  readonly gamma: number;
  readonly lambda: number;
  readonly alpha: number;
  readonly schedule: Objective['schedule'];
  readonly learningRate: number;
  readonly maxEpochs: number;
  readonly margin: number;
  readonly patience: number;
  readonly maxGradNorm: number;
  readonly maxTokens: number;
  readonly prefixTokens: number;
  readonly secretTokens: number;
  readonly offsets: OffsetUnit;
  readonly allowOverlap?: boolean;
}

export function createUnlearnCommand(): Command {
  const command = new Command('unlearn')
    .summary('make a model forget')
    .description('Makes a model forget secrets or whole documents, and keep what it is to keep.')
    .requiredOption('--forget <file>', 'documents to forget, all of them in every step')
    .option('--retain <file>', 'documents whose behaviour to keep (codeeraser and cu need them)')
    .option('--unseen <file>', 'documents that the model never saw: they give the thresholds')
    .option('--allow-overlap', 'go on although sets share a document')
    .addOption(
      new Option(
        '--thresholds <file>',
        'the file that lethe threshold wrote, or the two numbers ma,el10, each in 0..1',
      ).conflicts('unseen'),
    )
    .addOption(
      new Option('--method <name>', 'how to forget').choices(Object.keys(METHODS)).default('codeeraser'),
    )
    .requiredOption('--output <directory>', 'where the unlearned model goes')
    .addOption(numberOption('--gamma <n>', 'weight of the code around the secrets', { min: 0, default: 0.1 }))
    .addOption(numberOption('--lambda <n>', 'weight of the KL terms', { min: 0, default: 0.1 }))
    .addOption(numberOption('--alpha <n>', "weight of the retained set's KL", { min: 0, default: 1 }))
    .addOption(
      new Option('--schedule <name>', 'a step on each set in turn, or one on both')
        .choices(['alternate', 'joint'])
        .default('alternate'),
    )
    .addOption(numberOption('--learning-rate <n>', 'constant, of Adam', { min: 1e-12, default: 3e-6 }))
    .addOption(
      numberOption('--max-grad-norm <n>', 'clip gradients to this norm, 0: do not', { min: 0, default: 0 }),
    )
    .addOption(integerOption('--max-epochs <n>', 'epochs at most', { min: 1, default: 100 }))
    .addOption(
      numberOption('--margin <n>', 'EL_10 is measured once MA is this close', { min: 0, default: 0.1 }),
    )
    .addOption(
      integerOption('--patience <n>', 'evaluations without a lower EL_10 that end the run', {
        min: 1,
        default: 5,
      }),
    )
    .addOption(
      integerOption('--prefix-tokens <n>', 'tokens before a secret that the evaluation shows', {
        min: 1,
        default: 128,
      }),
    )
    .addOption(
      integerOption('--secret-tokens <n>', 'tokens of a secret that the evaluation probes', {
        min: 1,
        default: 32,
      }),
    )
    .addOption(integerOption('--max-tokens <n>', 'tokens kept of each document', { min: 2, default: 512 }));
  return addForceOption(addOffsetsOption(addModelOptions(command)))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession((session) => run(options, session), {
        whenInterrupted: `Finished epochs are kept in ${options.output}.state; run the same command to go on.`,
      }),
    );
}

async function run(options: Options, session: Session): Promise<void> {
  if (options.thresholds === undefined && options.unseen === undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected --unseen or --thresholds, so that the run knows when to stop, but received neither.',
    );
  await using claim = await claimCheckpoint('unlearn', options, [
    { option: '--model', path: options.model },
    { option: '--forget', path: options.forget },
    { option: '--retain', path: options.retain },
    { option: '--unseen', path: options.unseen },
  ]);
  const objective = METHODS[options.method]!(options);
  const {
    learningRate,
    maxGradNorm,
    maxEpochs,
    margin,
    patience,
    maxTokens,
    offsets,
    prefixTokens,
    secretTokens,
  } = options;
  const given = options.thresholds === undefined ? undefined : await readThresholds(options.thresholds);
  const settings = { learningRate, maxGradNorm, maxEpochs, margin, patience, prefixTokens, secretTokens };
  const recorder = createRunRecorder({
    command: 'unlearn',
    options: { ...settings, maxTokens, offsets, objective, thresholds: given ?? null },
    versions: nativeVersions(),
  });
  const directory = await locateModel(options, session);
  await recorder.setModel(directory);
  for (const input of [options.forget, options.retain, options.unseen])
    if (input !== undefined) await recorder.addInput(input);
  const runKey = runKeyOf(recorder.finish({}));
  if (await claim.isFinished(runKey)) {
    session.say(`${options.output} holds this very run, finished. Remove it to run again.`);
    return;
  }
  await using state = await claimState(options, runKey);

  const sets = await readUnlearningSets({ ...options, chat: new ChatTemplate(directory) }, session);
  await using model = await openModel(directory, options);
  const tokenizer = await openTokenizerIfPresent(directory, model);
  const reader = { model, tokenizer, maxTokens: Math.min(maxTokens, model.contextLength) };
  const forget = sets.forget.map((record) => toUnlearningDocument(record, reader));
  const retain = sets.retain.map((record) => toUnlearningDocument(record, reader));
  const thresholds =
    given ?? (await recorder.step('thresholds', () => thresholdsOf(sets.unseen, model, reader, session)));
  const result = await recorder.step('unlearn', () =>
    session.run(
      unlearn(model, {
        objective,
        forget,
        retain,
        thresholds,
        ...settings,
        stateDirectory: state.directory,
        signal: session.signal,
      }),
    ),
  );

  await recorder.step('save', async () => {
    await claim.begin(runKey);
    await model.save(options.output, tokenizer === undefined ? {} : { tokenizer });
    await writeJsonLines(join(options.output, 'history.jsonl'), result.history);
  });
  const { memorizationAccuracy, extractionLikelihood } = thresholds;
  const { stopReason, epochs, bestEpoch, best } = result;
  await finishDirectory(
    claim,
    recorder.finish({
      runKey,
      thresholds: { memorizationAccuracy, extractionLikelihood },
      forget: {
        documents: forget.length,
        secrets: forget.reduce((sum, { spans }) => sum + (spans?.length ?? 0), 0),
      },
      retain: { documents: retain.length },
      before: result.history[0],
      stopReason,
      epochs,
      bestEpoch,
      best,
    }),
    session,
  );
  await rm(state.directory, { recursive: true, force: true });
  session.say(describeResult(result, thresholds, options.output));
}

const REASONS: Readonly<Record<UnlearnResult['stopReason'], string>> = {
  forgotten: 'MA and EL_10 are below their thresholds',
  stalled: 'MA is below its threshold and EL_10 no longer falls',
  epochs: 'all epochs have passed',
};

function describeResult(
  { stopReason, epochs, history, best, bestEpoch }: UnlearnResult,
  thresholds: Thresholds,
  output: string,
): string {
  const show = (value: number | null): string => (value === null ? 'not measured' : value.toFixed(4));
  return [
    `Stopped after ${counted(epochs, 'epoch')}: ${REASONS[stopReason]}. Kept epoch ${bestEpoch}.`,
    `MA ${show(history[0]!.memorizationAccuracy)} -> ${show(best.memorizationAccuracy)} (threshold ${show(thresholds.memorizationAccuracy)}), EL_10 ${show(best.extractionLikelihood)} (threshold ${show(thresholds.extractionLikelihood[10]!)}).`,
    `The model, history.jsonl and run.json are in ${output}.`,
  ].join('\n');
}
