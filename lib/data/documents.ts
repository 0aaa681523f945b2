/** Documents: texts with a name, from JSON lines, a tree of source files, or one file. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { check } from '../check.js';
import { fileError, InputError } from '../errors.js';
import { type NumberedRecord, readNumberedJsonLines } from './json-lines.js';
import { type FoundFile, walkFiles } from './walk.js';

export interface Document {
  readonly id: string;
  readonly text: string;
  /** Where it came from: the file itself, or what the record says. */
  readonly path?: string;
}

export interface ReadDocumentsOptions {
  /** Larger files of a tree are skipped. Bytes, default 1 MiB: what is larger is data or generated. */
  readonly maxFileBytes?: number;
  /** Told of every file of a tree that is not taken. */
  readonly onSkip?: (path: string, reason: 'binary' | 'large') => void;
}

const readDocumentsOptions = z.strictObject({
  maxFileBytes: z
    .int()
    .min(1)
    .default(2 ** 20),
  onSkip: z
    .custom<NonNullable<ReadDocumentsOptions['onSkip']>>((value) => typeof value === 'function', 'a function')
    .optional(),
});

const recordSchema = z.looseObject({
  id: z.union([z.string(), z.number()], 'a string').optional(),
  text: z.string().optional(),
  content: z.string().optional(),
  path: z.string().nullish(),
});

/** One file is asked for by name, so it is taken up to a size that still makes sense as one text. */
const MAX_SINGLE_FILE_BYTES = 64 * 2 ** 20;

const JSON_LINES = /\.(jsonl|ndjson|json|gz)$/i;

/** Git's rule: a NUL among the first 8000 bytes. */
const BINARY_PROBE_BYTES = 8000;

/**
 * The documents at `path`, in an order that is the same on every machine:
 * - a directory: the text files below it, by name; hidden ones, binary ones and large ones left out; `id` is the path
 *   within the directory, with `/`
 * - a `.jsonl`, `.ndjson`, `.json` or `.gz` file, or a pipe such as `/dev/stdin`: JSON lines `{id?, text}` or
 *   `{id?, content}`, gzip'd or not; without an `id` it is `<file name>:<line>`
 * - any other file: one document, `id` is its name
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`, `ERR_FILE_FORMAT`, also for a directory without documents
 */
export async function* readDocuments(
  path: string,
  options: ReadDocumentsOptions = {},
): AsyncGenerator<Document, void> {
  const { maxFileBytes, onSkip } = check(readDocumentsOptions, options, 'options of readDocuments');
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  if (found.isDirectory()) yield* readTree(path, maxFileBytes, onSkip);
  else if (!found.isFile() || path === '/dev/stdin' || JSON_LINES.test(path)) yield* readRecords(path);
  else yield await readOne(path, found.size);
}

async function* readTree(
  directory: string,
  maxFileBytes: number,
  onSkip: ReadDocumentsOptions['onSkip'],
): AsyncGenerator<Document, void> {
  let taken = 0;
  for await (const file of walkFiles(directory, { hidden: false })) {
    const text = file.sizeBytes > maxFileBytes ? undefined : await readText(file);
    if (text === undefined) {
      onSkip?.(file.path, file.sizeBytes > maxFileBytes ? 'large' : 'binary');
      continue;
    }
    taken++;
    yield { id: file.name, text, path: file.path };
  }
  if (taken === 0)
    throw new InputError('ERR_FILE_FORMAT', `Expected text files in ${directory} but found none.`, {
      remedy: 'Name a directory of source files, or JSON-lines files one by one.',
    });
}

async function* readRecords(path: string): AsyncGenerator<Document, void> {
  for await (const numbered of readNumberedJsonLines(path, recordSchema)) yield toDocument(numbered, path);
}

function toDocument({ line, record }: NumberedRecord<z.infer<typeof recordSchema>>, path: string): Document {
  const text = record.text ?? record.content;
  if (text === undefined)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected a string for text or content in ${path} line ${line} but received neither.`,
    );
  return {
    id: String(record.id ?? `${basename(path)}:${line}`),
    text,
    ...(record.path ? { path: record.path } : {}),
  };
}

async function readOne(path: string, sizeBytes: number): Promise<Document> {
  if (sizeBytes > MAX_SINGLE_FILE_BYTES)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected at most ${MAX_SINGLE_FILE_BYTES} bytes of text in ${path} but it has ${sizeBytes}.`,
      { remedy: 'Put the texts into JSON lines, one document a line.' },
    );
  const text = await readText({ name: basename(path), path, sizeBytes });
  if (text === undefined)
    throw new InputError('ERR_FILE_FORMAT', `Expected UTF-8 text in ${path} but found binary data.`);
  return { id: basename(path), text, path };
}

/** The text of a file, byte-order mark kept, or undefined if it is not UTF-8 text. */
async function readText(file: FoundFile): Promise<string | undefined> {
  const data = await readFile(file.path).catch((error: unknown) => {
    throw fileError('read', file.path, error);
  });
  if (data.subarray(0, BINARY_PROBE_BYTES).includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}
