/** {@link openResumableRecords} of JSON lines. */
import type * as z from 'zod';
import { jsonLinesFormat } from './record-format.js';
import { openResumableRecords, type ResumableRecords } from './resumable-records.js';

export type ResumableJsonLines<T extends object> = ResumableRecords<T>;

/** @throws InputError what {@link openResumableRecords} throws */
export async function openResumableJsonLines<T extends object>(
  path: string,
  schema: z.ZodType<T>,
  runKey: string,
  options: { readonly discardOthers?: boolean } = {},
): Promise<ResumableJsonLines<T>> {
  return openResumableRecords(path, jsonLinesFormat(schema), runKey, options);
}
