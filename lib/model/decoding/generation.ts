/** Generation as a model's callers see it: rows and options checked, turned into decoding, and collected. */
import { check } from '../../check.js';
import { InputError } from '../../errors.js';
import type { NativeModel, StopReason } from '../../native/contract.js';
import { translateNativeErrors } from '../../native/errors.js';
import { deriveSeed } from '../../random.js';
import { withCancel } from '../native-call.js';
import {
  type GenerateOptions,
  type GenerateRow,
  type Generation,
  type GenerationEvent,
  generateSchema,
  rowsSchema,
} from '../options.js';
import { decode } from './decoding.js';
import { holdsStopString } from './stop-strings.js';

/** Native steps between two looks at the signal and the events, where nobody watches token by token. */
const STEPS_PER_CALL = 16;

/** Where the caller sets no number of slots: what one step reads beside the weights stays in proportion to them. */
const DEFAULT_CACHE_BYTES = 2 ** 30;
const MOST_DEFAULT_SLOTS = 128;

/** What generation needs to know of a model. */
export interface Generator {
  readonly native: NativeModel;
  readonly contextLength: number;
  /** Keys and values of one token in all layers. */
  readonly cacheBytesPerToken: number;
}

/** Runs the rows to their end; results are in input order. */
export async function generateRows(
  generator: Generator,
  rows: readonly GenerateRow[],
  options: GenerateOptions,
): Promise<Generation[]> {
  check(rowsSchema, rows, 'rows of generate');
  const made = rows.map(() => ({
    tokens: [] as number[],
    logprobs: [] as number[],
    stopReason: 'length' as StopReason,
  }));
  let [tokensDone, rowsDone] = [0, 0];
  for await (const event of streamRows(generator, rows, options, STEPS_PER_CALL)) {
    const row = made[event.row]!;
    if (event.type === 'token') {
      row.tokens.push(event.token);
      row.logprobs.push(event.logprob);
      tokensDone++;
    } else {
      row.stopReason = event.stopReason;
      rowsDone++;
      options.onProgress?.(tokensDone, rowsDone);
    }
  }
  return made.map(({ tokens, logprobs, stopReason }) => ({
    tokens: Int32Array.from(tokens),
    logprobs: Float32Array.from(logprobs),
    stopReason,
  }));
}

/** The same as it happens: every token of every row, and each row's end. */
export async function* streamRows(
  generator: Generator,
  rows: readonly GenerateRow[],
  options: GenerateOptions,
  stepsPerCall: number,
): AsyncGenerator<GenerationEvent, void, void> {
  const { native, contextLength, cacheBytesPerToken } = generator;
  const { signal, stop, tokenizer, ...settings } = check(generateSchema, options, 'options of generate');
  check(rowsSchema, rows, 'rows of generate');
  if (stop.length > 0 && tokenizer === undefined) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected a tokenizer for the stop strings of generate but received none.',
    );
  }
  for (const { prompt, start = prompt.length, maxTokens = settings.maxTokens } of rows) {
    if (start + maxTokens <= contextLength) continue;
    throw new InputError(
      'ERR_CONTEXT_LENGTH',
      `Expected at most ${contextLength} tokens (the model's context) for a prompt and its continuation but received ${start} + ${maxTokens}.`,
      { remedy: 'Shorten the prompt, or ask for fewer tokens.' },
    );
  }
  const planned = rows.map(({ prompt, start, maxTokens, seed }, i) => ({
    prompt,
    start: start ?? prompt.length,
    maxTokens: maxTokens ?? settings.maxTokens,
    seed: seed ?? deriveSeed(settings.seed, i),
  }));
  const capacity = planned.reduce((most, { start, maxTokens }) => Math.max(most, start + maxTokens), 0);
  const fitting = Math.floor(DEFAULT_CACHE_BYTES / (capacity * cacheBytesPerToken));
  yield* decode(
    {
      open: (session) => translateNativeErrors(() => native.openSession(session)),
      call: (work) => withCancel(signal, work),
    },
    planned,
    {
      slots: settings.batchRows ?? Math.min(MOST_DEFAULT_SLOTS, Math.max(1, fitting)),
      stepsPerCall: stop.length > 0 ? 1 : stepsPerCall,
      endsText: stop.length > 0 ? (_, tokens) => holdsStopString(tokens, stop, tokenizer!) : undefined,
      options: {
        temperatures: Float32Array.from([settings.temperature].flat()),
        topK: settings.topK,
        topP: settings.topP,
        minP: settings.minP,
        repetitionPenalty: settings.repetitionPenalty,
        stopIds: Int32Array.from(settings.stopIds),
      },
    },
  );
}
