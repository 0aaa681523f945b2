/** Documents: texts with a name, from JSON, CSV, Parquet, a tree of source files, or one file. */
import { stat } from 'node:fs/promises';
import * as z from 'zod';
import { check } from '../check.js';
import { fileError, InputError } from '../errors.js';
import type { Document } from './document.js';
import { chooseFields, TEXT_FIELDS, toDocument } from './document-record.js';
import { inputFormat, readInput } from './input-records.js';
import type { OnLeftOut } from './left-out.js';
import type { OnNote } from './text/csv.js';
import type { OnRead } from './text/plain-bytes.js';
import { readSingleFile, readTree } from './trees/source-tree.js';
import { type TreeOptions, treeOptionsSchema } from './trees/tree-options.js';

export type { Document };

export interface ReadDocumentsOptions extends TreeOptions {
  /** The field or column that holds the text. Default: `text`, or else `content`. */
  readonly textField?: string | undefined;
  /** Told of everything in a tree that is not taken, and why. */
  readonly onLeftOut?: OnLeftOut | undefined;
  /** Told how many bytes more of a file with records have been read from disk. */
  readonly onRead?: OnRead | undefined;
  /** Told of what could be read in several ways. Default: a warning of the process. */
  readonly onNote?: OnNote | undefined;
}

const aFunction = (value: unknown) => typeof value === 'function';

const readDocumentsOptions = treeOptionsSchema.extend({
  textField: z.string().min(1).optional(),
  onLeftOut: z.custom<OnLeftOut>(aFunction, 'a function').optional(),
  onRead: z.custom<OnRead>(aFunction, 'a function').optional(),
  onNote: z.custom<OnNote>(aFunction, 'a function').optional(),
});

/**
 * The documents at `path`, in an order that is the same on every machine:
 * - a directory that `corpus build` filled, or a shard of one: its documents
 * - another directory: the text files below it, by name, see {@link TreeOptions}; `id` is the path within the directory, with
 *   `/`
 * - a Parquet file, known by how it begins: flat columns as below
 * - a `.csv` file: a header line and columns as below
 * - a `.jsonl`, `.ndjson` or `.json` file: JSON lines, one array, or objects over many lines
 * - a pipe such as `/dev/stdin`, or a compressed file with another name: JSON or CSV, by how it begins
 * - any other file: one document, `id` is its name
 *
 * Texts may be compressed by gzip, zstd, bzip2 or xz, and stored in UTF-16 or UTF-32 with a byte-order mark.
 * Records are `{id?, text}` or `{id?, content}`; `doc_id` is an id too, and `path`, `repo_name` or `repo`, and
 * `licence`, `license` or `licenses` are kept. Without an id it is `<file name>:<line>`, in Parquet and in arrays
 * `<file name>:<row>`.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`, also for a directory without documents
 */
export async function* readDocuments(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<Document, void> {
  const { textField, onLeftOut, onRead, onNote, ...tree } = check(
    readDocumentsOptions,
    options,
    'options of readDocuments',
  );
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  const format = await inputFormat(path);
  if (format === undefined && found.isDirectory()) {
    yield* readTree(path, tree, onLeftOut);
    return;
  }
  if (format === undefined) {
    yield await readSingleFile(path, found.size);
    return;
  }
  const choose = (columns: readonly string[]) => chooseText(columns, textField, path);
  for await (const record of readInput(path, {
    format: format === 'content' ? undefined : format,
    choose,
    onRead,
    onNote,
  }))
    yield toDocument(record, format === 'corpus' ? undefined : textField, path);
}

function chooseText(columns: readonly string[], textField: string | undefined, path: string): string[] {
  const chosen = chooseFields(columns, textField);
  const names: readonly string[] = textField === undefined ? TEXT_FIELDS : [textField];
  if (chosen.some((name) => names.includes(name))) return chosen;
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected a column ${names.join(' or ')} of text in ${path} but found ${columns.join(', ') || 'none'}.`,
    { remedy: 'Say by --text-field which one holds the text.' },
  );
}
