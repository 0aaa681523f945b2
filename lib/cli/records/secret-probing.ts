/** What `measure` and `secrets probe` share: options, documents with the tokens of their secrets, figures as they are written. */
import type { Command } from 'commander';
import type { LeftOut } from '../../data/left-out.js';
import type { SecretDocument } from '../../memorization/measure-secrets.js';
import type { Memorization } from '../../memorization/region.js';
import type { ProgressEvent } from '../../progress.js';
import type { OffsetUnit } from '../../secrets/locate-secrets.js';
import type { Secret } from '../../secrets/secret.js';
import { maskTokens, type Overlap, type TokenSpan } from '../../secrets/token-mask.js';
import { addOffsetsOption, integerOption, integersOption } from '../options.js';
import { encodingOf, type InputRecord, type RecordReader } from './records.js';

export interface ProbingOptions {
  readonly el: readonly number[];
  readonly maxTokens?: number;
  readonly prefixTokens: number;
  readonly secretTokens: number;
  readonly offsets: OffsetUnit;
}

/** Adds `--el --max-tokens --prefix-tokens --secret-tokens --offsets`. */
export function addProbingOptions(command: Command): Command {
  return addOffsetsOption(
    command
      .addOption(
        integersOption('--el <list>', 'the n of EL_n, separated by commas', { min: 1, default: [3, 5, 10] }),
      )
      .addOption(integerOption('--max-tokens <n>', 'cut longer records (default: refuse them)', { min: 2 }))
      .addOption(
        integerOption('--prefix-tokens <n>', 'tokens before a secret that the model sees', {
          min: 1,
          default: 128,
        }),
      )
      .addOption(
        integerOption('--secret-tokens <n>', 'tokens of a secret that are probed', { min: 1, default: 32 }),
      ),
  );
}

/** A measure's own progress within a batch of records, for the note of its line: `measure accuracy 40% of 16`. */
export function batchProgress({ step, done, total }: ProgressEvent, records: number): string {
  return `${step} ${total ? Math.floor((100 * done) / total) : 100}% of ${records}`;
}

/** What the figures depend on, for the record of the run. */
export function probingSettings({ el, maxTokens, prefixTokens, secretTokens, offsets }: ProbingOptions) {
  return { el, prefixTokens, secretTokens, offsets, maxTokens: maxTokens ?? null };
}

export interface MeasuredDocument extends SecretDocument {
  readonly spans: readonly (Pick<TokenSpan, 'first' | 'last'> & Partial<TokenSpan>)[];
  /** By span, whether the cut left all of it. */
  readonly whole: readonly boolean[];
  /** The record asked for its secrets, even if all of them lie beyond the cut. */
  readonly hasSecrets: boolean;
}

export interface DocumentReader extends RecordReader {
  readonly overlap: Overlap;
  /** Told of secrets that lie beyond the cut, which nothing is measured of. */
  readonly leftOut: Pick<LeftOut, 'add'>;
}

export function documentOf(record: InputRecord, reader: DocumentReader): MeasuredDocument {
  const { overlap, leftOut } = reader;
  const { tokens, offsets } = encodingOf(record, reader);
  const { secrets } = record;
  const spans =
    secrets === undefined || offsets === undefined
      ? []
      : maskTokens({ tokens, offsets }, secrets, { overlap }).spans;
  tellBeyondCut(record, secrets ?? [], spans, leftOut);
  const whole = spans.map(({ secret, last }) => offsets![2 * last + 1]! >= secret.end);
  return { id: String(record.id), tokens, spans, whole, hasSecrets: secrets !== undefined };
}

/** Secrets without a span lie wholly beyond the tokens that were kept: called by their document and their place. */
export function tellBeyondCut(
  { id }: InputRecord,
  secrets: readonly Secret[],
  spans: readonly Partial<TokenSpan>[],
  leftOut: Pick<LeftOut, 'add'>,
): void {
  const kept = new Set(spans.map(({ secret }) => secret));
  for (const secret of secrets)
    if (!kept.has(secret)) leftOut.add('beyond-max-tokens', `${id} at ${secret.start} to ${secret.end}`);
}

/**
 * `first` and `last` are places among the document's tokens, which secrets that are encoded apart are not.
 *
 * @param apart whether they are. Default: false
 */
export function describeSecrets(
  spans: MeasuredDocument['spans'],
  measured: readonly Memorization[],
  apart = false,
): object[] {
  return spans.map(({ secret, first, last }, i) => ({
    ...secret,
    ...(apart ? {} : { first, last }),
    ...figures(measured[i]!),
  }));
}

/** The paper's symbols, as they stand in every output; NaN becomes null in JSON. */
export function figures({
  memorizationAccuracy,
  extractionLikelihood,
  extractionStrength,
}: Memorization): object {
  const likelihoods = Object.entries(extractionLikelihood).map(([n, value]) => [`el${n}`, value]);
  return { ma: memorizationAccuracy, ...Object.fromEntries(likelihoods), extractionStrength };
}
