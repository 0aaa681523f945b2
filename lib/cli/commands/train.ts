/** `lethe train`: plain next-token training on documents, from scratch or from a checkpoint. */

import { rm } from 'node:fs/promises';
import { Command, Option } from 'commander';
import * as z from 'zod';
import { check } from '../../check.js';
import { type Document, readDocuments } from '../../data/documents.js';
import { LeftOut } from '../../data/left-out.js';
import { createRunRecorder } from '../../data/outputs/run-recorder.js';
import { requireRecords } from '../../data/require-records.js';
import { InputError } from '../../errors.js';
import { readJsonFile } from '../../files.js';
import { Model, type Tokens } from '../../model/model.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { train } from '../../training/train.js';
import { withExitCode } from '../exit-code.js';
import { addIdleRules } from '../idle-options.js';
import { InputOption } from '../inputs/streams.js';
import { sayNotCarried } from '../not-carried.js';
import { locateModel, openModel, openTokenizer, placement } from '../open-model.js';
import {
  addDeviceOptions,
  addForceOption,
  addHubOptions,
  addSeedOption,
  integerOption,
  MODEL_HELP,
  type ModelOptions,
  numberOption,
} from '../options.js';
import { claimCheckpoint, claimState, finishDirectory } from '../outputs/directory-output.js';
import { runKeyOf } from '../outputs/run-key.js';
import { sayLeftOut } from '../say-left-out.js';
import { type Session, withSession } from '../session.js';
import { SHIPPED_TOKENIZER } from '../shipped-tokenizer.js';
import {
  describeOutcome,
  exitCodeOf,
  explainNotFinite,
  outcomeOf,
  type TrainingOutcome,
} from '../training-outcome.js';
import { addTreeOptions, type TreeFlags, treeOptions } from '../tree-options.js';
import { nativeVersions } from '../versions.js';

const HELP = `
Every document is one sequence, its first tokens, with what its tokenizer puts around a text: the shipped one begins it
with the end-of-text token, as Llama's and Gemma's do with one of theirs; GPT-2's, CodeGen's and Qwen2's add none. score,
measure and unlearn read a text in the same way. --config is a file with the fields of a Hugging Face config.json;
vocab_size may be left out.

Exit code 3 if training diverged: the loss of its own documents is higher than before. A loss that becomes NaN or
infinite is an error, and nothing is written.

Examples:
  echo '{"model_type":"gpt2","n_layer":4,"n_head":4,"n_embd":256,"n_positions":512}' > tiny.json
  lethe train --config tiny.json --input src --output tiny --epochs 20 --learning-rate 1e-3
  lethe train --model codeparrot-small --input documents.jsonl --output tuned --epochs 1 --learning-rate 5e-5`;

interface Options extends Omit<ModelOptions, 'model'>, TreeFlags {
  readonly model?: string;
  readonly config?: string;
  readonly tokenizer: string;
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly decay: 'constant' | 'linear' | 'cosine';
  readonly warmupSteps: number;
  readonly maxTokens: number;
  readonly seed: number;
}

export function createTrainCommand(): Command {
  const command = new Command('train')
    .summary('train a model on documents, from scratch or from a checkpoint')
    .description('Trains all weights of a model on the mean next-token loss of documents.')
    .option('--model <name>', `what to train on: ${MODEL_HELP}`)
    .addOption(new InputOption('--config <file>', 'train a new model of this config.json').conflicts('model'))
    .option('--tokenizer <directory>', 'tokenizer of a new model', SHIPPED_TOKENIZER)
    .addOption(
      new InputOption(
        '--input <path>',
        'JSON lines of {id, text}, or a directory of source files',
      ).makeOptionMandatory(),
    )
    .requiredOption('--output <directory>', 'where the trained model goes')
    .addOption(integerOption('--epochs <n>', 'passes over the documents', { min: 1, default: 1 }))
    .addOption(integerOption('--batch-size <n>', 'documents of an optimizer step', { min: 1, default: 8 }))
    .addOption(numberOption('--learning-rate <n>', 'peak, of AdamW', { min: 1e-12, default: 1e-4 }))
    .addOption(
      new Option('--decay <name>', 'what follows the warm-up')
        .choices(['constant', 'linear', 'cosine'])
        .default('cosine'),
    )
    .addOption(integerOption('--warmup-steps <n>', 'steps of linear warm-up', { min: 0, default: 0 }))
    .addOption(integerOption('--max-tokens <n>', 'tokens kept of each document', { min: 2, default: 512 }));
  addIdleRules(
    command,
    {
      options: ['tokenizer'],
      beside: ({ model }) => (model === undefined ? undefined : 'with --model, which has one,'),
    },
    {
      options: ['revision', 'localFilesOnly'],
      beside: ({ model }) => (model === undefined ? 'without --model' : undefined),
    },
  );
  return addForceOption(addSeedOption(addDeviceOptions(addHubOptions(addTreeOptions(command)))))
    .addHelpText('after', HELP)
    .action(
      withExitCode(async (options: Options) =>
        exitCodeOf(
          await withSession((session) => run(options, session), {
            whenInterrupted: `Finished steps are kept in ${options.output}.state; run the same command to go on.`,
          }),
        ),
      ),
    );
}

async function run(options: Options, session: Session): Promise<TrainingOutcome> {
  await using claim = await claimCheckpoint('train', options, [
    { option: '--model', path: options.model },
    { option: '--config', path: options.config },
    { option: '--tokenizer', path: options.model === undefined ? options.tokenizer : undefined },
    { option: '--input', path: options.input },
  ]);
  const { epochs, batchSize, learningRate, decay, warmupSteps, maxTokens, seed } = options;
  const { hidden, maxFileBytes, include, exclude } = options;
  const tree = await treeOptions(options, [options.input]);
  const settings = { epochs, batchSize, learningRate, schedule: { decay, warmupSteps }, seed };
  const recorder = createRunRecorder({
    command: 'train',
    options: { ...settings, maxTokens, hidden, maxFileBytes, include, exclude },
    seed,
    versions: nativeVersions(),
  });
  const { model: name } = options;
  const directory = name === undefined ? undefined : await locateModel({ ...options, model: name }, session);
  if (directory !== undefined) await recorder.setModel(directory);
  await recorder.addInput(options.input);
  if (options.model === undefined) await recorder.addInput(options.tokenizer);
  if (options.config !== undefined) await recorder.addInput(options.config);
  const runKey = runKeyOf(recorder.finish({}));
  if (await claim.isFinished(runKey)) {
    const outcome = await outcomeOf(options.output);
    session.say(describeOutcome(outcome, learningRate));
    session.say(`${options.output} holds this very run, finished. Remove it to run again.`);
    return outcome;
  }
  const state = await claimState(options, runKey);

  const { model, tokenizer } = await startingPoint(directory, options);
  await using _ = model;
  const leftOut = new LeftOut();
  const read = readDocuments(options.input, { ...tree, onLeftOut: leftOut.add });
  const documents = requireRecords(read, options.input);
  const sequences = await readSequences(
    documents,
    tokenizer,
    Math.min(maxTokens, model.contextLength),
  ).finally(() => sayLeftOut(leftOut, session));
  const training = train(model, sequences, {
    ...settings,
    stateDirectory: state.directory,
    signal: session.signal,
  });
  const result = await recorder
    .step('train', () => session.run(training, state.mark))
    .catch(async (error: unknown) => {
      const explained = explainNotFinite(error, learningRate);
      // Its state leads to the same end again, and would bar the way to another learning rate.
      if (explained !== error) await rm(state.directory, { recursive: true, force: true });
      throw explained;
    });
  await claim.begin(runKey);
  const saved = await model.save(options.output, { tokenizer });
  const { steps, finalLoss, losses, lossBefore, lossAfter, verdict } = result;
  const outcome = { verdict, documents: sequences.length, steps, finalLoss, lossBefore, lossAfter };
  await finishDirectory(claim, recorder.finish({ runKey, ...outcome, leftOut, losses }), session);
  await rm(state.directory, { recursive: true, force: true });
  sayNotCarried(saved.leftOut, options.output, session);
  session.say(describeOutcome(outcome, learningRate));
  session.say(`The model is in ${options.output}.`);
  return outcome;
}

async function startingPoint(
  directory: string | undefined,
  options: Options,
): Promise<{ model: Model; tokenizer: Tokenizer }> {
  if (directory !== undefined) {
    const model = await openModel(directory, options);
    return { model, tokenizer: await openTokenizer(directory, model) };
  }
  if (options.config === undefined)
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected --model or --config to say what to train but received neither.',
    );
  const tokenizer = await Tokenizer.load(options.tokenizer);
  const { bosId, eosId, vocabularySize } = tokenizer;
  const given = await readConfig(options.config);
  const config = { vocab_size: vocabularySize, bos_token_id: bosId, eos_token_id: eosId, ...given };
  return { model: await Model.create(config, { seed: options.seed, ...placement(options) }), tokenizer };
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  return check(z.record(z.string(), z.unknown()), await readJsonFile(path), path);
}

async function readSequences(
  documents: AsyncIterable<Document>,
  tokenizer: Tokenizer,
  maxTokens: number,
): Promise<Tokens[]> {
  const sequences: Tokens[] = [];
  for await (const { text } of documents) {
    // As measuring reads it, see RecordReader.
    const { tokens } = tokenizer.encode(text, { maxTokens, addSpecialTokens: true });
    if (tokens.length >= 2) sequences.push(tokens);
  }
  return sequences;
}
