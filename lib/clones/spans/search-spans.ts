/**
 * The search for spans: the longest pieces of the outputs that stand in the corpus byte for byte, wherever lines begin and
 * end, each within one output and one document. The outputs are indexed, the corpus is streamed once; memory grows with
 * the outputs and with what is found, not with the corpus.
 */
import * as z from 'zod';
import { check } from '../../check.js';
import { findShards } from '../../data/corpus/find-shards.js';
import { describeLeftOut, LeftOut } from '../../data/left-out.js';
import { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { ProgressEvent } from '../../progress.js';
import { compareText } from '../clone-report.js';
import type { TextInput } from '../lines/text-input.js';
import {
  type CloneWarningEvent,
  type FailedShard,
  type Search,
  type SearchFilesOptions,
  searchFiles,
} from '../search/search-files.js';
import { listSpans } from './list-spans.js';
import { type OutputText, OutputTexts } from './output-texts.js';
import { type ScannedSpans, SpanJoiner, scanSpans } from './scan-spans.js';
import { SpanIndex } from './span-index.js';
import { nameFiles, nameOutputs } from './span-names.js';
import { LEAST_MIN_BYTES, reportSpans, type Span, type SpanReport } from './span-report.js';
import type { SpanScanShared } from './span-worker.js';
import { TokenMinimum } from './token-minimum.js';

const DEFAULT_MIN_BYTES = 150;

export interface DetectSpansOptions extends SearchFilesOptions {
  /** Bytes of the shortest span, of UTF-8 as it is compared; 8 or more. Default 150, unless `minTokens` is given. */
  readonly minBytes?: number | undefined;
  /** In place of `minBytes`: whole tokens of the output that the shortest span holds, 8 or more. Needs `tokenizer`. */
  readonly minTokens?: number | undefined;
  readonly tokenizer?: Tokenizer | undefined;
  /** Any run of white space (bytes up to U+0020) is like any other; not with `minTokens`. Default false. */
  readonly anyWhiteSpace?: boolean | undefined;
}

export interface DetectSpansResult extends SpanReport {
  /** Shards that are not in the report, in the order given. */
  readonly failed: readonly FailedShard[];
}

export type DetectSpansEvent = ProgressEvent | CloneWarningEvent;

const minimum = z.int().min(LEAST_MIN_BYTES);

const optionsSchema = z
  .strictObject({
    outputs: z.array(z.string().min(1)).min(1),
    shards: z.array(z.string().min(1)).min(1),
    minBytes: minimum.optional(),
    minTokens: minimum.optional(),
    tokenizer: z.custom<Tokenizer>((value) => value instanceof Tokenizer).optional(),
    anyWhiteSpace: z.boolean().optional(),
    workers: z.int().min(1).max(1024).optional(),
    chunkBytes: z.int().min(1).optional(),
    partBytes: z.int().min(1).optional(),
    signal: z.instanceof(AbortSignal).optional(),
  })
  .refine(({ minTokens, tokenizer }) => (minTokens === undefined) === (tokenizer === undefined), {
    message: 'minTokens and tokenizer together',
  })
  .refine(({ minTokens, minBytes }) => minTokens === undefined || minBytes === undefined, {
    message: 'minBytes or minTokens',
  })
  .refine(({ minTokens, anyWhiteSpace }) => minTokens === undefined || !anyWhiteSpace, {
    message: 'minTokens without anyWhiteSpace',
  });

/**
 * Finds all spans of the outputs that stand in a shard, and where (docs/clones.md). A shard may be the directory of a built
 * corpus, see {@link findShards}; one that cannot be read is a warning and an entry of `failed`.
 *
 * @throws InputError for outputs that cannot be read, a file given twice, and when all shards fail
 * @throws AbortedError
 */
export async function* detectSpans(
  options: DetectSpansOptions,
): AsyncGenerator<DetectSpansEvent, DetectSpansResult, void> {
  check(optionsSchema, options, 'options of detectSpans');
  const leftOut = new LeftOut();
  const shards = await findShards(options.shards, leftOut.add);
  for (const message of describeLeftOut(leftOut.toJSON())) yield { type: 'warning', message };
  return yield* searchSpans({ ...options, shards });
}

/** {@link detectSpans} with options that are known to be good. */
export async function* searchSpans({
  minTokens,
  minBytes = minTokens === undefined ? DEFAULT_MIN_BYTES : undefined,
  tokenizer,
  anyWhiteSpace = false,
  ...files
}: DetectSpansOptions): AsyncGenerator<DetectSpansEvent, DetectSpansResult, void> {
  const texts = new OutputTexts(anyWhiteSpace);
  const tokens = minTokens === undefined ? undefined : new TokenMinimum(tokenizer!, minTokens);
  const scanned: { readonly path: string; readonly file: SpanJoiner }[] = [];
  let index: SpanIndex;
  const search: Search<ScannedSpans, SpanJoiner> = {
    startOutput: ({ path }) => texts.startFile(path),
    pushOutput: (bytes) => texts.push(bytes),
    endOutput: () => texts.endFile(),
    begin(chunkBytes) {
      const longest = texts.outputs.reduce((most, { start, end }) => Math.max(most, end - start), 0);
      const least = Math.max(LEAST_MIN_BYTES, minBytes ?? tokens!.leastBytes(texts.outputs));
      // Longer than any output: nothing is found, and no more is held of the corpus than need be.
      index = SpanIndex.build(texts.text(), Math.min(least, Math.max(LEAST_MIN_BYTES, longest + 1)));
      const settings = { anyWhiteSpace, chunkBytes, signal: files.signal };
      return {
        module: 'clones/spans/span-worker.js',
        shared: { index: index.shared, anyWhiteSpace, chunkBytes } satisfies SpanScanShared,
        scan: (part) => scanSpans(part, index, settings),
        createFile: () => new SpanJoiner(),
      };
    },
    takeShard({ path }: TextInput, file) {
      scanned.push({ path, file });
    },
  };
  const failed = yield* searchFiles(files, search);

  scanned.sort((a, b) => compareText(a.path, b.path));
  const listed = listSpans(
    index!,
    texts.outputs,
    scanned.map(({ file }) => [...file.matches]),
    { anyWhiteSpace, isWanted: ({ output, from, to }) => tokens?.isMet(output, from, to) ?? true },
  );
  const names = yield* nameFiles(
    scanned,
    listed.flatMap(({ named }) => named),
  );
  const ids = yield* nameOutputs(files.outputs, texts.outputs);
  const spans = listed.map(
    ({ output, from, to, bytes, count, named }): Span => ({
      file: output.file,
      output: ids.get(output)!,
      start: from,
      end: to,
      bytes,
      count,
      occurrences: named.map(names),
    }),
  );
  const basis = {
    minBytes,
    minTokens,
    anyWhiteSpace,
    outputs: files.outputs.map((file) => describeOutputs(file, texts.outputs)),
    shards: scanned.map(({ path }) => path),
  };
  return { ...reportSpans(basis, spans), failed };
}

function describeOutputs(file: string, all: readonly OutputText[]) {
  const outputs = all.filter((output) => output.file === file);
  const characters = outputs.reduce((sum, { bytes }) => sum + bytes.toString('utf8').length, 0);
  return { file, outputs: outputs.length, characters };
}
