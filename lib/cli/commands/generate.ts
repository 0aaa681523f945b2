/** `lethe generate`: continuations of prompts. */
import { Command } from 'commander';
import type { GenerateRow, Model } from '../../model/model.js';
import { deriveSeed } from '../../random.js';
import { locateModel, openModel, openTokenizerIfPresent } from '../open-model.js';
import {
  addFileOptions,
  addModelOptions,
  addSeedOption,
  integerOption,
  integersOption,
  type ModelOptions,
  numberOption,
} from '../options.js';
import { RECORDS_INTERRUPTED, runRecordJob } from '../record-job.js';
import { sequenceOf } from '../records.js';
import { withSession } from '../session.js';

const HELP = `
Reads prompts, {id, text} or {id, tokens} a line, writes {id, sample, tokens, text, stopReason} for each of --samples
continuations: new tokens only; text leaves special tokens out (null without a tokenizer); stopReason is "length" or
"stop". A continuation depends on the seed, the prompt's id and the sample's number, and on nothing else that it was
decoded with.

Examples:
  lethe generate --model codeparrot-small --input prompts.jsonl --output greedy.jsonl --max-tokens 64 --temperature 0
  lethe generate --model codeparrot-small --input prompts.jsonl --samples 20 --temperature 0.8 --top-p 0.95 | head`;

interface Options extends ModelOptions {
  readonly input: string;
  readonly output: string;
  readonly maxTokens: number;
  readonly samples: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly stopId: readonly number[];
  readonly eos: boolean;
  readonly seed: number;
}

export function createGenerateCommand(): Command {
  const command = new Command('generate')
    .summary('continue prompts')
    .description('Continues prompts with a model, greedily or by sampling.')
    .addOption(integerOption('--max-tokens <n>', 'new tokens at most', { min: 1, default: 64 }))
    .addOption(integerOption('--samples <n>', 'continuations of each prompt', { min: 1, default: 1 }))
    .addOption(numberOption('--temperature <t>', '0 is greedy', { min: 0, default: 1 }))
    .addOption(integerOption('--top-k <n>', 'likeliest tokens to draw from, 0: all', { min: 0, default: 0 }))
    .addOption(
      numberOption('--top-p <p>', 'share of probability to draw from', { min: 1e-9, max: 1, default: 1 }),
    )
    .addOption(
      integersOption('--stop-id <ids>', 'token ids that end a continuation, beside the end of text', {
        min: 0,
        default: [],
      }),
    )
    .option('--no-eos', 'go on after an end-of-text token');
  return addSeedOption(addModelOptions(addFileOptions(command)))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(
        async (session) => {
          const directory = await locateModel(options, session);
          await using model = await openModel(directory, options);
          const tokenizer = await openTokenizerIfPresent(directory, model);
          const { maxTokens, samples, temperature, topK, topP, seed } = options;
          const stopIds = [...new Set([...options.stopId, ...(options.eos ? endOfTextIds(model) : [])])];
          const written = await runRecordJob(
            {
              command: 'generate',
              options: {
                maxTokens,
                samples,
                temperature,
                topK,
                topP,
                stopIds,
                dtype: options.dtype ?? 'float32',
              },
              seed,
              model: directory,
              input: options.input,
              output: options.output,
              batchRecords: Math.max(1, Math.floor(64 / samples)),
              outputsPerInput: samples,
              process: async (batch, note) => {
                const rows = batch.flatMap((record): GenerateRow[] => {
                  const prompt = sequenceOf(record, { model, tokenizer });
                  return Array.from({ length: samples }, (_, sample) => ({
                    prompt,
                    seed: deriveSeed(seed, record.id, sample),
                  }));
                });
                const generations = await model.generate(rows, {
                  maxTokens,
                  temperature,
                  topK,
                  topP,
                  stopIds,
                  signal: session.signal,
                  onProgress: (tokens) => note(`${tokens} tokens`),
                });
                return generations.map(({ tokens, stopReason }, row) => ({
                  id: batch[Math.floor(row / samples)]!.id,
                  sample: row % samples,
                  tokens: [...tokens],
                  text: tokenizer?.decode(tokens, { skipSpecialTokens: true }) ?? null,
                  stopReason,
                }));
              },
            },
            session,
          );
          session.say(`Wrote ${written} continuations.`);
        },
        { whenInterrupted: RECORDS_INTERRUPTED },
      ),
    );
}

/** `eos_token_id` of config.json, one or several, as far as the model knows them (GPT-2's default is 50256). */
function endOfTextIds({ config, vocabularySize }: Model): number[] {
  const ids = [config.eos_token_id].flat();
  return ids.filter((id): id is number => Number.isInteger(id) && (id as number) < vocabularySize);
}
