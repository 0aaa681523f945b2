/** `lethe unlearn`: makes a model forget, and keeps the course of it. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { LeftOut } from '../../data/left-out.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { writeJsonLines } from '../../data/text/json-lines.js';
import { InputError } from '../../errors.js';
import { ChatTemplate } from '../../model/chat/chat-template.js';
import type { OffsetUnit } from '../../secrets/locate-secrets.js';
import type { SelectiveOptions } from '../../unlearning/objectives.js';
import { unlearn } from '../../unlearning/unlearn.js';
import { withExitCode } from '../exit-code.js';
import { addIdleRules } from '../idle-options.js';
import { InputOption } from '../inputs/streams.js';
import { sayNotCarried } from '../not-carried.js';
import { locateModel, openModel, openTokenizerIfPresent } from '../open-model.js';
import {
  addForceOption,
  addOffsetsOption,
  addTrainedModelOptions,
  integerOption,
  type ModelOptions,
  numberOption,
} from '../options.js';
import { claimCheckpoint, claimState, finishDirectory } from '../outputs/directory-output.js';
import { runKeyOf } from '../outputs/run-key.js';
import { sayLeftOut } from '../say-left-out.js';
import { type Session, withSession } from '../session.js';
import { METHODS, OF_OTHER_METHODS, objectiveOf } from '../unlearning/methods.js';
import { describeOutcome, exitCodeOf, outcomeOf, type UnlearningOutcome } from '../unlearning/outcome.js';
import { readUnlearningSets, thresholdsOf, toUnlearningDocument } from '../unlearning/sets.js';
import { readThresholds } from '../unlearning/thresholds-option.js';
import { nativeVersions } from '../versions.js';

const HELP = `
Reads {id, text} a line. The secrets to forget are those that a record lists as \`lethe secrets scan\` writes them, else
what the scanner finds in it; {id, tokens, mask} gives tokens and marks the secret ones with 1. The run stops when MA
(mean over the forget set) is below its threshold and EL_10 is, too, or no longer falls. The thresholds are those of
--unseen, code that the model was not trained on: means over its first 128 tokens. Sets that share a document, the same
text or the same id with another text, are refused.

Writes the unlearned model, history.jsonl (one epoch a line) and run.json. Defaults are the published ones, made for
models of 110M parameters and more; a small model needs a larger --learning-rate. With --reduction published the KL of
whole documents is a sum over their tokens, and losses are averaged over micro-batches of 2 documents, in the order of
the file; with --reduction mean every loss is a mean over all tokens of its set. docs/unlearning.md has the methods.

Exit code 3 if it was not forgotten: the model was kept, but MA or EL_10 is above its threshold. Why, and what to
change, is said first; run.json has the verdict.

Examples:
  lethe unlearn --model codeparrot-small --forget forget.jsonl --retain retain.jsonl --unseen unseen.jsonl --output out
  lethe unlearn --model codeparrot-small --forget forget.jsonl --method ssga --thresholds 0.4557,0.0549 --output out`;

interface Options extends ModelOptions, Omit<SelectiveOptions, 'microBatch'> {
  readonly forget: string;
  readonly retain?: string;
  readonly unseen?: string;
  readonly thresholds?: string;
  readonly method: keyof typeof METHODS;
  readonly output: string;
  readonly force?: boolean;
  readonly microBatch?: number;
  readonly learningRate: number;
  readonly maxEpochs: number;
  readonly margin: number;
  readonly patience: number;
  readonly maxGradNorm: number;
  readonly maxTokens: number;
  readonly retainTokens: number;
  readonly prefixTokens: number;
  readonly secretTokens: number;
  readonly offsets: OffsetUnit;
  readonly allowOverlap?: boolean;
}

export function createUnlearnCommand(): Command {
  const command = new Command('unlearn')
    .summary('make a model forget')
    .description('Makes a model forget secrets or whole documents, and keep what it is to keep.')
    .addOption(
      new InputOption(
        '--forget <file>',
        'documents to forget, all of them in every step',
      ).makeOptionMandatory(),
    )
    .addOption(
      new InputOption(
        '--retain <file>',
        'documents whose behaviour to keep (codeeraser and cu need them, others watch them)',
      ),
    )
    .addOption(
      new InputOption('--unseen <file>', 'documents that the model never saw: they give the thresholds'),
    )
    .option('--allow-overlap', 'go on although sets share a document')
    .addOption(
      new InputOption(
        '--thresholds <file>',
        'the two numbers ma,el10, each in 0..1, or the file that lethe threshold wrote',
      ).conflicts('unseen'),
    )
    .addOption(
      new Option('--method <name>', 'how to forget').choices(Object.keys(METHODS)).default('codeeraser'),
    )
    .requiredOption('--output <directory>', 'where the unlearned model goes')
    .addOption(
      numberOption('--gamma <n>', 'weight of the code around the secrets (default: 0.1)', { min: 0 }),
    )
    .addOption(
      numberOption('--lambda <n>', 'weight of the KL terms (default: 0.1; 50 for cu with means)', { min: 0 }),
    )
    .addOption(
      numberOption(
        '--alpha <n>',
        "weight of the retained set's KL (default: 1; with means 30, 0.25 for cu)",
        { min: 0 },
      ),
    )
    .addOption(
      new Option(
        '--schedule <name>',
        'a step on each set in turn, or one on both (default: alternate)',
      ).choices(['alternate', 'joint']),
    )
    .addOption(
      new Option('--reduction <name>', 'losses as published, or means over all tokens of a set')
        .choices(['published', 'mean'])
        .default('published'),
    )
    .addOption(
      integerOption(
        '--micro-batch <n>',
        'documents whose losses are reduced together (default: 2; with means the whole set)',
        { min: 1 },
      ),
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
    .addOption(
      integerOption('--max-tokens <n>', 'tokens kept of each document to forget', { min: 2, default: 512 }),
    )
    .addOption(
      integerOption('--retain-tokens <n>', 'tokens kept of each document to retain', {
        min: 2,
        default: 128,
      }),
    );
  addIdleRules(
    command,
    ...OF_OTHER_METHODS,
    {
      options: ['retainTokens'],
      beside: ({ retain }) => (retain === undefined ? 'without --retain' : undefined),
    },
    {
      options: ['allowOverlap'],
      beside: ({ retain, unseen }) =>
        (retain ?? unseen) === undefined ? 'without --retain or --unseen' : undefined,
    },
    {
      options: ['prefixTokens', 'secretTokens'],
      // They evaluate whole documents.
      beside: ({ method }) => (method === 'cu' || method === 'ga' ? `with --method ${method}` : undefined),
    },
  );
  return addForceOption(addOffsetsOption(addTrainedModelOptions(command)))
    .addHelpText('after', HELP)
    .action(
      withExitCode(async (options: Options) =>
        exitCodeOf(
          await withSession((session) => run(options, session), {
            whenInterrupted: `Finished epochs are kept in ${options.output}.state; run the same command to go on.`,
          }),
        ),
      ),
    );
}

async function run(options: Options, session: Session): Promise<UnlearningOutcome> {
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
  const objective = objectiveOf(options.method, options);
  const { learningRate, maxGradNorm, maxEpochs, margin, patience, prefixTokens, secretTokens } = options;
  const { maxTokens, retainTokens, offsets } = options;
  const given = options.thresholds === undefined ? undefined : await readThresholds(options.thresholds);
  const settings = { learningRate, maxGradNorm, maxEpochs, margin, patience, prefixTokens, secretTokens };
  const recorder = createRunRecorder({
    command: 'unlearn',
    options: { ...settings, maxTokens, retainTokens, offsets, objective, thresholds: given ?? null },
    versions: nativeVersions(),
  });
  const directory = await locateModel(options, session);
  await recorder.setModel(directory);
  for (const input of [options.forget, options.retain, options.unseen])
    if (input !== undefined) await recorder.addInput(input);
  const runKey = runKeyOf(recorder.finish({}));
  if (await claim.isFinished(runKey)) {
    const outcome = await outcomeOf(options.output);
    session.say(describeOutcome(outcome, options));
    session.say(`${options.output} holds this very run, finished. Remove it to run again.`);
    return outcome;
  }
  const state = await claimState(options, runKey);

  const sets = await readUnlearningSets({ ...options, chat: new ChatTemplate(directory) }, session);
  await using model = await openModel(directory, options);
  const tokenizer = await openTokenizerIfPresent(directory, model);
  const reader = { model, tokenizer, maxTokens: Math.min(maxTokens, model.contextLength) };
  const retainReader = { ...reader, maxTokens: Math.min(retainTokens, model.contextLength) };
  const leftOut = new LeftOut();
  const forget = sets.forget.map((record) => toUnlearningDocument(record, reader, leftOut));
  sayLeftOut(leftOut, session);
  const retain = sets.retain.map((record) => toUnlearningDocument(record, retainReader));
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
      state.mark,
    ),
  );

  const saved = await recorder.step('save', async () => {
    await claim.begin(runKey);
    const { leftOut: files } = await model.save(options.output, tokenizer === undefined ? {} : { tokenizer });
    await writeJsonLines(join(options.output, 'history.jsonl'), result.history);
    return files;
  });
  const { memorizationAccuracy, extractionLikelihood } = thresholds;
  const { steps: _, ...before } = result.history[0]!;
  const { stopReason, epochs, bestEpoch, best, verdict } = result;
  const outcome: UnlearningOutcome = {
    verdict: verdict.forgotten ? 'forgotten' : 'not forgotten',
    reason: verdict.reason,
    thresholds: { memorizationAccuracy, extractionLikelihood },
    before,
    stopReason,
    epochs,
    bestEpoch,
    best,
  };
  const secrets = forget.reduce((sum, { spans }) => sum + (spans?.length ?? 0), 0);
  const sizes = { forget: { documents: forget.length, secrets }, retain: { documents: retain.length } };
  await finishDirectory(claim, recorder.finish({ runKey, ...outcome, ...sizes, leftOut }), session);
  await rm(state.directory, { recursive: true, force: true });
  session.say(describeOutcome(outcome, options));
  sayNotCarried(saved, options.output, session);
  session.say(`The model, history.jsonl and run.json are in ${options.output}.`);
  return outcome;
}
