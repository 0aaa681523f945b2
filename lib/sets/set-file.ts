/** Forget, retained and unseen sets as files: one JSON object a line. */
import * as z from 'zod';
import { readInput } from '../data/input-records.js';
import { recordIdSchema, showId } from '../data/record-id.js';
import { checkRecord, writeJsonLines } from '../data/text/json-lines.js';
import { UniqueIds } from '../data/unique-ids.js';
import { locateSecrets } from '../secrets/locate-secrets.js';
import { secretSchema } from '../secrets/secret.js';

/** One line of a set file. MA and EL_n keep the names that they have in the output of `lethe measure`. */
const recordSchema = z.looseObject({
  id: recordIdSchema,
  text: z.string(),
  /** With offsets into `text`. */
  secrets: z.array(secretSchema).optional(),
  /** Mean MA of the secrets, or of the document where it has none. */
  ma: z.number().min(0).max(1).optional(),
});

export type SetRecord = z.infer<typeof recordSchema>;

/** Writes a set, atomically, and returns the number of records. @throws InputError when the file cannot be written */
export function writeSet(path: string, records: Iterable<SetRecord>): Promise<number> {
  return writeJsonLines(path, records);
}

/**
 * The records of a set, checked line by line.
 *
 * @throws InputError that names the line which is no record of a set, or has the id of an earlier one; `ERR_SECRET_MISMATCH` for a secret that is not what
 *   its text holds there
 */
export async function* readSetRecords(path: string): AsyncGenerator<SetRecord, void> {
  const ids = new UniqueIds();
  for await (const { value, where } of readInput(path)) {
    const record = checkRecord(value, recordSchema, where);
    ids.add(record.id, where);
    if (record.secrets !== undefined)
      locateSecrets(record.text, record.secrets, `record ${showId(record.id)} in ${where}`);
    yield record;
  }
}

/** {@link readSetRecords}, all of them; a set may hold none. */
export async function readSet(path: string): Promise<SetRecord[]> {
  const records: SetRecord[] = [];
  for await (const record of readSetRecords(path)) records.push(record);
  return records;
}
