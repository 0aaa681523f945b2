/** CSV with a header line, record by record, as pandas and Python's csv module read it. */
import { TextDecoder } from 'node:util';
import { InputError } from '../../errors.js';
import { ENCODING_REMEDY } from '../../text-encoding.js';
import { CsvParser, type CsvRow } from './csv-parser.js';
import { type OnRead, readTextBytes } from './plain-bytes.js';

/** A record longer than this is none: most often a quote that nobody closed. */
const MAX_RECORD_CHARACTERS = 256 * 2 ** 20;

/** More columns are no table of documents. */
const MAX_COLUMNS = 10_000;

/** Told what was read in one of several ways, in one sentence. */
export type OnNote = (note: string) => void;

/** Node prints these to stderr. */
export const emitNote: OnNote = (note) => process.emitWarning(note);

export interface CsvRecord {
  /** From 1: the line that its last line end stands on. */
  readonly line: number;
  /** Cells by the name of their column. */
  readonly cells: Readonly<Record<string, string>>;
}

/**
 * Records of a CSV file with a header line, compressed or not, in UTF-8, or in UTF-16 with a byte-order mark. Lines end
 * with `\n`, `\r\n` or a lone `\r`; empty ones are skipped. A quote within an unquoted cell is text; so is what follows a
 * closing quote, which is counted for `onNote`.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT`, naming the line, for a record with more
 *   or fewer cells than the header, a quote that is not closed, bytes of another encoding, and records over 256 Mi characters
 */
export function readCsv(path: string, onRead?: OnRead, onNote?: OnNote): AsyncGenerator<CsvRecord, void> {
  return csvRecords(readTextBytes(path, onRead), path, onNote);
}

/** {@link readCsv} of bytes that have been opened already. */
export async function* csvRecords(
  bytes: AsyncIterable<Buffer>,
  path: string,
  onNote = emitNote,
): AsyncGenerator<CsvRecord, void> {
  const parser = new CsvParser();
  let header: readonly string[] | undefined;
  for await (const { cells: row, line } of rowsOf(bytes, parser, path)) {
    if (header === undefined) {
      header = checkHeader(row, path);
      continue;
    }
    if (row.length !== header.length)
      throw unexpected(
        path,
        line,
        `it has ${row.length} cell${row.length === 1 ? '' : 's'} where the header has ${header.length}`,
      );
    const cells: Record<string, string> = Object.create(null);
    for (const [i, name] of header.entries()) cells[name] = row[i]!;
    yield { line, cells };
  }
  const { count, line } = parser.doubtful;
  if (count > 0)
    onNote(
      `In ${path}, text follows the closing quote of ${count} cell${count === 1 ? '' : 's'}, first in line ${line}: it was read as a part of the cell.`,
    );
}

async function* rowsOf(
  bytes: AsyncIterable<Buffer>,
  parser: CsvParser,
  path: string,
): AsyncGenerator<CsvRow, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (piece?: Buffer) => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch (cause) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected UTF-8 in ${path} after line ${parser.line} but found other bytes.`,
        { remedy: ENCODING_REMEDY, cause },
      );
    }
  };
  let opened = 1;
  for await (const piece of bytes) {
    for (const row of parser.push(decode(piece))) {
      yield row;
      opened = row.line + 1;
    }
    if (parser.rowLength > MAX_RECORD_CHARACTERS)
      throw unexpected(path, opened, `it is longer than ${MAX_RECORD_CHARACTERS} characters`);
  }
  yield* parser.push(decode());
  if (!parser.isWhole)
    throw unexpected(path, opened, 'a quote was opened there or in a line after it and never closed');
  const last = parser.end();
  if (last !== undefined) yield last;
}

function checkHeader(names: readonly string[], path: string): readonly string[] {
  const seen = new Set<string>();
  const repeated = names.find((name) => seen.size === seen.add(name).size);
  if (names.length > MAX_COLUMNS || repeated !== undefined)
    throw new InputError(
      'ERR_FILE_FORMAT',
      names.length > MAX_COLUMNS
        ? `Expected at most ${MAX_COLUMNS} columns in ${path} but found ${names.length}.`
        : `Expected each column once in the header of ${path} but found ${JSON.stringify(repeated)} twice.`,
    );
  return names;
}

function unexpected(path: string, line: number, found: string): InputError {
  return new InputError('ERR_FILE_FORMAT', `Expected a CSV record in ${path} line ${line} but ${found}.`, {
    remedy: 'Put cells with commas, quotes or line ends into quotes, and double the quotes within them.',
  });
}
