/** Records as what `unlearn` takes: masked documents to forget, documents to retain, sequences for thresholds. */
import { computeThresholds, type Thresholds } from '../memorization/thresholds.js';
import type { Model, Tokens } from '../model/model.js';
import { filterSecrets } from '../secrets/filter.js';
import type { OffsetUnit } from '../secrets/locate-secrets.js';
import { scanSecrets } from '../secrets/scan.js';
import { maskTokens } from '../secrets/token-mask.js';
import type { UnlearningDocument } from '../unlearning/plan.js';
import { encodingOf, type InputRecord, type RecordReader, readRecords, sequenceOf } from './records.js';
import type { Session } from './session.js';

/** Target length of the published thresholds (REFERENCE section 7). */
export const THRESHOLD_TOKENS = 128;

/** Documents of a file, with a mask of their secrets: those of the record, else what the scanner finds. */
export async function readUnlearningDocuments(
  input: string,
  reader: RecordReader,
  offsets: OffsetUnit,
): Promise<UnlearningDocument[]> {
  const documents: UnlearningDocument[] = [];
  for await (const record of readRecords(input, { offsets }))
    documents.push(toUnlearningDocument(record, reader));
  return documents;
}

function toUnlearningDocument(record: InputRecord, reader: RecordReader): UnlearningDocument {
  const { tokens, offsets } = encodingOf(record, reader, 2);
  const id = String(record.id);
  if (offsets === undefined)
    return { id, tokens, mask: record.mask?.subarray(0, tokens.length) ?? new Uint8Array(tokens.length) };
  const secrets = record.secrets ?? filterSecrets(scanSecrets(record.text!));
  return { id, tokens, ...maskTokens({ tokens, offsets }, secrets) };
}

/** Means of MA and EL_10 over the first {@link THRESHOLD_TOKENS} tokens of each record. */
export async function thresholdsOf(
  input: string,
  model: Model,
  reader: RecordReader,
  offsets: OffsetUnit,
  session: Session,
): Promise<Thresholds> {
  const sequences: Tokens[] = [];
  for await (const record of readRecords(input, { offsets }))
    sequences.push(sequenceOf(record, { ...reader, maxTokens: THRESHOLD_TOKENS }));
  return session.run(computeThresholds(model, sequences, { el: [10], signal: session.signal }));
}
