/** What `secrets probe` says of how likely a secret is: under a sampler, among guesses, and beside a reference model. */
import type { Command } from 'commander';
import { CURVE_PREFIXES, measureExtraction, type SecretExtraction } from '../../memorization/extraction.js';
import type { Model } from '../../model/model.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { drain, type ProgressEvent, progress } from '../../progress.js';
import { measureGuessRank } from '../../secrets/guessing/guess-rank.js';
import { addIdleRules } from '../idle-options.js';
import { locateModel, openModel, openTokenizer } from '../open-model.js';
import {
  addSeedOption,
  integerOption,
  integersOption,
  type ModelOptions,
  numberOption,
  topKOption,
  topPOption,
} from '../options.js';
import type { Session } from '../session.js';
import { encodeAs, type InputRecord } from './records.js';
import {
  type DocumentReader,
  documentOf,
  type MeasuredDocument,
  type ProbingOptions,
} from './secret-probing.js';

export interface LikelihoodOptions {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly prefixes: readonly number[];
  /** 0: no guess ranks. */
  readonly guesses: number;
  readonly seed: number;
  readonly reference?: string;
}

/** Adds `--temperature --top-k --top-p --prefixes --guesses --seed --reference`. */
export function addLikelihoodOptions(command: Command): Command {
  command
    .addOption(
      numberOption('--temperature <t>', 'of the sampler of logp, 0 is greedy', { min: 0, default: 1 }),
    )
    .addOption(topKOption())
    .addOption(topPOption())
    .addOption(
      integersOption('--prefixes <list>', 'prefix lengths of the curve, separated by commas', {
        min: 1,
        default: CURVE_PREFIXES,
      }),
    )
    .addOption(
      integerOption('--guesses <n>', 'random strings that a secret is ranked among, 0: no guessRank', {
        min: 0,
        max: 1_000_000,
        default: 1000,
      }),
    )
    .option('--reference <name>', 'a model that has not seen the secrets, to compare with');
  addIdleRules(
    command,
    {
      options: ['topK', 'topP'],
      beside: ({ temperature }) => (temperature === 0 ? 'with --temperature 0' : undefined),
    },
    { options: ['seed'], beside: ({ guesses }) => (guesses === 0 ? 'with --guesses 0' : undefined) },
  );
  return addSeedOption(command);
}

/** What the figures depend on, for the record of the run. */
export function likelihoodSettings({ temperature, topK, topP, prefixes, guesses, seed }: LikelihoodOptions) {
  return {
    ...{ temperature, topK, topP, prefixes, guesses },
    ...(guesses === 0 ? {} : { guessSeed: seed }),
  };
}

/** Passes over a record's tokens that these figures take, roughly: guesses are short and share what precedes them. */
export function likelihoodPasses({ guesses, reference }: LikelihoodOptions): number {
  return 4 + guesses / 10 + (reference === undefined ? 0 : 4);
}

/** The keys of one secret, as they are written. */
export interface Likelihood {
  /** Of a secret that the sampler never writes null, and n50 and n99 too: no number of samples is enough. */
  readonly logp: number | null;
  readonly curve: readonly { readonly prefix: number; readonly logp: number | null }[];
  readonly n50: number | null;
  readonly n99: number | null;
  readonly cheapestPrefix: number | null;
  readonly guessRank?: number | null;
  readonly referenceLogp?: number | null;
  readonly logRatio?: number | null;
}

export interface Likelihoods extends AsyncDisposable {
  /** By record and by secret, in the order of the documents' spans. */
  of(
    records: readonly InputRecord[],
    documents: readonly MeasuredDocument[],
    show: (event: ProgressEvent) => void,
  ): Promise<Likelihood[][]>;
}

interface Reader extends DocumentReader {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
}

/** Where `--reference` lies. */
export async function locateReference(
  { reference, localFilesOnly = false }: LikelihoodOptions & Pick<ModelOptions, 'localFilesOnly'>,
  session: Session,
): Promise<string | undefined> {
  return reference === undefined ? undefined : locateModel({ model: reference, localFilesOnly }, session);
}

type Opened = Reader &
  LikelihoodOptions &
  Pick<ModelOptions, 'device' | 'dtype' | 'threads'> &
  Pick<ProbingOptions, 'prefixTokens'> & { readonly referenceDirectory: string | undefined };

/** @param reader of the model that is probed; the options are the command's */
export async function openLikelihoods(reader: Opened, session: Session): Promise<Likelihoods> {
  const { model, prefixTokens, prefixes, temperature, topK, topP, guesses } = reader;
  const { signal } = session;
  const sampler = { temperature, topK, topP };
  const reference = await openReference(reader, session);
  return {
    async of(records, documents, show) {
      const whole = documents.map(onlyWhole);
      const extraction = await drain(
        measureExtraction(model, whole, { prefixTokens, prefixes, sampler, signal }),
        show,
      );
      const ranks = guesses === 0 ? undefined : await rankAll(reader, records, whole, signal, show);
      const ratios = await reference?.compare(records, documents, show);
      return documents.map((document, i) => {
        let next = 0;
        return document.whole.map((isWhole, j) => {
          const at = next;
          if (isWhole) next++;
          return {
            ...extractionFigures(isWhole ? extraction[i]![at]! : undefined),
            ...(ranks === undefined ? {} : { guessRank: isWhole ? finite(ranks[i]![at]!) : null }),
            ...(ratios === undefined ? {} : ratios[i]![j]!),
          };
        });
      });
    },
    [Symbol.asyncDispose]: async () => reference?.[Symbol.asyncDispose](),
  };
}

/** The probability of a part of a secret is not that of the secret. */
function onlyWhole(document: MeasuredDocument): MeasuredDocument {
  return { ...document, spans: document.spans.filter((_, i) => document.whole[i]) };
}

function extractionFigures(measured: SecretExtraction | undefined) {
  if (measured === undefined) return { logp: null, curve: [], n50: null, n99: null, cheapestPrefix: null };
  const { logp, curve, n50, n99, cheapestPrefix } = measured;
  return {
    logp: finite(logp),
    curve: curve.map((point) => ({ ...point, logp: finite(point.logp) })),
    n50: finite(n50),
    n99: finite(n99),
    cheapestPrefix: cheapestPrefix ?? null,
  };
}

/** JSON has no word for infinity or for what is not a number. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

async function rankAll(
  reader: Opened,
  records: readonly InputRecord[],
  documents: readonly MeasuredDocument[],
  signal: AbortSignal,
  show: (event: ProgressEvent) => void,
): Promise<number[][]> {
  const { model, tokenizer, guesses, seed, prefixTokens } = reader;
  const total = documents.reduce((sum, { spans }) => sum + spans.length, 0);
  let done = 0;
  const ranks: number[][] = [];
  for (const [i, { id, spans }] of documents.entries()) {
    const record = records[i]!;
    const own: number[] = [];
    for (const { secret } of spans) {
      show(progress('rank among guesses', done, total, 'secrets'));
      const encode = (text: string) => encodeAs(record, text, tokenizer);
      const subject = { id, text: record.text!, secret: secret!, encode };
      own.push(await measureGuessRank(model, subject, { guesses, seed, prefixTokens, signal }));
      done++;
    }
    ranks.push(own);
  }
  return ranks;
}

interface Reference extends AsyncDisposable {
  compare(
    records: readonly InputRecord[],
    documents: readonly MeasuredDocument[],
    show: (event: ProgressEvent) => void,
  ): Promise<Pick<Likelihood, 'referenceLogp' | 'logRatio'>[][]>;
}

/** Both models by their own distributions and their own tokens: a sampler that leaves tokens out would leave no ratio. */
async function openReference(reader: Opened, session: Session): Promise<Reference | undefined> {
  const { referenceDirectory: directory, prefixTokens } = reader;
  if (directory === undefined) return undefined;
  const other = await openModel(directory, reader);
  const tokenizer = await openTokenizer(directory, other);
  // What lies beyond the cut was told of by the model that is probed. What only the reference has no room for has no ratio.
  const maxTokens = Math.min(reader.maxTokens ?? other.contextLength, other.contextLength);
  const theirs = { ...reader, model: other, tokenizer, maxTokens, leftOut: { add: () => {} } };
  const logpsOf = async (
    model: Model,
    documents: readonly MeasuredDocument[],
    show: (event: ProgressEvent) => void,
  ) => {
    const settings = { prefixTokens, prefixes: [], signal: session.signal };
    const measured = await drain(measureExtraction(model, documents.map(onlyWhole), settings), show);
    return documents.map(({ spans, whole }, i) => {
      const left = measured[i]!.values();
      return new Map(
        spans.map(({ secret }, j) => [secret!, whole[j] ? left.next().value!.logp : Number.NaN]),
      );
    });
  };
  return {
    async compare(records, documents, show) {
      const own = await logpsOf(reader.model, documents, show);
      const others = await logpsOf(
        other,
        records.map((record) => documentOf(record, theirs)),
        show,
      );
      return documents.map(({ spans }, i) =>
        spans.map(({ secret }) => {
          const referenceLogp = others[i]!.get(secret!) ?? Number.NaN;
          return {
            referenceLogp: finite(referenceLogp),
            logRatio: finite(own[i]!.get(secret!)! - referenceLogp),
          };
        }),
      );
    },
    [Symbol.asyncDispose]: () => other.dispose(),
  };
}
