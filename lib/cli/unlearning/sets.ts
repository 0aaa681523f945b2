/** Records as what `unlearn` takes: masked documents to forget, documents to retain, sequences for thresholds. */
import type { LeftOut } from '../../data/left-out.js';
import { computeThresholds, type Thresholds } from '../../memorization/thresholds.js';
import type { ChatTemplate } from '../../model/chat/chat-template.js';
import type { Model } from '../../model/model.js';
import { filterSecrets } from '../../secrets/filter.js';
import type { OffsetUnit } from '../../secrets/locate-secrets.js';
import { scanSecrets } from '../../secrets/scan.js';
import { maskTokens } from '../../secrets/token-mask.js';
import { describeShared, findShared, requireDisjoint, type SetMember } from '../../sets/overlap.js';
import type { UnlearningDocument } from '../../unlearning/plan.js';
import {
  encodingOf,
  type InputRecord,
  type RecordReader,
  readRecords,
  sequenceOf,
} from '../records/records.js';
import { tellBeyondCut } from '../records/secret-probing.js';
import type { Session } from '../session.js';

/** Target length of the published thresholds (REFERENCE section 7). */
export const THRESHOLD_TOKENS = 128;

/** The sets of an unlearning as their files have them; unseen is empty where thresholds are given. */
export interface UnlearningSets {
  readonly forget: readonly InputRecord[];
  readonly retain: readonly InputRecord[];
  readonly unseen: readonly InputRecord[];
}

export interface ReadUnlearningSetsOptions {
  readonly forget: string;
  readonly retain?: string | undefined;
  readonly unseen?: string | undefined;
  readonly offsets: OffsetUnit;
  /** Makes texts of records with messages. */
  readonly chat: ChatTemplate;
  /** Say which documents sets share, and go on. */
  readonly allowOverlap?: boolean | undefined;
}

/** @throws InputError as {@link readRecords}; `ERR_SETS_OVERLAP` for sets that share a document */
export async function readUnlearningSets(
  { forget, retain, unseen, offsets, chat, allowOverlap = false }: ReadUnlearningSetsOptions,
  session: Session,
): Promise<UnlearningSets> {
  const read = async (input: string | undefined): Promise<InputRecord[]> => {
    const records: InputRecord[] = [];
    if (input !== undefined)
      for await (const record of readRecords(input, { offsets, chat })) records.push(record);
    return records;
  };
  const sets = { forget: await read(forget), retain: await read(retain), unseen: await read(unseen) };
  const named = Object.entries(sets).map(([name, records]) => ({ name, documents: records.map(toMember) }));
  if (!allowOverlap) requireDisjoint(named, 'Take it out of one of them, or insist with --allow-overlap.');
  else {
    const [first, ...more] = findShared(named);
    if (first !== undefined) session.say(`lethe: warning: ${describeShared([first, ...more])}.`);
  }
  return sets;
}

function toMember({ id, named, text, tokens }: InputRecord): SetMember {
  return { id: named ? String(id) : undefined, text, tokens };
}

/**
 * A document with a mask of its secrets: those of the record, else what the scanner finds.
 *
 * @param leftOut told of secrets beyond the tokens that are kept, which are not forgotten
 */
export function toUnlearningDocument(
  record: InputRecord,
  reader: RecordReader,
  leftOut?: LeftOut,
): UnlearningDocument {
  const { tokens, offsets } = encodingOf(record, reader, 2);
  const id = String(record.id);
  if (offsets === undefined)
    return { id, tokens, mask: record.mask?.subarray(0, tokens.length) ?? new Uint8Array(tokens.length) };
  const secrets = record.secrets ?? filterSecrets(scanSecrets(record.text!));
  const masked = maskTokens({ tokens, offsets }, secrets);
  if (leftOut !== undefined) tellBeyondCut(record, secrets, masked.spans, leftOut);
  return { id, tokens, ...masked };
}

/** Means of MA and EL_10 over the first {@link THRESHOLD_TOKENS} tokens of each record. */
export async function thresholdsOf(
  records: readonly InputRecord[],
  model: Model,
  reader: RecordReader,
  session: Session,
): Promise<Thresholds> {
  const maxTokens = Math.min(THRESHOLD_TOKENS, reader.model.contextLength);
  const sequences = records.map((record) => sequenceOf(record, { ...reader, maxTokens }));
  return session.run(computeThresholds(model, sequences, { el: [10], signal: session.signal }));
}
