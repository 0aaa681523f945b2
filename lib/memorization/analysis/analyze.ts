/** The analysis of clone logs: what was memorized, how often, where, and how it grows. Reads files, writes files. */
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { check } from '../../check.js';
import { writeJsonLines } from '../../data/text/json-lines.js';
import { InputError, throwIfAborted } from '../../errors.js';
import { writeFileAtomic, writeTextAtomic } from '../../files.js';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { locateDocuments, shardPath } from './documents.js';
import { gatherBlocks } from './gather.js';
import { OutputsText } from './outputs-text.js';
import { arrangePlaces } from './places.js';
import {
  formatBeginEndList,
  formatMemorization,
  formatPrompts,
  formatTable,
  formatTexts,
  type Material,
} from './published-files.js';
import { fingerprintRecords, outputRecords } from './records.js';
import { type Analysis, analysisPaths, countingSchema } from './summary.js';
import { Tally } from './tally.js';

export interface AnalyzeOptions {
  /** Clone logs, one a corpus shard as published, or joint ones; no two of them of the same corpus file. */
  readonly logs: readonly string[];
  /** `all_A-B`, the merged outputs that the logs were made from. */
  readonly outputs: string;
  /** `map_A-B.json` beside it. */
  readonly map: string;
  /** Where the files go. */
  readonly directory: string;
  /** What the run is called in `analysis.json` and in the names of the tables. Default: the directory of the outputs. */
  readonly name?: string | undefined;
  /**
   * `distinct` (default) counts a place once however many logs list it; `published` adds the places in the outputs once
   * a log, as the published analyser does. `distinct` also leaves out what the log calls equal and is not as text.
   */
  readonly counting?: 'distinct' | 'published' | undefined;
  /** For the filtered table, which is not written without it. */
  readonly tokenizer?: Pick<Tokenizer, 'encode'> | undefined;
  /** Fewest and most tokens of a text in the filtered table. Defaults: 128 and 512, as published. */
  readonly minTokens?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** What the tables say in their column `corpus`. Default: `codeparrot-clean-train`, as published. */
  readonly corpus?: string | undefined;
  /** Directory of the corpus shards and their maps; see {@link LocateDocumentsOptions.shards}. */
  readonly shards?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type AnalyzeEvent = ProgressEvent | { readonly type: 'file'; readonly path: string };

export interface AnalyzeResult {
  readonly directory: string;
  readonly analysis: Analysis;
  /** Rows of the filtered table; undefined if there was no tokenizer. */
  readonly filtered: number | undefined;
}

const optionsSchema = z.strictObject({
  logs: z.array(z.string()).min(1),
  outputs: z.string(),
  map: z.string(),
  directory: z.string(),
  name: z
    .string()
    .regex(/^[^/\\]+$/, 'a name without / or \\')
    .optional(),
  counting: countingSchema.default('distinct'),
  tokenizer: z.custom<Pick<Tokenizer, 'encode'>>().optional(),
  minTokens: z.int().min(0).default(128),
  maxTokens: z.int().min(0).default(512),
  corpus: z.string().default('codeparrot-clean-train'),
  shards: z.string().optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Analyses clone logs and writes `memorization.json`, `analyze/*.txt`, `begin_end_list.txt`, `extract_prompt.json` and the
 * tables in the published formats, and `analysis.json`, `fingerprints.jsonl` and `outputs.jsonl` (summary.ts).
 * Every log is read once. Memory: the outputs, some 60 bytes for each distinct place in them, and 16 for each of up to
 * 20 places in the corpus a fingerprint.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_FORMAT` for files that do not belong together, before anything is written
 */
export async function* analyzeClones(
  options: AnalyzeOptions,
): AsyncGenerator<AnalyzeEvent, AnalyzeResult, void> {
  const {
    logs,
    outputs: outputsPath,
    map,
    directory,
    counting,
    signal,
    ...rest
  } = check(optionsSchema, options, 'options of analyzeClones');
  const name = rest.name ?? (basename(dirname(resolve(outputsPath))) || 'outputs');
  const textNames = nameTexts(logs);
  if (rest.minTokens > rest.maxTokens) {
    throw new InputError(
      'ERR_INVALID_OPTION',
      `Expected at most ${rest.maxTokens}, maxTokens, for minTokens but received ${rest.minTokens}.`,
    );
  }

  const outputs = await OutputsText.load(outputsPath, map);
  const blocks = yield* gatherBlocks(logs, outputs, {
    counting,
    locate: (file) => shardPath(file, rest.shards),
    signal,
  });
  const located = yield* locateDocuments(blocks, outputs, { shards: rest.shards, signal });
  const material: Material = { blocks, outputs, places: arrangePlaces(blocks, outputs) };

  const tally = new Tally(material);
  let filtered = 0;
  const paths = analysisPaths(directory);
  const files: [string, (path: string) => Promise<unknown>][] = [
    [
      paths.fingerprints,
      (path) => writeJsonLines(path, tally.fingerprints(fingerprintRecords(material, located))),
    ],
    [paths.outputs, (path) => writeJsonLines(path, tally.outputs(outputRecords(material)))],
    [
      join(directory, 'memorization.json'),
      (path) => writeTextAtomic(path, inPieces(formatMemorization(blocks), signal)),
    ],
    ...blocks.logs.map(({ fingerprints }, i): [string, (path: string) => Promise<unknown>] => [
      join(directory, 'analyze', `${textNames[i]}.txt`),
      (path) => writeTextAtomic(path, inPieces(formatTexts(material, fingerprints), signal)),
    ]),
    [
      join(directory, 'analyze', `${ALL}.txt`),
      (path) =>
        writeTextAtomic(
          path,
          inPieces(formatTexts(material, Array(blocks.fingerprints.size).keys()), signal),
        ),
    ],
    [
      join(directory, 'begin_end_list.txt'),
      (path) => writeTextAtomic(path, inPieces(formatBeginEndList(material), signal)),
    ],
    [
      join(directory, 'extract_prompt.json'),
      (path) => writeTextAtomic(path, inPieces(formatPrompts(material), signal)),
    ],
    [
      join(directory, `${name}_all_memorization.csv`),
      (path) => writeTextAtomic(path, formatTable(material, rest.corpus)),
    ],
  ];
  const { tokenizer } = rest;
  if (tokenizer !== undefined) {
    const keeps = (text: string) => {
      const tokens = tokenizer.encode(text).tokens.length;
      const isKept = tokens >= rest.minTokens && tokens <= rest.maxTokens;
      if (isKept) filtered++;
      return isKept;
    };
    files.push([
      join(directory, `${name}_filtered_memorization.csv`),
      (path) =>
        writeTextAtomic(
          path,
          formatTable(material, rest.corpus, ({ text }) => keeps(text)),
        ),
    ]);
  }
  for (const [i, [path, write]] of files.entries()) {
    throwIfAborted(signal);
    yield progress('write', i, files.length, 'files', basename(path));
    await write(path);
    yield { type: 'file', path };
  }

  const analysis: Analysis = tally.finish({ name, counting });
  await writeFileAtomic(paths.analysis, `${JSON.stringify(analysis, undefined, 2)}\n`);
  yield { type: 'file', path: paths.analysis };
  return { directory, analysis, filtered: tokenizer === undefined ? undefined : filtered };
}

/** Characters that are handed on at once: every piece costs its reader a turn of the event loop. */
const PIECE_CHARACTERS = 2 ** 16;

/** The same text in fewer pieces; ends when the signal fires. */
function* inPieces(text: Iterable<string>, signal: AbortSignal | undefined): Generator<string, void, void> {
  let waiting = '';
  for (const part of text) {
    waiting += part;
    if (waiting.length < PIECE_CHARACTERS) continue;
    throwIfAborted(signal);
    yield waiting;
    waiting = '';
  }
  yield waiting;
}

/** The name of the file that holds the texts of all logs. */
const ALL = 'all';

/** `3` of `logs/3.log`: what `analyze/3.txt` is called by. */
function nameTexts(logs: readonly string[]): string[] {
  const seen = new Map([[ALL, 'the file of all texts']]);
  return logs.map((log) => {
    const name = basename(log)
      .replace(/\.gz$/, '')
      .replace(/\.(log|jsonl|txt)$/, '');
    const other = seen.get(name);
    if (other !== undefined) {
      throw new InputError(
        'ERR_INVALID_OPTION',
        `Expected logs of different names but ${log} and ${other} would both be written to analyze/${name}.txt.`,
        { remedy: 'Call each log by the number of its shard.' },
      );
    }
    seen.set(name, log);
    return name;
  });
}
