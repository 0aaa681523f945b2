/** Documents: texts with a name, from JSON lines, CSV, Parquet, a tree of source files, or one file. */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { check } from '../check.js';
import { fileError, InputError } from '../errors.js';
import { readCsv } from './csv.js';
import type { Document } from './document.js';
import { chooseFields, TEXT_FIELDS, toDocument } from './document-record.js';
import { readNumberedJsonLines } from './json-lines.js';
import { isParquet, readParquet } from './parquet.js';
import type { OnRead } from './plain-bytes.js';
import { type OnSkip, readSingleFile, readTree } from './source-tree.js';

export type { Document };

export interface ReadDocumentsOptions {
  /** The field or column that holds the text. Default: `text`, or else `content`. */
  readonly textField?: string | undefined;
  /** Larger files of a tree are skipped. Bytes, default 1 MiB: what is larger is data or generated. */
  readonly maxFileBytes?: number | undefined;
  /** Told of every file of a tree that is not taken. */
  readonly onSkip?: OnSkip | undefined;
  /** Told how many bytes more of a file with records have been read from disk. */
  readonly onRead?: OnRead | undefined;
}

const aFunction = (value: unknown) => typeof value === 'function';

const readDocumentsOptions = z.strictObject({
  textField: z.string().min(1).optional(),
  maxFileBytes: z
    .int()
    .min(1)
    .default(2 ** 20),
  onSkip: z.custom<OnSkip>(aFunction, 'a function').optional(),
  onRead: z.custom<OnRead>(aFunction, 'a function').optional(),
});

const recordSchema = z.record(z.string(), z.unknown());

const JSON_LINES = /\.(jsonl|ndjson|json|gz)$/i;
const CSV = /\.csv(\.gz)?$/i;

/**
 * The documents at `path`, in an order that is the same on every machine:
 * - a directory: the text files below it, by name; hidden ones, binary ones and large ones left out; `id` is the path
 *   within the directory, with `/`
 * - a `.csv` file, gzip'd or not: a header line and columns as below
 * - a Parquet file, known by how it begins: flat columns as below
 * - a `.jsonl`, `.ndjson`, `.json` or `.gz` file, or a pipe such as `/dev/stdin`: JSON lines, gzip'd or not
 * - any other file: one document, `id` is its name
 *
 * Records are `{id?, text}` or `{id?, content}`; `doc_id` is an id too, and `path`, `repo_name` or `repo`, and
 * `licence`, `license` or `licenses` are kept. Without an id it is `<file name>:<line>`, in Parquet `<file name>:<row>`.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`, also for a directory without documents
 */
export async function* readDocuments(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<Document, void> {
  const { textField, maxFileBytes, onSkip, onRead } = check(
    readDocumentsOptions,
    options,
    'options of readDocuments',
  );
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  if (found.isDirectory()) yield* readTree(path, { maxFileBytes, onSkip });
  else if (CSV.test(path)) {
    for await (const { line, cells } of readCsv(path, onRead)) yield toDocument(cells, textField, path, line);
  } else if (found.isFile() && (await isParquet(path))) yield* readParquetDocuments(path, textField, onRead);
  else if (!found.isFile() || path === '/dev/stdin' || JSON_LINES.test(path)) {
    for await (const { line, record } of readNumberedJsonLines(path, recordSchema, onRead))
      yield toDocument(record, textField, path, line);
  } else yield await readSingleFile(path, found.size);
}

async function* readParquetDocuments(
  path: string,
  textField: string | undefined,
  onRead: OnRead | undefined,
): AsyncGenerator<Document, void> {
  const choose = (columns: readonly string[]) => {
    const chosen = chooseFields(columns, textField);
    const names: readonly string[] = textField === undefined ? TEXT_FIELDS : [textField];
    if (chosen.some((name) => names.includes(name))) return chosen;
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a column ${names.join(' or ')} of text in ${path} but found ${columns.join(', ') || 'none'}.`,
      { remedy: 'Say by --text-field which one holds the text.' },
    );
  };
  for await (const { row, cells } of readParquet(path, choose, onRead))
    yield toDocument(cells, textField, path, row, 'row');
}
