/** JSON lines: one JSON value a line, checked as it is read; written whole or not at all. */
import type { z } from 'zod';
import { describeIssue } from '../check.js';
import { InputError } from '../errors.js';
import { replaceFile } from '../files.js';
import { readLines } from './lines.js';
import type { OnRead } from './plain-bytes.js';

/** Bytes gathered before they are written: one system call for many small records. */
const WRITE_BYTES = 2 ** 16;

/** A record and where it stood. */
export interface NumberedRecord<T> {
  /** From 1, blank lines counted. */
  readonly line: number;
  readonly record: T;
}

/**
 * Records of a JSON-lines file, gzip'd or not, one at a time. Blank lines are skipped.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT`, naming the line, e.g. `Expected a string
 *   for text in data.jsonl line 12 but received 5 of type number.`
 */
export async function* readJsonLines<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T, void> {
  for await (const { record } of readNumberedJsonLines(path, schema)) yield record;
}

/** {@link readJsonLines} with line numbers. */
export async function* readNumberedJsonLines<T>(
  path: string,
  schema: z.ZodType<T>,
  onRead?: OnRead,
): AsyncGenerator<NumberedRecord<T>, void> {
  for await (const { number, text } of readLines(path, onRead))
    yield { line: number, record: parseRecord(text, schema, `${path} line ${number}`) };
}

/**
 * @param where names the line in the message
 * @throws InputError `ERR_FILE_FORMAT`
 */
export function parseRecord<T>(line: string, schema: z.ZodType<T>, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new InputError('ERR_FILE_FORMAT', `Expected JSON in ${where} but ${(cause as Error).message}.`, {
      cause,
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError('ERR_FILE_FORMAT', describeIssue(result.error.issues[0]!, value, where));
}

/**
 * Writes one record a line and returns how many there were. The file appears when all of them are written; if `records`
 * or the disk fails, it stays as it was.
 *
 * @throws InputError `ERR_FILE_WRITE`, `ERR_DISK_FULL`; `ERR_INVALID_OPTION` for a record that JSON cannot hold;
 *   whatever `records` throws
 */
export async function writeJsonLines(
  path: string,
  records: Iterable<object> | AsyncIterable<object>,
): Promise<number> {
  let count = 0;
  await replaceFile(path, async (handle) => {
    let pending = '';
    for await (const record of records) {
      pending += formatRecord(record, path);
      count++;
      if (pending.length < WRITE_BYTES) continue;
      await handle.writeFile(pending);
      pending = '';
    }
    if (pending !== '') await handle.writeFile(pending);
  });
  return count;
}

/** A record as its line, line end included. */
export function formatRecord(record: object, path: string): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(record);
  } catch (cause) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected records that JSON can hold for ${path} but ${(cause as Error).message}.`,
      { cause },
    );
  }
  return `${json}\n`;
}
