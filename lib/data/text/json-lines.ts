/** JSON lines: one JSON value a line, checked as it is read; written whole or not at all. Where it reads, one array will do. */
import type { FileHandle } from 'node:fs/promises';
import type * as z from 'zod';
import { describeIssue } from '../../check.js';
import { InputError } from '../../errors.js';
import { type ReplaceOptions, replaceFile } from '../../files.js';
import { jsonText, parseJson, parseJsonWithDigits } from '../../json.js';
import { jsonTexts } from './json-texts.js';
import { PeekableBytes } from './peek.js';
import { type OnRead, readTextBytes } from './plain-bytes.js';

/** Bytes gathered before they are written: one system call for many small records. */
const WRITE_BYTES = 2 ** 16;

/** A record and where it stood. */
export interface NumberedRecord<T> {
  /** From 1, blank lines counted: where it begins. */
  readonly line: number;
  /** From 1: the line, or, in an array, which of its elements it is. */
  readonly place: number;
  readonly record: T;
}

/**
 * Records of a file of JSON lines, of one array or of objects over many lines, compressed or not, one at a time. Blank
 * lines are skipped; NaN and Infinity are read as Python writes them.
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
  const bytes = new PeekableBytes(readTextBytes(path, onRead));
  try {
    for await (const { line, place, where, text } of jsonTexts(bytes, path))
      yield { line, place, record: parseRecord(text, schema, where) };
  } finally {
    await bytes.close();
  }
}

/**
 * @param where names the line in the message
 * @throws InputError `ERR_FILE_FORMAT`
 */
export function parseRecord<T>(line: string, schema: z.ZodType<T>, where: string): T {
  return checkRecord(parseValue(line, where), schema, where);
}

/** {@link parseRecord} of a value that has been parsed. */
export function checkRecord<T>(value: unknown, schema: z.ZodType<T>, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InputError('ERR_FILE_FORMAT', describeIssue(result.error.issues[0]!, value, where));
}

/** Fields that say which record it is: their numbers keep every digit. */
const IDS = ['id', 'doc_id'];

/**
 * The value of a JSON text; ids that are whole numbers beyond 2^53 as BigInts.
 *
 * @param where names the text in the message
 * @throws InputError `ERR_FILE_FORMAT`
 */
export function parseValue(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new InputError('ERR_FILE_FORMAT', `Expected JSON in ${where} but ${(cause as Error).message}.`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  for (const id of IDS)
    if (typeof fields[id] === 'number' && !Number.isSafeInteger(fields[id]))
      fields[id] = (parseJsonWithDigits(text) as typeof fields)[id];
  return value;
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
  options: ReplaceOptions = {},
): Promise<number> {
  let count = 0;
  const write = async (handle: FileHandle) => {
    let pending = '';
    for await (const record of records) {
      pending += formatRecord(record, path);
      count++;
      if (pending.length < WRITE_BYTES) continue;
      await handle.writeFile(pending);
      pending = '';
    }
    if (pending !== '') await handle.writeFile(pending);
  };
  await replaceFile(path, write, options);
  return count;
}

/** A record as its line, line end included. */
export function formatRecord(record: object, path: string): string {
  try {
    return `${jsonText(record)}\n`;
  } catch (cause) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected records that JSON can hold for ${path} but ${(cause as Error).message}.`,
      { cause },
    );
  }
}
