/** Many outputs as text files, byte for byte as the published merge script writes them, and where each one stands. */
import { join } from 'node:path';
import * as z from 'zod';
import { check } from '../check.js';
import { digestFile } from '../data/digest.js';
import { InputError, throwIfAborted } from '../errors.js';
import { writeTextAtomic } from '../files.js';
import { drain, type ProgressEvent, progress, relay } from '../progress.js';
import { listOutputs, readOutputs } from './output-directory.js';
import { mergedOutput } from './published-text.js';

/** Outputs of one merged file, as published. */
const CHUNK_OUTPUTS = 200_000;
const PROGRESS_OUTPUTS = 1000;

export interface MergeSelection {
  /** First output. Default 0. */
  readonly start?: number | undefined;
  /** Last output, inclusive. Default: the last one there is. */
  readonly end?: number | undefined;
  /** Outputs of one merged file. Default 200 000, as published. */
  readonly chunk?: number | undefined;
}

export interface MergeOptions extends MergeSelection {
  /** Replace merged files that are there and hold something else. Default true. */
  readonly replace?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where outputs from `start` to `end` go. */
export interface MergeRange {
  readonly start: number;
  readonly end: number;
  /** `all_<start>-<end>`. */
  readonly mergedPath: string;
  /** `map_<start>-<end>.json`. */
  readonly mapPath: string;
}

/** One merged file and its map. */
export interface MergedFile extends Pick<MergeRange, 'mergedPath' | 'mapPath'> {
  readonly outputs: number;
  readonly lines: number;
}

export interface MergeResult {
  readonly files: readonly MergedFile[];
  readonly outputs: number;
  readonly lines: number;
}

/** Where one output stands in a merged file: 1-based lines, its separator line included. */
export interface MapEntry {
  readonly md5: string;
  readonly start: number;
  readonly end: number;
}

const optionsSchema = z.strictObject({
  start: z.int().min(0).default(0),
  end: z.int().min(0).optional(),
  chunk: z.int().min(1).default(CHUNK_OUTPUTS),
  replace: z.boolean().default(true),
  signal: z.instanceof(AbortSignal).optional(),
});

/** The files that merging would write, of outputs that are all there. @throws InputError if one of the range is missing */
export async function planMerge(
  directory: string,
  { start = 0, end: givenEnd, chunk = CHUNK_OUTPUTS }: MergeSelection = {},
): Promise<MergeRange[]> {
  const end = requireAll(await listOutputs(directory), directory, start, givenEnd);
  const ranges: MergeRange[] = [];
  for (let first = start; first <= end; first += chunk) {
    const last = Math.min(end, first + chunk - 1);
    const [mergedPath, mapPath] = [`all_${first}-${last}`, `map_${first}-${last}.json`];
    ranges.push({
      ...{ start: first, end: last },
      ...{ mergedPath: join(directory, mergedPath), mapPath: join(directory, mapPath) },
    });
  }
  return ranges;
}

/** {@link runMerge} without its events. */
export async function mergeOutputs(directory: string, options: MergeOptions = {}): Promise<MergeResult> {
  return drain(runMerge(directory, options));
}

/**
 * Writes `all_<start>-<end>` and `map_<start>-<end>.json` into the directory, for every 200 000 outputs of either
 * layout: each output without its blank lines, followed by a line `Submission>>>>>>MD5>>>>>>Submission`. Memory holds
 * the places of one file's outputs, and of their texts a thousand at most.
 *
 * @throws InputError if an output of the range is missing
 * @throws AbortedError with the files that were whole by then
 */
export async function* runMerge(
  directory: string,
  options: MergeOptions = {},
): AsyncGenerator<ProgressEvent, MergeResult, void> {
  const { replace, signal, ...wanted } = check(optionsSchema, options, 'options of mergeOutputs');
  const ranges = await planMerge(directory, wanted);
  const [{ start }, { end }] = [ranges[0]!, ranges.at(-1)!];
  const files: MergedFile[] = [];
  for (const range of ranges) {
    const merging = relay<number, MergedFile>(
      (emit, stop) => mergeRange(directory, range, replace, emit, stop),
      signal,
    );
    for (;;) {
      const next = await merging.next();
      if (next.done) {
        files.push(next.value);
        break;
      }
      yield progress('merge', range.start - start + next.value, end - start + 1, 'outputs');
    }
  }
  const sum = (of: (file: MergedFile) => number) => files.reduce((total, file) => total + of(file), 0);
  return { files, outputs: sum(({ outputs }) => outputs), lines: sum(({ lines }) => lines) };
}

/** Returns the last output's number. `present` is in ascending order. */
function requireAll(
  present: readonly number[],
  directory: string,
  start: number,
  givenEnd: number | undefined,
): number {
  const end = givenEnd ?? present.at(-1) ?? -1;
  const inside = present.filter((number) => number >= start && number <= end);
  if (inside.length === 0)
    throw new InputError(
      'ERR_FILE_NOT_FOUND',
      `Expected outputs ${start}${givenEnd === undefined ? ' and on' : ` to ${end}`} in ${directory} but found ${present.length === 0 ? 'none' : 'none in that range'}.`,
    );
  if (inside.length === end - start + 1) return end;
  const at = inside.findIndex((number, i) => number !== start + i);
  throw new InputError(
    'ERR_FILE_NOT_FOUND',
    `Expected every output from ${start} to ${end} in ${directory} but ${start + (at === -1 ? inside.length : at)} is missing.`,
    { remedy: 'Finish the campaign, or merge a smaller range.' },
  );
}

async function mergeRange(
  directory: string,
  { start, end, mergedPath, mapPath }: MergeRange,
  replace: boolean,
  emit: (outputs: number) => void,
  signal: AbortSignal,
): Promise<MergedFile> {
  const entries: MapEntry[] = [];
  let lines = 0;
  async function* mergedText() {
    for await (const output of readOutputs(directory, { start, end })) {
      const { text, md5 } = mergedOutput(output.text);
      const first = lines + 1;
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
      entries.push({ md5, start: first, end: lines });
      yield text;
      if (entries.length % PROGRESS_OUTPUTS !== 0) continue;
      throwIfAborted(signal);
      emit(entries.length);
    }
  }
  const write = (path: string, text: Iterable<string> | AsyncIterable<string>) =>
    writeTextAtomic(path, text, {
      beforeRename: (part) => compareWithOther(path, part, replace),
    });
  await write(mergedPath, mergedText());
  await write(mapPath, formatMap(entries, start));
  emit(entries.length);
  return { mergedPath, mapPath, outputs: entries.length, lines };
}

/**
 * Merging again gives the same bytes: others are of other outputs. A file that has them is kept, time and all, by which
 * those who read it know it.
 */
async function compareWithOther(path: string, part: string, replace: boolean): Promise<'keep' | undefined> {
  const before = await digestFile(path).catch(() => undefined);
  if (before !== undefined && before === (await digestFile(part))) return 'keep';
  if (before === undefined || replace) return undefined;
  throw new InputError(
    'ERR_OUTPUT_EXISTS',
    `Expected ${path} to be new or merged from these outputs but it holds something else.`,
    { remedy: 'Move it away, or replace it with --force.' },
  );
}

/** As Python's `json.dump` writes it. */
function* formatMap(entries: readonly MapEntry[], start: number): Generator<string, void, void> {
  yield '{';
  for (const [i, { md5, start: first, end }] of entries.entries()) {
    yield `${i === 0 ? '' : ', '}"${start + i}": {"md5": "${md5}", "start": ${first}, "end": ${end}}`;
  }
  yield '}';
}
