/** The sampling campaign: fills a directory with outputs of a model, one file an output, and can be stopped at any time. */
import { z } from 'zod';
import { check } from '../check.js';
import { InputError, throwIfAborted } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import type { GenerateOptions, GenerateRow, Generation, Tokens } from '../model/model.js';
import { type ProgressEvent, progress } from '../progress.js';
import { deriveSeed } from '../random.js';
import { claimOutputs, outputPath } from './output-directory.js';
import { type SamplingOptions, samplingSettings } from './strategies.js';

export interface CampaignOptions extends SamplingOptions {
  /** Outputs to make, >= 1. Published: 20 000. */
  readonly count: number;
  /** Where they go: `separate/<i>`, numbered on from what is there. */
  readonly directory: string;
  /** New tokens an output at most. Default 512, as published. */
  readonly maxTokens?: number;
  /** Default: non-prompt generation (npg), from the single BOS token. */
  readonly prompt?: string;
  /** Integer >= 0. Default 0. An output depends on the seed, the prompt and its number, on nothing else. */
  readonly seed?: number;
  /** Outputs decoded together. Default 32. */
  readonly batchRows?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CampaignResult {
  readonly directory: string;
  /** Numbers of the first and last output of this run. */
  readonly first: number;
  readonly last: number;
  /** Outputs made by this call; fewer than asked for if it took up a stopped run. */
  readonly made: number;
  /** New tokens of the outputs made by this call. */
  readonly tokens: number;
}

export interface OutputsEvent {
  readonly type: 'outputs';
  /** Numbers of outputs that are on disk now. */
  readonly numbers: readonly number[];
}

export type CampaignEvent = ProgressEvent | OutputsEvent;

/** The part of a `Model` that is needed. */
export interface SamplingModel {
  readonly contextLength: number;
  generate(rows: readonly GenerateRow[], options: GenerateOptions): Promise<Generation[]>;
}

/** The part of a `Tokenizer` that is needed. */
export interface SamplingTokenizer {
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  encode(text: string): { readonly tokens: Tokens };
  decode(tokens: ArrayLike<number>, options: { readonly skipSpecialTokens: boolean }): string;
}

const optionsSchema = z.strictObject({
  count: z.int().min(1).max(100_000_000),
  directory: z.string().min(1),
  maxTokens: z.int().min(1).default(512),
  prompt: z.string().min(1).optional(),
  temperature: z.union([z.literal('decaying'), z.number().min(0)]).optional(),
  topK: z.int().min(0).optional(),
  topP: z.number().gt(0).max(1).optional(),
  seed: z.int().min(0).default(0),
  batchRows: z.int().min(1).default(32),
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Samples `count` outputs. A run that was stopped is taken up by the same call; after a finished one, the same call
 * makes `count` more. What is stored is the text after the prompt, without special tokens.
 *
 * @throws InputError `ERR_RUN_MISMATCH`, `ERR_CONTEXT_LENGTH`, `ERR_VOCABULARY_MISMATCH`, `ERR_FILE_WRITE`
 * @throws AbortedError once the running batch has stopped; finished batches are on disk
 */
export async function* runCampaign(
  model: SamplingModel,
  tokenizer: SamplingTokenizer,
  options: CampaignOptions,
): AsyncGenerator<CampaignEvent, CampaignResult, void> {
  const { count, directory, maxTokens, prompt, seed, batchRows, signal, ...sampling } = check(
    optionsSchema,
    options,
    'options of runCampaign',
  );
  const { stopAtEnd, ...settings } = samplingSettings(dropUndefined(sampling));

  const promptTokens = prompt === undefined ? startOfText(tokenizer) : tokenizer.encode(prompt).tokens;
  if (promptTokens.length + maxTokens > model.contextLength) {
    throw new InputError(
      'ERR_CONTEXT_LENGTH',
      `Expected prompt and new tokens to fit the model's context of ${model.contextLength} tokens but received ${promptTokens.length} + ${maxTokens}.`,
      { remedy: 'Ask for fewer tokens or shorten the prompt.' },
    );
  }
  const stopIds = stopAtEnd && tokenizer.eosId !== undefined ? [tokenizer.eosId] : [];
  throwIfAborted(signal);

  const range = await claimOutputs(
    directory,
    { prompt: prompt ?? null, maxTokens, stopAtEnd, ...settings, temperatures: [...settings.temperatures] },
    count,
    seed,
  );
  let tokens = 0;
  for (let begin = 0; begin < range.missing.length; begin += batchRows) {
    const numbers = range.missing.slice(begin, begin + batchRows);
    const generations = await model.generate(
      numbers.map((number) => ({ prompt: promptTokens, seed: deriveSeed(seed, prompt ?? '', number) })),
      {
        maxTokens,
        temperature: settings.temperatures,
        topK: settings.topK,
        topP: settings.topP,
        stopIds,
        batchRows,
        ...(signal === undefined ? {} : { signal }),
      },
    );
    for (const [i, generation] of generations.entries()) {
      tokens += generation.tokens.length;
      const text = tokenizer.decode(generation.tokens, { skipSpecialTokens: true });
      await writeFileAtomic(outputPath(directory, numbers[i]!), text);
    }
    yield { type: 'outputs', numbers };
    const made = begin + numbers.length;
    const left = range.missing.length - made;
    yield progress('sample', tokens, tokens + left * maxTokens, 'tokens', `${made} outputs`);
  }
  return {
    directory,
    first: range.first,
    last: range.first + range.count - 1,
    made: range.missing.length,
    tokens,
  };
}

/** The single BOS token; models of the GPT-2 family use one token for both ends of a text. */
function startOfText({ bosId, eosId }: SamplingTokenizer): Tokens {
  const id = bosId ?? eosId;
  if (id === undefined) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected a tokenizer with a beginning-of-text token for sampling without a prompt but found none.',
      { remedy: 'Give a prompt.' },
    );
  }
  return Int32Array.of(id);
}

function dropUndefined(options: {
  temperature?: number | 'decaying' | undefined;
  topK?: number | undefined;
  topP?: number | undefined;
}): SamplingOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
