/** The formats in which records are appended to a file one by one: how each is written, read, and where the last one ends. */
import type { FileHandle } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import type * as z from 'zod';
import { InputError } from '../../errors.js';
import { readCsv } from '../text/csv.js';
import { formatRecord, readJsonLines } from '../text/json-lines.js';

export interface RecordFormat<T extends object> {
  /** A record as it is appended, with its line end; the first one with what stands before it. */
  format(record: T, path: string): string;
  /** @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT` */
  read(path: string): AsyncGenerator<T, void>;
  /** Bytes up to the end of the last whole record: what follows was torn. */
  endOfLast(file: FileHandle): Promise<number>;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const SCAN_BYTES = 2 ** 16;

/** One JSON object a line. */
export function jsonLinesFormat<T extends object>(schema: z.ZodType<T>): RecordFormat<T> {
  return {
    format: formatRecord,
    read: (path) => readJsonLines(path, schema),
    endOfLast: endOfLastLine,
  };
}

/**
 * CSV with a header line: the keys of the first record, or those of a file that is gone on with. Lists and objects
 * stand in their cells as JSON, null and undefined as nothing. One object of this serves one file.
 */
export function csvFormat(columns?: readonly string[]): RecordFormat<Record<string, unknown>> {
  let header: readonly string[] | undefined;
  return {
    format(record, path) {
      const first = header === undefined;
      header ??= columns ?? Object.keys(record);
      const known = header;
      const stray = Object.keys(record).find((key) => !known.includes(key));
      if (stray !== undefined)
        throw new InputError(
          'ERR_INVALID_OPTION',
          `Expected records with the columns ${known.join(', ')} for ${path} but one has ${stray}.`,
          { remedy: 'Write JSON lines instead.' },
        );
      const cells = known.map((key) => cellOf(record[key]));
      // A lone \r would be taken for a part of the line end.
      return stringify(first ? [[...known], cells] : [cells], { quoted_match: /[\r\n]/ });
    },
    async *read(path) {
      for await (const { cells } of readCsv(path)) {
        header ??= Object.keys(cells);
        yield cells;
      }
    },
    endOfLast: endOfLastCsvRecord,
  };
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A line end within quotes ends no record, so the quotes are counted from the start. */
async function endOfLastCsvRecord(file: FileHandle): Promise<number> {
  const buffer = Buffer.alloc(SCAN_BYTES);
  let end = 0;
  let quoted = false;
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, SCAN_BYTES, at);
    if (bytesRead === 0) return end;
    for (let i = 0; i < bytesRead; i++) {
      if (buffer[i] === QUOTE) quoted = !quoted;
      else if (buffer[i] === NEWLINE && !quoted) end = at + i + 1;
    }
    at += bytesRead;
  }
}

/** Bytes up to and including the last line end. */
async function endOfLastLine(handle: FileHandle): Promise<number> {
  const buffer = Buffer.alloc(SCAN_BYTES);
  for (let end = (await handle.stat()).size; end > 0; ) {
    const start = Math.max(0, end - SCAN_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}
