/** What the demo measures before and after unlearning, each a call or two of the library. */
import { type LossResult, measureLoss } from '../../memorization/loss.js';
import { measureMemorization } from '../../memorization/measure.js';
import { type MeasureSecretsOptions, measureSecrets } from '../../memorization/measure-secrets.js';
import type { Model, Tokens } from '../../model/model.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { ProgressEvent } from '../../progress.js';
import type { ReportTokenScores } from '../../report/input.js';
import type { MaskedSequence } from './corpus.js';

/** A line of `probes-before.jsonl` and `probes-after.jsonl`: one secret. */
export interface ProbedSecret {
  readonly document: string;
  readonly tag: string;
  readonly type: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** Number of its tokens. */
  readonly tokens: number;
  readonly memorizationAccuracy: number | null;
  readonly extractionLikelihood: Readonly<Record<string, number | null>>;
  /** What greedy decoding writes in its place. */
  readonly completion: string;
}

/** Puts the true beginning of each document to the model and compares what it says next with the secret. */
export async function* probeSecrets(
  model: Model,
  tokenizer: Tokenizer,
  documents: readonly MaskedSequence[],
  options: MeasureSecretsOptions,
): AsyncGenerator<ProgressEvent, ProbedSecret[], void> {
  const { perExample } = yield* measureSecrets(model, documents, options);
  const spans = documents.flatMap(({ tokens, spans }) => spans.map((span) => ({ tokens, ...span })));
  const completions = await model.generate(
    spans.map(({ tokens, first, last }) => ({ prompt: tokens, start: first, maxTokens: last - first + 1 })),
    { maxTokens: 1, temperature: 0, ...(options.signal && { signal: options.signal }) },
  );
  let next = 0;
  return documents.flatMap(({ id, spans }, i) =>
    spans.map(({ secret, first, last }, j): ProbedSecret => {
      const { memorizationAccuracy, extractionLikelihood } = perExample[i]!.secrets[j]!;
      return {
        document: id,
        ...secret,
        tokens: last - first + 1,
        memorizationAccuracy,
        extractionLikelihood,
        completion: tokenizer.decode(completions[next++]!.tokens),
      };
    }),
  );
}

export interface CodeFigures {
  readonly documents: number;
  /** Tokens that were predicted. */
  readonly tokens: number;
  /** Nats a token. */
  readonly loss: number;
  readonly memorizationAccuracy: number;
}

/** Loss and MA of code; `perExample` of MA says which documents are memorized. */
export async function* measureCode(
  model: Model,
  sequences: readonly Tokens[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ProgressEvent, { figures: CodeFigures; perExample: readonly number[] }, void> {
  const { loss, tokens }: LossResult = yield* measureLoss(model, sequences, { signal });
  const { aggregate, perExample } = yield* measureMemorization(model, sequences, { el: [], signal });
  return {
    figures: {
      documents: sequences.length,
      tokens,
      loss,
      memorizationAccuracy: aggregate.memorizationAccuracy,
    },
    perExample: perExample.map((each) => each.memorizationAccuracy),
  };
}

/** What the model says of tokens 2..T of a document's text, given the beginning-of-text token and what precedes them. */
export async function scoreDocuments(
  model: Model,
  sequences: readonly Tokens[],
  signal: AbortSignal | undefined,
): Promise<ReportTokenScores[]> {
  const scores = await model.score(sequences, { ...(signal && { signal }) });
  return scores.map(({ logprobs, hits }) => ({
    logprobs: Array.from(logprobs.subarray(1), (value) => Number(value.toFixed(4))),
    hits: [...hits.subarray(1)],
  }));
}
