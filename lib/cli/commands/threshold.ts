/** `lethe threshold`: how much a model seems to have memorized of code that it never saw. */
import { Command } from 'commander';
import { writeFileAtomic } from '../../files.js';
import { computeThresholds } from '../../memorization/thresholds.js';
import { ChatTemplate } from '../../model/chat/chat-template.js';
import type { Tokens } from '../../model/model.js';
import { addIdleRules } from '../idle-options.js';
import { InputOption } from '../inputs/streams.js';
import { locateModel, openModel, openTokenizerIfPresent } from '../open-model.js';
import {
  addForceOption,
  addModelOptions,
  addSeedOption,
  integerOption,
  integersOption,
  type ModelOptions,
} from '../options.js';
import { runOutputJob } from '../outputs/output-job.js';
import { readRecords, sequenceOf } from '../records/records.js';
import { withSession } from '../session.js';
import { THRESHOLD_TOKENS } from '../unlearning/sets.js';
import { nativeVersions } from '../versions.js';

const HELP = `
Reads {id, text}, {id, tokens} or {id, messages} a line, of code that the model was not trained on, and writes {memorizationAccuracy,
extractionLikelihood, deviation, runs, sequences}: means, standard deviations over the sequences, the means of each run.
Published are five runs of 10 000 sequences each: --runs 5 --sample-size 10000. \`lethe unlearn --thresholds\` takes the file.

Examples:
  lethe threshold --model codeparrot-small --input unseen.jsonl --output thresholds.json
  lethe threshold --model codeparrot-small --input unseen.jsonl --output thresholds.json --el 3,5,10 --max-tokens 64`;

interface Options extends ModelOptions {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly el: readonly number[];
  readonly maxTokens?: number;
  readonly runs: number;
  readonly sampleSize?: number;
  readonly seed: number;
}

export function createThresholdCommand(): Command {
  const command = new Command('threshold')
    .summary('the MA and EL_n of code that the model never saw')
    .description('Computes the thresholds below which a text counts as forgotten: means over unseen code.')
    .addOption(
      new InputOption('--input <file>', 'JSON, CSV or Parquet of unseen documents').makeOptionMandatory(),
    )
    .requiredOption('--output <file>', 'the JSON file to write')
    .addOption(integersOption('--el <list>', 'the n of EL_n, separated by commas', { min: 1, default: [10] }))
    .addOption(
      integerOption(
        '--max-tokens <n>',
        `tokens kept of each document (default: ${THRESHOLD_TOKENS}, or the model's context)`,
        { min: 2 },
      ),
    )
    .addOption(integerOption('--runs <n>', 'samples to average over', { min: 1, default: 1 }))
    .addOption(integerOption('--sample-size <n>', 'documents of a sample (default: all)', { min: 1 }));
  addIdleRules(command, {
    options: ['runs', 'seed'],
    beside: ({ sampleSize }) =>
      sampleSize === undefined ? 'without --sample-size, which takes all documents in every run,' : undefined,
  });
  return addForceOption(addSeedOption(addModelOptions(command)))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(async (session) => {
        const { input, output, el, maxTokens, runs, sampleSize, seed } = options;
        await runOutputJob(
          {
            command: 'threshold',
            options: {
              el,
              maxTokens: maxTokens ?? null,
              runs,
              sampleSize: sampleSize ?? null,
              dtype: options.dtype ?? 'float32',
            },
            seed,
            versions: nativeVersions(),
            model: { option: '--model', path: options.model },
            locate: () => locateModel(options, session),
            inputs: [{ option: '--input', path: input }],
            output,
            force: options.force,
            make: async (directory) => {
              await using model = await openModel(directory, options);
              const tokenizer = await openTokenizerIfPresent(directory, model);
              const fitting = Math.min(THRESHOLD_TOKENS, model.contextLength);
              const reader = { model, tokenizer, maxTokens: maxTokens ?? fitting };
              const sequences: Tokens[] = [];
              const chat = new ChatTemplate(directory);
              for await (const record of readRecords(input, { chat, ignoreSecrets: true }))
                sequences.push(sequenceOf(record, reader));
              const thresholds = await session.run(
                computeThresholds(model, sequences, { el, runs, sampleSize, seed, signal: session.signal }),
              );
              await writeFileAtomic(output, `${JSON.stringify(thresholds, null, 2)}\n`);
              const { memorizationAccuracy, extractionLikelihood } = thresholds;
              const likelihoods = Object.entries(extractionLikelihood).map(
                ([n, value]) => `, EL_${n} ${value.toFixed(4)}`,
              );
              session.say(
                `MA ${memorizationAccuracy.toFixed(4)}${likelihoods.join('')} over ${thresholds.sequences} documents.`,
              );
              return { memorizationAccuracy, extractionLikelihood, sequences: thresholds.sequences };
            },
          },
          session,
        );
      }),
    );
}
