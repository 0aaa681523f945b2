/** Ids of records: texts or numbers, whole ones of any length. They are written as they were read, and compared as texts. */
import * as z from 'zod';

export type RecordId = string | number | bigint;

export const recordIdSchema = z.union([z.string(), z.number(), z.bigint()], {
  error: 'a string or a number',
});

/** For messages: `"a"`, `7`. */
export function showId(id: RecordId): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id);
}
