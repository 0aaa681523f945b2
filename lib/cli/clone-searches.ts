/** What `lethe clones` looks for, blocks of lines or spans, as far as the two differ to the command. */
import type { LineMode } from '../clones/lines/line-mode.js';
import { type CloneLogFormat, formatByName, formatCloneLog, formatGroup } from '../clones/log/log-format.js';
import { type DetectClonesEvent, type FailedShard, searchClones } from '../clones/search/search.js';
import { counted } from '../counted.js';
import type { Share } from './share.js';

export interface CloneOptions {
  readonly log?: string;
  readonly format?: CloneLogFormat;
  readonly json?: boolean;
  readonly force?: boolean;
  readonly outputs: readonly string[];
  readonly threshold: number;
  readonly mode: LineMode | 'spans';
  readonly minBytes: number;
  readonly minTokens?: number;
  readonly tokenizer?: string;
  readonly anyWhiteSpace?: boolean;
  readonly separately?: boolean;
  readonly shard?: Share;
  readonly workers?: number;
}

export interface CloneFiles {
  readonly outputs: readonly string[];
  readonly shards: readonly string[];
  readonly workers?: number | undefined;
  readonly signal: AbortSignal;
}

export interface CloneSearch {
  /** What the log depends on, beside the files of outputs and corpus. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Other files that it depends on. */
  readonly inputs: readonly string[];
  run(files: CloneFiles): AsyncGenerator<DetectClonesEvent, FoundClones, void>;
}

export interface FoundClones {
  /** The log, in pieces. */
  log(): Iterable<string>;
  /** What was found, as JSON lines. */
  json(): Iterable<string>;
  /** Of the record. */
  readonly results: object;
  readonly sentence: string;
  readonly failed: readonly FailedShard[];
}

export async function cloneSearch(options: CloneOptions): Promise<CloneSearch> {
  return options.mode === 'spans' ? spanSearch(options) : blockSearch(options, options.mode);
}

function blockSearch(options: CloneOptions, mode: LineMode): CloneSearch {
  const { threshold, separately, shard } = options;
  const compare = separately || shard !== undefined ? 'separately' : 'together';
  const format = options.format ?? formatByName(options.log ?? '');
  return {
    settings: { threshold, mode, compare, format },
    inputs: [],
    async *run(files) {
      const { failed, ...report } = yield* searchClones({ ...files, threshold, mode, compare });
      const { groups, totals } = report;
      return {
        log: () => formatCloneLog(report, format),
        json: () => groups.map((group) => formatGroup(group, 'jsonl')),
        results: { groups: groups.length, totals },
        sentence: `${counted(groups.length, 'shared block')} of at least ${counted(threshold, 'line')}.`,
        failed,
      };
    },
  };
}

async function spanSearch(options: CloneOptions): Promise<CloneSearch> {
  // Only now: who looks for lines needs none of it.
  const { searchSpans } = await import('../clones/spans/search-spans.js');
  const { formatSpan, formatSpanLog } = await import('../clones/spans/span-log.js');
  const { minTokens, anyWhiteSpace = false } = options;
  const minBytes = minTokens === undefined ? options.minBytes : undefined;
  const { Tokenizer } = await import('../model/tokenizer/tokenizer.js');
  const tokenizer = minTokens === undefined ? undefined : await Tokenizer.load(options.tokenizer!);
  const rule = { minBytes, minTokens, anyWhiteSpace };
  return {
    settings: { mode: 'spans', ...rule },
    inputs: tokenizer?.files ?? [],
    async *run(files) {
      const { failed, ...report } = yield* searchSpans({ ...files, ...rule, tokenizer });
      const { spans, totals } = report;
      const least = counted(minTokens ?? minBytes!, minTokens === undefined ? 'byte' : 'token');
      return {
        log: () => formatSpanLog(report),
        json: () => spans.map(formatSpan),
        results: { spans: spans.length, totals },
        sentence: `${counted(spans.length, 'span')} of at least ${least}; ${sayShare(totals)}`,
        failed,
      };
    },
  };
}

/** How much of the outputs lies in spans. */
export function sayShare({
  outputs,
  outputsWithSpans,
  charactersInSpans,
}: {
  readonly outputs: readonly { readonly outputs: number; readonly characters: number }[];
  readonly outputsWithSpans: number;
  readonly charactersInSpans: number;
}): string {
  const sum = (key: 'outputs' | 'characters') => outputs.reduce((total, each) => total + each[key], 0);
  const share = (100 * charactersInSpans) / Math.max(1, sum('characters'));
  return `${outputsWithSpans} of ${counted(sum('outputs'), 'output')} hold one, and ${share.toFixed(1)}% of their characters stand in the corpus.`;
}
