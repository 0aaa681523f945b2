/** CSV as RFC 4180 has it, read record by record: a header line, quotes around what needs them, line ends within quotes. */
import { CsvError, type Info, parse } from 'csv-parse';
import { InputError } from '../errors.js';
import { type OnRead, readPlainBytes } from './plain-bytes.js';

/** A record longer than this is none: most often a quote that nobody closed. */
const MAX_RECORD_BYTES = 256 * 2 ** 20;

/** More columns are no table of documents. */
const MAX_COLUMNS = 10_000;

export interface CsvRecord {
  /** From 1: the line that its last line end stands on. */
  readonly line: number;
  /** Cells by the name of their column. */
  readonly cells: Readonly<Record<string, string>>;
}

/**
 * Records of a CSV file with a header line, gzip'd or not. Lines end with `\n` or `\r\n`; empty ones are skipped; a
 * byte-order mark is too.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT`, naming the line, for a record with more
 *   or fewer cells than the header, a quote that is not closed, bytes that are not UTF-8, and records over 256 MiB
 */
export async function* readCsv(path: string, onRead?: OnRead): AsyncGenerator<CsvRecord, void> {
  let header: readonly string[] | undefined;
  for await (const { record, info } of parseCsv(path, onRead)) {
    if (header === undefined) {
      header = checkHeader(record, path);
      continue;
    }
    const cells: Record<string, string> = Object.create(null);
    for (const [i, name] of header.entries()) cells[name] = record[i]!;
    yield { line: info.lines, cells };
  }
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: Info;
}

async function* parseCsv(path: string, onRead: OnRead | undefined): AsyncGenerator<Parsed, void> {
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: MAX_RECORD_BYTES,
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
  });
  let failure: unknown;
  const feeding = feed(readText(path, onRead), parser).catch((error: unknown) => {
    failure = error;
    parser.destroy();
  });
  try {
    yield* parser as AsyncIterable<Parsed>;
    if (failure !== undefined) throw failure;
  } catch (error) {
    // A parser that was destroyed says no more than that it was.
    throw translate(failure ?? error, path);
  } finally {
    parser.destroy();
    await feeding;
  }
}

/** Waits when the parser is full, and ends when it is gone: pipeline() would call a reader that stops early an error. */
async function feed(text: AsyncIterable<string>, parser: ReturnType<typeof parse>): Promise<void> {
  for await (const piece of text) {
    if (parser.destroyed) return;
    if (parser.write(piece)) continue;
    await new Promise<void>((resolve) => {
      const go = () => {
        parser.off('drain', go).off('close', go).off('error', go);
        resolve();
      };
      parser.on('drain', go).on('close', go).on('error', go);
    });
  }
  if (!parser.destroyed) parser.end();
}

async function* readText(path: string, onRead: OnRead | undefined): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let lines = 1;
  const decode = (bytes?: Buffer) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected UTF-8 in ${path} after line ${lines} but found other bytes.`,
        { cause },
      );
    }
  };
  for await (const bytes of readPlainBytes(path, onRead)) {
    const text = decode(bytes);
    yield text;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  }
  yield decode();
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

function translate(error: unknown, path: string): unknown {
  if (!(error instanceof CsvError)) return error;
  const { code } = error;
  const { lines = 0 } = error as unknown as { lines?: number };
  const found: Readonly<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: 'a quote was opened and never closed',
    CSV_MAX_RECORD_SIZE: `it is longer than ${MAX_RECORD_BYTES} bytes: a quote may not be closed`,
    CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'it has another number of cells than the header',
    CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
    INVALID_OPENING_QUOTE: 'a quote stands within an unquoted cell',
  };
  const reason = found[code] ?? error.message.replace(/[\s\p{C}]+/gu, ' ');
  return new InputError('ERR_FILE_FORMAT', `Expected a CSV record in ${path} line ${lines} but ${reason}.`, {
    cause: error,
  });
}
