/** The sampling campaign: fills directories with outputs of a model, and can be stopped at any time. */
import { join } from 'node:path';
import * as z from 'zod';
import { check } from '../check.js';
import { InputError, throwIfAborted } from '../errors.js';
import type { ProgressEvent } from '../progress.js';
import { type CampaignModel, campaignModelSchema } from './campaign-model.js';
import { type CampaignSettings, claimOutputs, type OutputRange } from './campaign-record.js';
import { LAYOUTS, type OutputLayout, openLogProbs, openOutputStore } from './output-directory.js';
import { promptHash } from './results-directory.js';
import {
  type OutputsEvent,
  promptTokens,
  type SamplingModel,
  type SamplingTokenizer,
  type Sink,
  sampleInto,
} from './sample-into.js';
import { type SamplingOptions, samplingSettings } from './strategies.js';

interface SharedOptions extends SamplingOptions {
  /** Outputs to make of each prompt, >= 1. Published: 20 000. */
  readonly count: number;
  /** Make what is missing to `count` in all, which may be nothing. Default false: `count` more than are there. */
  readonly fill?: boolean;
  /** New tokens an output at most. Default 512, as published. */
  readonly maxTokens?: number;
  /** Integer >= 0. Default 0. An output depends on the seed, the prompt and its number, on nothing else. */
  readonly seed?: number;
  /** `separate`: one file an output, as published; `jsonl`: a thousand outputs a file. Default `separate`. */
  readonly layout?: OutputLayout;
  /** Keep token ids and log-probabilities beside the outputs, in `logprobs-000000.jsonl`. Default false. */
  readonly logProbs?: boolean;
  /** Outputs decoded together. Default: as many as 1 GiB of cache holds, from 1 to 128. */
  readonly batchRows?: number;
  /** Recorded; going on with another one is refused. Default: none, as of a model that is no directory. */
  readonly model?: CampaignModel;
  /** Recorded with the run. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface CampaignOptions extends SharedOptions {
  /** Where the outputs go, numbered on from what is there. */
  readonly directory: string;
  /** Default: non-prompt generation (npg), from a single token. */
  readonly prompt?: string;
  /** Id of the token that outputs without a prompt start from. Default: BOS, see {@link promptTokens}. */
  readonly startToken?: number;
}

export interface PromptCampaignsOptions extends SharedOptions {
  /** Where the prompts' directories go: each is called by the SHA-1 of its prompt. */
  readonly directory: string;
  /** At least one; of equal ones the first counts. */
  readonly prompts: readonly string[];
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

export interface PromptCampaignsResult {
  /** In the order of the prompts. */
  readonly campaigns: readonly CampaignResult[];
  readonly made: number;
  readonly tokens: number;
}

export type CampaignEvent = ProgressEvent | OutputsEvent;

const sharedSchema = {
  count: z.int().min(1).max(100_000_000),
  fill: z.boolean().default(false),
  directory: z.string().min(1),
  maxTokens: z.int().min(1).default(512),
  temperature: z.union([z.literal('decaying'), z.number().min(0)]).optional(),
  topK: z.int().min(0).optional(),
  topP: z.number().gt(0).max(1).optional(),
  seed: z.int().min(0).default(0),
  layout: z.enum(LAYOUTS).default('separate'),
  logProbs: z.boolean().default(false),
  batchRows: z.int().min(1).optional(),
  model: campaignModelSchema.optional(),
  versions: z.record(z.string(), z.string()).default({}),
  signal: z.instanceof(AbortSignal).optional(),
};
const campaignSchema = z
  .strictObject({
    ...sharedSchema,
    prompt: z.string().min(1).optional(),
    startToken: z.int().min(0).optional(),
  })
  .refine(({ prompt, startToken }) => prompt === undefined || startToken === undefined, {
    error: 'a prompt or a startToken, not both',
  });
const promptsSchema = z.strictObject({ ...sharedSchema, prompts: z.array(z.string().min(1)).min(1) });

type Checked = Omit<z.output<typeof campaignSchema>, 'prompt' | 'startToken' | 'directory'>;

/** A directory to fill, and what its outputs continue; undefined: the start token, or else BOS. */
interface Campaign {
  readonly directory: string;
  readonly prompt: string | undefined;
  readonly startToken?: number | undefined;
}

/**
 * Samples `count` outputs. A run that was stopped is taken up by the same call; after a finished one, the same call
 * makes `count` more. What is stored is the text after the prompt, without special tokens.
 *
 * @throws InputError `ERR_RUN_MISMATCH`, `ERR_CONTEXT_LENGTH`, `ERR_VOCABULARY_MISMATCH`, `ERR_FILE_WRITE`
 * @throws AbortedError once decoding has stopped; finished outputs are on disk
 */
export async function* runCampaign(
  model: SamplingModel,
  tokenizer: SamplingTokenizer,
  options: CampaignOptions,
): AsyncGenerator<CampaignEvent, CampaignResult, void> {
  const checked = check(campaignSchema, options, 'options of runCampaign');
  const { directory, prompt, startToken, ...shared } = checked;
  const [result] = yield* runAll(model, tokenizer, [{ directory, prompt, startToken }], shared);
  return result!;
}

/**
 * Samples `count` outputs of each prompt into a directory of its own, `<directory>/<SHA-1 of the prompt>`, all of them
 * as one run: it is taken up as a whole, and outputs of different prompts are decoded together.
 *
 * @throws as {@link runCampaign}
 */
export async function* runPromptCampaigns(
  model: SamplingModel,
  tokenizer: SamplingTokenizer,
  options: PromptCampaignsOptions,
): AsyncGenerator<CampaignEvent, PromptCampaignsResult, void> {
  const { directory, prompts, ...shared } = check(promptsSchema, options, 'options of runPromptCampaigns');
  const campaigns = [...new Set(prompts)].map((prompt) => ({
    directory: join(directory, promptHash(prompt)),
    prompt,
  }));
  const results = yield* runAll(model, tokenizer, campaigns, shared);
  const sum = (of: (result: CampaignResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  return { campaigns: results, made: sum(({ made }) => made), tokens: sum(({ tokens }) => tokens) };
}

async function* runAll(
  model: SamplingModel,
  tokenizer: SamplingTokenizer,
  campaigns: readonly Campaign[],
  {
    count,
    fill,
    maxTokens,
    seed,
    layout,
    logProbs,
    batchRows,
    model: identity,
    versions,
    signal,
    ...given
  }: Checked,
): AsyncGenerator<CampaignEvent, CampaignResult[], void> {
  const { stopAtEnd, ...drawn } = samplingSettings(dropUndefined(given));
  for (const campaign of campaigns) requireRoom(model, tokenizer, campaign, maxTokens);
  throwIfAborted(signal);

  const settingsOf = ({ prompt, startToken }: Campaign): CampaignSettings => ({
    prompt: prompt ?? null,
    startToken: startToken ?? null,
    maxTokens,
    ...drawn,
    temperatures: [...drawn.temperatures],
    stopAtEnd,
    layout,
    logProbs,
  });
  const ranges = await claimOutputs(
    campaigns.map((campaign) => ({ directory: campaign.directory, settings: settingsOf(campaign) })),
    { count, seed, fill, model: identity, versions },
  );

  const sinks: Sink[] = campaigns.map(({ directory, prompt, startToken }, i) => ({
    prompt,
    startToken,
    numbers: ranges[i]!.missing,
    outputs: openOutputStore(directory, layout),
    logProbs: logProbs ? openLogProbs(directory) : undefined,
    tokens: 0,
  }));
  yield* sampleInto(sinks, model, tokenizer, {
    seed,
    signal,
    decoding: {
      maxTokens,
      temperature: drawn.temperatures,
      topK: drawn.topK,
      topP: drawn.topP,
      stopIds: stopAtEnd && tokenizer.eosId !== undefined ? [tokenizer.eosId] : [],
      ...(batchRows === undefined ? {} : { batchRows }),
    },
  });
  return campaigns.map(({ directory }, i) => resultOf(directory, ranges[i]!, sinks[i]!.tokens));
}

function resultOf(directory: string, { first, count, missing }: OutputRange, tokens: number): CampaignResult {
  return { directory, first, last: first + count - 1, made: missing.length, tokens };
}

/** Asked of every prompt before anything is written. */
function requireRoom(
  model: SamplingModel,
  tokenizer: SamplingTokenizer,
  { prompt, startToken }: Campaign,
  maxTokens: number,
): void {
  const { length } = promptTokens(tokenizer, prompt, startToken);
  if (length + maxTokens <= model.contextLength) return;
  throw new InputError(
    'ERR_CONTEXT_LENGTH',
    `Expected prompt and new tokens to fit the model's context of ${model.contextLength} tokens but received ${length} + ${maxTokens}.`,
    { remedy: 'Ask for fewer tokens, or shorten the prompt.' },
  );
}

function dropUndefined(options: {
  temperature?: number | 'decaying' | undefined;
  topK?: number | undefined;
  topP?: number | undefined;
}): SamplingOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
