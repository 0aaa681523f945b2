/** Where outputs to rank come from: a campaign's directory, its merged file, records or a tree of text files. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ReadDocumentsOptions, readDocuments } from '../../data/documents.js';
import { readTextPieces } from '../../data/text/plain-bytes.js';
import { requireUniqueIds } from '../../data/unique-ids.js';
import { fileError, InputError } from '../../errors.js';
import { layoutOf, listOutputs, OUTPUTS_FOLDER, readOutputs } from '../../sampling/output-directory.js';

export interface OutputText {
  readonly id: string;
  readonly text: string;
}

export interface OutputSource {
  /** As it was given. */
  readonly path: string;
  /** Files, or a directory with nothing else in it, that hold the outputs. */
  readonly parts: readonly string[];
  /** The outputs in their order; may be called again. */
  read(): AsyncGenerator<OutputText, void, void>;
}

const RECORDS = /\.(jsonl|ndjson|json|csv|parquet|gz)$/i;
/** As `lethe sample --layout jsonl` calls its finished files. */
const SHARD = /^outputs-\d{6,12}\.jsonl$/;
const MERGED = /^all(?:_(\d+)-\d+)?(?:\.gz)?$/;
const SEPARATOR = /\nSubmission>>>>>>[0-9a-f]{32}>>>>>>Submission\n/;
const SEPARATOR_LENGTH = '\nSubmission>>>>>>'.length + 32 + '>>>>>>Submission\n'.length;

/** For directories of text files. */
export type OpenOutputsOptions = Omit<ReadDocumentsOptions, 'textField' | 'onRead'>;

/**
 * The outputs at `path`:
 * - a directory that `lethe sample` filled, in either layout: its finished outputs, called by their numbers
 * - `all_A-B`, or another file that holds no records: merged outputs, called by their numbers from A on, else from 0 on
 * - JSON lines, CSV, Parquet, or another directory: as `readDocuments` has them
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; reading: `ERR_FILE_FORMAT` for a file that is none of these
 */
export async function openOutputs(path: string, options: OpenOutputsOptions = {}): Promise<OutputSource> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  if (!found.isDirectory() && !found.isFile())
    throw new InputError(
      'ERR_FILE_READ',
      `Expected outputs that can be read more than once but ${path} is a pipe or a device.`,
      { remedy: 'Save them to a file first.' },
    );
  const whole = { path, parts: [path] };
  if (found.isDirectory()) {
    const parts = await partsOfCampaign(path);
    return parts === undefined
      ? { ...whole, read: () => readDocuments(path, options) }
      : { path, parts, read: () => readCampaign(path) };
  }
  const merged = MERGED.exec(basename(path));
  return merged === null && RECORDS.test(path)
    ? { ...whole, read: () => requireUniqueIds(readDocuments(path), path) }
    : { ...whole, read: () => readMerged(path, Number(merged?.[1] ?? 0)) };
}

/** What of a campaign's directory holds outputs; undefined for another directory. */
async function partsOfCampaign(directory: string): Promise<string[] | undefined> {
  const layout = await layoutOf(directory);
  if (layout === undefined) return undefined;
  if (layout === 'separate') return [join(directory, OUTPUTS_FOLDER)];
  const names = await readdir(directory);
  return names
    .filter((name) => SHARD.test(name))
    .sort()
    .map((name) => join(directory, name));
}

/** An unfinished campaign may have gaps. */
async function* readCampaign(directory: string): AsyncGenerator<OutputText, void, void> {
  const numbers = await listOutputs(directory);
  for (let first = 0; first < numbers.length; ) {
    let end = first + 1;
    while (numbers[end] === numbers[end - 1]! + 1) end++;
    const range = { start: numbers[first]!, end: numbers[end - 1]! };
    for await (const { id, text } of readOutputs(directory, range)) yield { id: String(id), text };
    first = end;
  }
}

/** Outputs of a merged file, each as it was merged: without blank lines. Holds one of them at a time. */
async function* readMerged(path: string, first: number): AsyncGenerator<OutputText, void, void> {
  const separator = new RegExp(SEPARATOR, 'g');
  let id = first;
  let waiting = '';
  for await (const piece of readTextPieces(path)) {
    // A separator may have begun in what was there before.
    separator.lastIndex = Math.max(0, waiting.length - SEPARATOR_LENGTH);
    waiting += piece;
    let start = 0;
    for (let found = separator.exec(waiting); found !== null; found = separator.exec(waiting)) {
      yield { id: String(id++), text: waiting.slice(start, found.index) };
      start = found.index + found[0].length;
      separator.lastIndex = start;
    }
    waiting = waiting.slice(start);
  }
  if (waiting === '' && id > first) return;
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected outputs, each with a separator line after it, in ${path} but ${id === first ? 'found no separator' : 'the last one has none'}.`,
    { remedy: 'Give a directory of outputs, a merged file all_A-B, or JSON lines (.jsonl) of {id, text}.' },
  );
}
