/** `lethe generate`: continuations of prompts. */

import { Command, Option } from 'commander';
import { counted } from '../../counted.js';
import { InputError } from '../../errors.js';
import { ChatTemplate } from '../../model/chat/chat-template.js';
import { endOfTextIds } from '../../model/decoding/end-of-text.js';
import { cutAtStopString } from '../../model/decoding/stop-strings.js';
import type { GenerateRow, Generation } from '../../model/model.js';
import type { GenerateOptions } from '../../model/options.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { readArchitecture } from '../../model/weights/checkpoint.js';
import { countParameters } from '../../model/weights/layout.js';
import { deriveSeed } from '../../random.js';
import { addIdleRules, WHEN_GREEDY } from '../idle-options.js';
import { locateModel, openModel, openTokenizerIfPresent } from '../open-model.js';
import {
  addModelOptions,
  addRecordOptions,
  addSeedOption,
  integerOption,
  integersOption,
  type ModelOptions,
  numberOption,
  topKOption,
  topPOption,
} from '../options.js';
import {
  claimRecords,
  FORMAT_IN_NAMES,
  RECORDS_INTERRUPTED,
  type RecordWork,
  runRecordJob,
} from '../records/record-job.js';
import { type RecordFormatName, sequenceOf } from '../records/records.js';
import { type Session, withSession } from '../session.js';

const HELP = `
Reads prompts, {id, text}, {id, tokens} or {id, messages} (rendered by the model's chat template, up to where the answer
begins) a line, writes {id, sample, tokens, text, stopReason} for each of --samples
continuations: new tokens only; text leaves special tokens out (null without a tokenizer). stopReason says what ended
it: "stop" (a token id, one of generation_config.json, else of config.json, or a --stop-id; or a --stop string, before
which text is cut while tokens are as drawn) or "length" (--max-tokens). --logprobs adds each token's natural-log
probability under the model itself, before temperature and filters. A continuation depends on the seed, the prompt's id
and the sample's number, and on nothing else that it was decoded with.

Examples:
  lethe generate --model codeparrot-small --input prompts.jsonl --output greedy.jsonl --max-tokens 64 --temperature 0
  lethe generate --model codeparrot-small --input prompts.jsonl --samples 20 --temperature 0.8 --top-p 0.95 | head
  lethe generate --model codeparrot-small --input prompts.jsonl --temperature 0 --stop $'\\ndef ' --stop $'\\nclass '`;

interface Options extends ModelOptions {
  readonly input: string;
  readonly output: string;
  readonly force?: boolean;
  readonly format?: RecordFormatName;
  readonly maxTokens: number;
  readonly samples: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly stop: readonly string[];
  readonly stopId: readonly number[];
  readonly eos: boolean;
  readonly logprobs?: boolean;
  readonly batchRows?: number;
  readonly seed: number;
}

/** What the library decodes together at most where it is not told. */
const MOST_ROWS = 128;

/** The text of tokens as it is written: stop strings are looked for in the same. */
type Decode = (tokens: ArrayLike<number>) => string;

export function createGenerateCommand(): Command {
  const command = new Command('generate')
    .summary('continue prompts')
    .description('Continues prompts with a model, greedily or by sampling.')
    .addOption(integerOption('--max-tokens <n>', 'new tokens at most', { min: 1, default: 64 }))
    .addOption(integerOption('--samples <n>', 'continuations of each prompt', { min: 1, default: 1 }))
    .addOption(numberOption('--temperature <t>', '0 is greedy', { min: 0, default: 1 }))
    .addOption(topKOption())
    .addOption(topPOption())
    .addOption(
      numberOption('--min-p <p>', 'draw from tokens at least this share as likely as the likeliest', {
        min: 0,
        max: 1,
        default: 0,
      }),
    )
    .addOption(
      numberOption('--repetition-penalty <n>', 'of tokens that stand there already, 1: none', {
        min: 1e-9,
        default: 1,
      }),
    )
    .addOption(
      new Option('--stop <string>', 'text that ends a continuation; may be given several times')
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], 'none'),
    )
    .addOption(
      integersOption('--stop-id <ids>', 'token ids that end a continuation, beside the end of text', {
        min: 0,
        default: [],
      }),
    )
    .option('--no-eos', 'go on after an end-of-text token')
    .option('--logprobs', 'add the log-probability of each token')
    .addOption(
      integerOption('--batch-rows <n>', 'continuations decoded together (default: as 1 GiB of cache holds)', {
        min: 1,
      }),
    );
  addIdleRules(command, WHEN_GREEDY, FORMAT_IN_NAMES);
  return addSeedOption(addModelOptions(addRecordOptions(command)))
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withSession(
        async (session) => {
          await using claim = await claimRecords('generate', options);
          const directory = await locateModel(options, session);
          const { maxTokens, samples, temperature, topK, topP, minP, repetitionPenalty, seed } = options;
          const { batchRows, logprobs = false } = options;
          const { config, spec, layout } = await readArchitecture(directory);
          const tokenizer = await openTokenizerIfPresent(directory, spec);
          const stop = checkStop(options.stop, tokenizer);
          const ends = options.eos ? await endOfTextIds(directory, config, spec.vocabularySize) : [];
          const stopIds = [...new Set([...options.stopId, ...ends])];
          const drawn = { maxTokens, temperature, topK, topP, minP, repetitionPenalty, stop, stopIds };
          const written = await runRecordJob(
            {
              command: 'generate',
              options: { ...drawn, samples, logprobs, dtype: options.dtype ?? 'float32' },
              seed,
              model: directory,
              input: options.input,
              output: options.output,
              format: options.format,
              chat: new ChatTemplate(directory, { addGenerationPrompt: true }),
              ignoreSecrets: true,
              batch: {
                // Twice the rows that are decoded together: a row that is done finds one that waits.
                most: Math.max(1, Math.floor((2 * (batchRows ?? MOST_ROWS)) / samples)),
                parameters: countParameters(layout),
                newTokens: maxTokens * samples,
              },
              outputsPerInput: samples,
              open: () => openGenerating(directory, options, { drawn, tokenizer }, session),
            },
            claim,
            session,
          );
          session.say(`Wrote ${counted(written, 'continuation')}.`);
        },
        { whenInterrupted: RECORDS_INTERRUPTED },
      ),
    );
}

async function openGenerating(
  directory: string,
  options: Options,
  {
    drawn,
    tokenizer,
  }: {
    readonly drawn: GenerateOptions & { stop: readonly string[] };
    readonly tokenizer: Tokenizer | undefined;
  },
  session: Session,
): Promise<RecordWork> {
  const { samples, batchRows, logprobs = false, seed } = options;
  const model = await openModel(directory, options);
  const decode: Decode | undefined =
    tokenizer && ((tokens) => tokenizer.decode(tokens, { skipSpecialTokens: true }));
  return {
    async process(batch, note) {
      const rows = batch.flatMap((record): GenerateRow[] => {
        const prompt = sequenceOf(record, { model, tokenizer });
        return Array.from({ length: samples }, (_, sample) => ({
          prompt,
          seed: deriveSeed(seed, record.id, sample),
        }));
      });
      const generations = await model.generate(rows, {
        ...drawn,
        ...(decode === undefined ? {} : { tokenizer: { decode } }),
        ...(batchRows === undefined ? {} : { batchRows }),
        signal: session.signal,
        onProgress: (tokens) => note(`${tokens} tokens`),
      });
      return generations.map((generation, row) => ({
        id: batch[Math.floor(row / samples)]!.id,
        sample: row % samples,
        tokens: [...generation.tokens],
        ...describeEnd(generation, drawn.stop, decode),
        ...(logprobs ? { logprobs: [...generation.logprobs] } : {}),
      }));
    },
    [Symbol.asyncDispose]: () => model.dispose(),
  };
}

/** Stop strings are found in text, so they need a tokenizer. */
function checkStop(stop: readonly string[], tokenizer: Tokenizer | undefined): readonly string[] {
  if (stop.includes(''))
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected a text of at least one character for --stop but received none.',
    );
  if (stop.length > 0 && tokenizer === undefined)
    throw new InputError(
      'ERR_FILE_NOT_FOUND',
      "Expected tokenizer.json in the model's directory for --stop but found none.",
      { remedy: 'Put the tokenizer files beside the model, or end continuations with --stop-id.' },
    );
  return stop;
}

/** What a caller asked to stop at is not part of the answer; a token that ends a continuation may hold it as well. */
function describeEnd(
  { tokens, stopReason }: Generation,
  stop: readonly string[],
  decode: Decode | undefined,
) {
  if (decode === undefined) return { text: null, stopReason };
  return { text: cutAtStopString(decode(tokens), stop), stopReason };
}
