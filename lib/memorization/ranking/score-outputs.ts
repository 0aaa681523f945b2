/** Scores outputs, a few at a time, by the likelihood that one or two models give them. */
import * as z from 'zod';
import { check } from '../../check.js';
import { InputError, throwIfAborted } from '../../errors.js';
import type { Model, Tokens } from '../../model/model.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { signalSchema } from '../options.js';
import { type Likelihood, likelihoodOf, meanLikelihood, NO_LIKELIHOOD } from './likelihood.js';
import type { OutputText } from './outputs.js';
import type { ScoredOutput } from './records.js';
import { type Figures, finite, scoresOf, windowScoresOf } from './scores.js';
import { collapseNewlines, windowsOf } from './texts.js';
import { zlibSize } from './zlib-size.js';

export interface RankingModel {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
}

export interface ScoreOutputsOptions {
  /** Lines of a window, an integer >= 1. Published: 6. Default: no windows are scored. */
  readonly windows?: number | undefined;
  /** Share of the tokens that Min-K and Min-K++ look at, above 0, at most 1. Default: 0.2 (Shi et al. 2024). */
  readonly minK?: number | undefined;
  /** Outputs that there are, for the progress. */
  readonly total?: number | undefined;
  /** Outputs that an earlier run has scored and that are left out; they count in the progress. Default: 0. */
  readonly skip?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ScoreOutputsEvent =
  | ProgressEvent
  | { readonly type: 'scored'; readonly outputs: readonly ScoredOutput[] }
  /** The first output that is longer than the context. */
  | { readonly type: 'cut'; readonly id: string; readonly maxTokens: number };

/** Outputs of one pass: with 512 tokens each they fill a batch of `Model.score` twice. */
const OUTPUTS_AT_ONCE = 32;

const schema = z.strictObject({
  windows: z.int().min(1).optional(),
  minK: z.number().gt(0).max(1).default(0.2),
  total: z.int().min(0).optional(),
  skip: z.int().min(0).default(0),
  signal: signalSchema,
});

/**
 * Scores each output as the published ranking does (REFERENCE section 4), and by Min-K and Min-K++: see SCORE_NAMES.
 * Runs of newlines are collapsed first. Text is encoded with the tokens around it that its tokenizer asks for, as published;
 * GPT-2's, CodeGen's and Qwen2's ask for none, so that the first token of a text is not predicted. An output longer than
 * the context is cut to it, and its compressed size and lower-cased text are those of what is left.
 *
 * @param second model 2, which must encode texts as model 1 does; with the same `Tokenizer` no text is encoded twice
 * @throws InputError `ERR_VOCABULARY_MISMATCH` if it does not; `ERR_INVALID_OPTION`
 * @throws AbortedError when the signal fires
 */
export async function* scoreOutputs(
  first: RankingModel,
  second: RankingModel | undefined,
  outputs: Iterable<OutputText> | AsyncIterable<OutputText>,
  options: ScoreOutputsOptions = {},
): AsyncGenerator<ScoreOutputsEvent, void, void> {
  const { windows, minK, total, skip, signal } = check(schema, options, 'options of scoreOutputs');
  const encoder = new SharedEncoder(first, second);
  const likelihoods = (model: Model, texts: readonly Tokens[]) => measure(model, texts, minK, signal);
  let done = 0;
  let warned = false;
  let batch: OutputText[] = [];

  async function scoreBatch(): Promise<ScoredOutput[]> {
    throwIfAborted(signal);
    const prepared = batch.map((output) => prepare(output, encoder, windows));
    const units = prepared.flatMap(({ whole, parts }) => [whole, ...parts]);
    const asIs = await likelihoods(
      first.model,
      units.map(({ tokens }) => tokens),
    );
    const lower = await likelihoods(
      first.model,
      units.map(({ lower }) => lower),
    );
    const other =
      second &&
      (await likelihoods(
        second.model,
        units.map(({ tokens }) => tokens),
      ));
    const figures = units.map(({ zlibBytes }, i) => ({
      first: asIs[i]!,
      second: other?.[i],
      lower: lower[i]!,
      zlibBytes,
    }));
    return prepared.map((output) => {
      const [whole, ...parts] = figures.splice(0, 1 + output.parts.length);
      return describe(output, whole!, windows === undefined ? undefined : parts);
    });
  }

  async function* flush(): AsyncGenerator<ScoreOutputsEvent, void, void> {
    const scored = await scoreBatch();
    done += batch.length;
    batch = [];
    const cut = scored.find((output) => output.cut);
    if (cut !== undefined && !warned) yield { type: 'cut', id: cut.id, maxTokens: encoder.maxTokens };
    warned ||= cut !== undefined;
    yield { type: 'scored', outputs: scored };
    yield progress('rank', done, total, 'outputs');
  }

  yield progress('rank', skip, total, 'outputs');
  for await (const output of outputs) {
    if (done < skip) {
      done++;
      continue;
    }
    batch.push(output);
    if (batch.length === OUTPUTS_AT_ONCE) yield* flush();
  }
  if (batch.length > 0) yield* flush();
}

/** A text to be scored by itself: an output, or a window of one. */
interface Unit {
  readonly tokens: Tokens;
  /** Of the lower-cased text. */
  readonly lower: Tokens;
  readonly zlibBytes: number;
}

interface Prepared {
  readonly id: string;
  readonly cut: boolean;
  readonly whole: Unit;
  /** Its windows, where windows are scored. */
  readonly parts: readonly Unit[];
}

function prepare({ id, text }: OutputText, encoder: SharedEncoder, windows: number | undefined): Prepared {
  const collapsed = collapseNewlines(text);
  const { tokens, cut, end } = encoder.encode(collapsed, id);
  const scored = collapsed.slice(0, end);
  const unit = (part: string, own: Tokens): Unit => {
    const lower = part.toLowerCase();
    return {
      tokens: own,
      lower: lower === part ? own : encoder.encode(lower, id).tokens,
      zlibBytes: zlibSize(Buffer.from(part)),
    };
  };
  return {
    id,
    cut,
    whole: unit(scored, tokens),
    parts:
      windows === undefined
        ? []
        : windowsOf(scored, windows).map((part) => unit(part, encoder.encode(part, id).tokens)),
  };
}

function describe(
  { id, cut, whole, parts }: Prepared,
  figures: Figures,
  windows: readonly Figures[] | undefined,
): ScoredOutput {
  const { first, second, lower, zlibBytes } = figures;
  return {
    id,
    tokens: whole.tokens.length,
    cut,
    zlibBytes,
    perplexity: finite(Math.exp(first.logPerplexity)),
    ...(second === undefined ? {} : { perplexity2: finite(Math.exp(second.logPerplexity)) }),
    perplexityLower: finite(Math.exp(lower.logPerplexity)),
    ...(windows === undefined ? {} : { windows: parts.length }),
    scores: {
      ...scoresOf(figures),
      ...(windows === undefined ? {} : windowScoresOf(meanFigures(windows))),
    },
  };
}

/** Means over windows; those that have nothing to predict are left out, but their bytes count. */
function meanFigures(windows: readonly Figures[]): Figures {
  const seconds = windows.flatMap(({ second }) => second ?? []);
  return {
    first: meanLikelihood(windows.map(({ first }) => first)),
    second: seconds.length === 0 ? undefined : meanLikelihood(seconds),
    lower: meanLikelihood(windows.map(({ lower }) => lower)),
    zlibBytes: windows.reduce((sum, { zlibBytes }) => sum + zlibBytes, 0) / windows.length,
  };
}

/** One entry a text, in their order. */
async function measure(
  model: Model,
  texts: readonly Tokens[],
  minK: number,
  signal: AbortSignal | undefined,
): Promise<Likelihood[]> {
  const measurable = texts.filter((tokens) => tokens.length >= 2);
  const scores = await model.score(measurable, signal === undefined ? {} : { signal });
  let next = 0;
  return texts.map((tokens) => (tokens.length < 2 ? NO_LIKELIHOOD : likelihoodOf(scores[next++]!, minK)));
}

/** Encodes for both models at once, and notices when that cannot be done. */
class SharedEncoder {
  /** The shorter context. */
  readonly maxTokens: number;

  constructor(
    readonly first: RankingModel,
    readonly second: RankingModel | undefined,
  ) {
    this.maxTokens = Math.min(first.model.contextLength, second?.model.contextLength ?? Infinity);
  }

  /** Tokens of the text, cut to the context, and where in the text the last one ends. */
  encode(text: string, id: string): { readonly tokens: Tokens; readonly cut: boolean; readonly end: number } {
    const options = { maxTokens: this.maxTokens, addSpecialTokens: true };
    const { tokens, offsets, truncated } = this.first.tokenizer.encode(text, options);
    const second = this.second?.tokenizer;
    const other = second === this.first.tokenizer ? undefined : second?.encode(text, options).tokens;
    if (other !== undefined && Buffer.compare(bytesOf(tokens), bytesOf(other)) !== 0)
      throw new InputError(
        'ERR_VOCABULARY_MISMATCH',
        `Expected two models that share a tokenizer but output ${JSON.stringify(id)} is encoded as ${tokens.length} tokens for the first and as ${tokens.length === other.length ? 'other' : other.length} tokens for the second.`,
        { remedy: 'Perplexities compare only over the same tokens: take two models of one family.' },
      );
    // The last token may be one that stands after the text, at 0.
    const end = truncated ? offsets.reduce((furthest, offset) => Math.max(furthest, offset), 0) : text.length;
    return { tokens, cut: truncated, end };
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
