/**
 * The records of an input of any format, one mechanism for all who read them: JSON lines, one JSON array, objects over
 * many lines, CSV, Parquet; compressed or not; from files, pipes and stdin.
 */
import { open, stat } from 'node:fs/promises';
import { fileError, InputError } from '../errors.js';
import { COMPRESSED_NAME, compressionOf, MAGIC_BYTES } from './compression/decompress.js';
import { shardsOf } from './corpus/find-shards.js';
import { readShards } from './corpus/read-corpus.js';
import { isSpooled } from './spooled-input.js';
import { csvRecords, type OnNote } from './text/csv.js';
import { parseValue } from './text/json-lines.js';
import { jsonTexts } from './text/json-texts.js';
import { firstLine, PeekableBytes } from './text/peek.js';
import { type OnRead, readTextBytes } from './text/plain-bytes.js';

/** `corpus`: a directory that `corpus build` filled, or a shard of one; its records are `{id, text, path?, licence?}`. */
export type InputFormat = 'json' | 'csv' | 'parquet' | 'corpus';

export interface InputRecord {
  readonly format: InputFormat;
  /** JSON, corpora: any value, objects mostly. CSV: an object of strings. Parquet: an object of strings, numbers and null. */
  readonly value: unknown;
  /** From 1: the line where it stands, or, in an array or in Parquet, which of the records it is. Unique in its file. */
  readonly place: number;
  /** Names the place in messages, e.g. `data.jsonl line 12`. */
  readonly where: string;
}

export interface ReadInputOptions {
  /** Default: what {@link inputFormat} says, else JSON or CSV by how the text begins. */
  readonly format?: InputFormat | undefined;
  /** The columns of a Parquet file to read, of those that can be. Default: all of them. */
  readonly choose?: ((columns: readonly string[]) => readonly string[]) | undefined;
  /** Told how many bytes more have been read from disk. */
  readonly onRead?: OnRead | undefined;
  /** Told of what could be read in several ways. Default: a warning of the process. */
  readonly onNote?: OnNote | undefined;
}

/** A line of names is shorter. */
const PEEK_BYTES = 2 ** 16;

const PARQUET = /^PAR[1E]/;
const CSV_NAME = /\.csv$/i;
const JSON_NAME = /\.(?:jsonl|ndjson|json)$/i;

/**
 * The format of records in a file, told by how it begins (Parquet), by `corpus.json` in it or beside it, and by its name,
 * without a suffix of compression; `content` where only its text can tell: pipes, and compressed files with another name.
 * Undefined for a plain file with another name, and for another directory.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` for what only describes a corpus
 */
export async function inputFormat(path: string): Promise<InputFormat | 'content' | undefined> {
  const name = path.replace(COMPRESSED_NAME, '');
  const named = CSV_NAME.test(name) ? 'csv' : JSON_NAME.test(name) ? 'json' : undefined;
  if (path === '/dev/stdin') return 'content';
  try {
    const found = await stat(path);
    // What is read of a pipe is gone.
    if (!found.isFile() && !found.isDirectory()) return named ?? 'content';
    if ((await shardsOf(path)) !== undefined) return 'corpus';
    if (found.isDirectory()) return undefined;
    const start = await readStart(path);
    if (PARQUET.test(start.toString('latin1'))) return 'parquet';
    return named ?? (isSpooled(path) || compressionOf(start) !== undefined ? 'content' : undefined);
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error);
  }
}

async function readStart(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Records in their order, one at a time.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT`, naming the place, for what is no record
 */
export async function* readInput(
  path: string,
  { format, choose, onRead, onNote }: ReadInputOptions = {},
): AsyncGenerator<InputRecord, void> {
  const known = format ?? (await inputFormat(path)) ?? 'content';
  if (known === 'parquet') {
    // Loaded by the first Parquet file only: a library with its codecs.
    const { readParquet } = await import('./parquet/parquet.js');
    for await (const { row, cells } of readParquet(path, choose ?? ((columns) => columns), onRead))
      yield { format: known, value: cells, place: row, where: `${path} row ${row}` };
    return;
  }
  if (known === 'corpus') {
    let place = 0;
    for await (const { where, ...value } of readShards((await shardsOf(path)) ?? [path], onRead))
      yield { format: known, value, place: ++place, where };
    return;
  }
  const bytes = new PeekableBytes(readTextBytes(path, onRead));
  try {
    if ((known === 'content' ? await textFormat(bytes, path) : known) === 'csv') {
      for await (const { line, cells } of csvRecords(bytes, path, onNote))
        yield { format: 'csv', value: cells, place: line, where: `${path} line ${line}` };
    } else {
      for await (const { place, where, text } of jsonTexts(bytes, path))
        yield { format: 'json', value: parseValue(text, where), place, where };
    }
  } finally {
    await bytes.close();
  }
}

/** What a text is that has no name: JSON begins with a bracket, and CSV with a line of names. */
async function textFormat(bytes: PeekableBytes, path: string): Promise<InputFormat> {
  const start = await bytes.peek((head) => head.length >= PEEK_BYTES || firstLine(head, PEEK_BYTES).ends);
  const { text } = firstLine(start, PEEK_BYTES);
  if (PARQUET.test(text))
    throw new InputError('ERR_FILE_FORMAT', `Expected a text in ${path} but found a Parquet file.`, {
      remedy: 'Parquet is read from its end on: give it as a file that is not compressed as a whole.',
    });
  if (text === '' || text.startsWith('{') || text.startsWith('[')) return 'json';
  // Names of columns: a line of source code or of a log has other characters.
  if (/^[\w"][\w ".,()-]*[\r\n]/.test(text)) return 'csv';
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected JSON lines, a JSON array or CSV in ${path} but its first line is neither.`,
    { remedy: 'JSON begins with { or [, and CSV with the names of its columns.' },
  );
}
