/** Many outputs as one text file, byte for byte as the published merge script writes it, and where each one stands. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { check } from '../check.js';
import { fileError, InputError } from '../errors.js';
import { writeTextAtomic } from '../files.js';
import { listOutputs, OUTPUTS_FOLDER, outputPath } from './output-directory.js';
import { mergedOutput } from './published-text.js';

export interface MergeOptions {
  /** First output. Default 0. */
  readonly start?: number;
  /** Last output, inclusive. Default: the last one there is. */
  readonly end?: number;
}

export interface MergeResult {
  /** `all_<start>-<end>`. */
  readonly mergedPath: string;
  /** `map_<start>-<end>.json`. */
  readonly mapPath: string;
  readonly outputs: number;
  readonly lines: number;
}

/** Where one output stands in a merged file: 1-based lines, its separator line included. */
export interface MapEntry {
  readonly md5: string;
  readonly start: number;
  readonly end: number;
}

const optionsSchema = z.strictObject({ start: z.int().min(0).default(0), end: z.int().min(0).optional() });

/**
 * Writes `all_<start>-<end>` and `map_<start>-<end>.json` into the directory: every output without its blank lines,
 * followed by a line `Submission>>>>>>MD5>>>>>>Submission`. The published script merges 200 000 outputs a file.
 *
 * @throws InputError if an output of the range is missing
 */
export async function mergeOutputs(directory: string, options: MergeOptions = {}): Promise<MergeResult> {
  const { start, end: givenEnd } = check(optionsSchema, options, 'options of mergeOutputs');
  const present = new Set(await listOutputs(directory));
  const end = givenEnd ?? [...present].at(-1) ?? -1;
  if (present.size === 0 || end < start) {
    throw new InputError(
      'ERR_FILE_NOT_FOUND',
      `Expected outputs ${start}${givenEnd === undefined ? ' and on' : ` to ${end}`} in ${join(directory, OUTPUTS_FOLDER)} but found ${present.size === 0 ? 'none' : 'none in that range'}.`,
    );
  }
  for (let number = start; number <= end; number++) {
    if (present.has(number)) continue;
    throw new InputError(
      'ERR_FILE_NOT_FOUND',
      `Expected every output from ${start} to ${end} in ${join(directory, OUTPUTS_FOLDER)} but ${number} is missing.`,
      { remedy: 'Finish the campaign, or merge a smaller range.' },
    );
  }
  const mergedPath = join(directory, `all_${start}-${end}`);
  const mapPath = join(directory, `map_${start}-${end}.json`);
  const entries: MapEntry[] = [];
  let lines = 0;
  async function* mergedText() {
    for (let number = start; number <= end; number++) {
      const { text, md5 } = mergedOutput(await readOutput(outputPath(directory, number)));
      const first = lines + 1;
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
      entries.push({ md5, start: first, end: lines });
      yield text;
    }
  }
  await writeTextAtomic(mergedPath, mergedText());
  await writeTextAtomic(mapPath, formatMap(entries, start));
  return { mergedPath, mapPath, outputs: entries.length, lines };
}

async function readOutput(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/** As Python's `json.dump` writes it. */
function* formatMap(entries: readonly MapEntry[], start: number): Generator<string, void, void> {
  yield '{';
  for (const [i, { md5, start: first, end }] of entries.entries()) {
    yield `${i === 0 ? '' : ', '}"${start + i}": {"md5": "${md5}", "start": ${first}, "end": ${end}}`;
  }
  yield '}';
}
