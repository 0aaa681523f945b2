/** `lethe sample`: fills a directory with sampled outputs of a model. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { fileError, InputError } from '../../errors.js';
import { runCampaign } from '../../sampling/campaign.js';
import { locateModel, openModel, openTokenizer } from '../open-model.js';
import {
  addModelOptions,
  addSeedOption,
  integerOption,
  type ModelOptions,
  numberOption,
} from '../options.js';
import { withSession } from '../session.js';

const EXAMPLES = `
Examples:
  lethe sample --model codeparrot-small --output outputs/npg --count 20000
  lethe sample --model codeparrot-small --output outputs/hot --count 1000 --temperature decaying
  lethe sample --model codeparrot-small --output outputs/licence --count 100 --prompt '# Licensed under the Apache'

Outputs are numbered on from what is there. A run that was stopped goes on when the same command is run again.`;

interface Options extends ModelOptions {
  readonly output: string;
  readonly count: number;
  readonly maxTokens: number;
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly temperature: number | 'decaying';
  readonly topK: number;
  readonly topP: number;
  readonly batchRows: number;
  readonly seed: number;
}

export function createSampleCommand(): Command {
  const temperature = numberOption(
    '--temperature <t>',
    'temperature, or "decaying": from 10 to 1 over 20 tokens',
    {
      min: 0,
      default: 1,
    },
  );
  const parseNumber = temperature.parseArg!;
  temperature.argParser<number | 'decaying'>((text, previous) =>
    text === 'decaying' ? text : (parseNumber(text, previous as number) as number),
  );
  return addSeedOption(addModelOptions(new Command('sample')))
    .summary('fill a directory with sampled outputs (the campaign)')
    .description(
      'Samples outputs of a model into <output>/separate/<i>, one file an output: the text after the prompt, without special tokens. Without a prompt every output starts from the beginning-of-text token (npg).',
    )
    .requiredOption('--output <directory>', 'where the outputs go')
    .addOption(integerOption('--count <n>', 'outputs to make', { min: 1, default: 20_000 }))
    .addOption(integerOption('--max-tokens <n>', 'new tokens an output at most', { min: 1, default: 512 }))
    .option('--prompt <text>', 'text to continue')
    .option('--prompt-file <file>', 'file with the text to continue')
    .addOption(temperature)
    .addOption(integerOption('--top-k <n>', 'likeliest tokens to draw from, 0: all', { min: 0, default: 40 }))
    .addOption(
      numberOption('--top-p <p>', 'share of probability to draw from', { min: 0, max: 1, default: 1 }),
    )
    .addOption(integerOption('--batch-rows <n>', 'outputs decoded together', { min: 1, default: 32 }))
    .addHelpText('after', EXAMPLES)
    .action((options: Options) =>
      withSession(
        async (session) => {
          const prompt = await readPrompt(options);
          const directory = await locateModel(options, session);
          await using model = await openModel(directory, options);
          const tokenizer = await openTokenizer(directory, model);
          const result = await session.run(
            runCampaign(model, tokenizer, {
              directory: options.output,
              count: options.count,
              maxTokens: options.maxTokens,
              temperature: options.temperature,
              topK: options.topK,
              topP: options.topP,
              seed: options.seed,
              batchRows: options.batchRows,
              signal: session.signal,
              ...(prompt === undefined ? {} : { prompt }),
            }),
          );
          session.say(
            `${result.directory}/separate holds outputs ${result.first} to ${result.last} now; ${result.made} were made, ${result.tokens} tokens.`,
          );
        },
        { whenInterrupted: 'Finished outputs are kept; run the same command to go on.' },
      ),
    );
}

async function readPrompt({ prompt, promptFile }: Options): Promise<string | undefined> {
  if (promptFile === undefined) return prompt;
  if (prompt !== undefined) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected either --prompt or --prompt-file but received both.',
    );
  }
  try {
    return await readFile(promptFile, 'utf8');
  } catch (error) {
    throw fileError('read', promptFile, error);
  }
}
