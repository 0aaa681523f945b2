/** Clone logs as the report shows them: which block of which output stands where in the corpus. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readShardMap, type ShardEntry } from '../../clones/corpus/shard.js';
import { keepAgreeing } from '../../clones/log/agreement.js';
import { locate, type OutputEntry, readOutputsMap } from '../../clones/log/locate.js';
import { type CloneGroup, type CloneOccurrence, readCloneLog } from '../../clones/log/log.js';
import type {
  ReportBlock,
  ReportCampaign,
  ReportCorpusDocument,
  ReportOutput,
  ReportSource,
} from '../../report/input.js';

/** One sampling campaign and its clone log. */
export interface SearchedCampaign {
  readonly log: string;
  /** The merged outputs and their map. */
  readonly merged: string;
  readonly map: string;
  readonly shard: string;
}

export interface FoundBlocks {
  readonly campaign: ReportCampaign;
  /** Most frequent first. `outputs.after` is null. */
  readonly blocks: readonly ReportBlock[];
  /** Outputs that hold memorized blocks, most of them first. */
  readonly outputs: readonly Omit<ReportOutput, 'phase'>[];
  /** The corpus documents that blocks come from. */
  readonly documents: readonly ReportCorpusDocument[];
}

/** Copies of a file in the corpus are one source: `<id>#<copy>`. */
export function copyId(id: string, copy: number): string {
  return copy === 0 ? id : `${id}#${copy + 1}`;
}

function originalId(id: string): string {
  return id.replace(/#\d+$/, '');
}

/** Reads what a campaign left and resolves every occurrence. */
export async function readFoundBlocks({ log, merged, map, shard }: SearchedCampaign): Promise<FoundBlocks> {
  const { groups } = await keepAgreeing((await readCloneLog(log)).groups, {
    isOutputs: (file) => basename(file) === basename(merged),
    locate: (file) => (basename(file) === basename(merged) ? merged : shard),
  });
  const outputs = await readOutputsMap(map);
  const corpus = await readShardMap(shard);
  const outputLines = (await readFile(merged, 'utf8')).split('\n');
  const corpusLines = (await readFile(shard, 'utf8')).split('\n');

  const spans = new Map<OutputEntry, ReportOutput['spans'][number][]>();
  const documents = new Map<string, ReportCorpusDocument>();
  const blocks = groups.map((group): ReportBlock => {
    const [inOutputs, inCorpus] = sides(group, merged);
    const sources = distinctSources(inCorpus, corpus);
    for (const { document } of sources)
      if (!documents.has(document))
        documents.set(document, { id: document, text: textOf(entryOf(corpus, document), corpusLines) });
    for (const place of inOutputs)
      for (const entry of locate(outputs, place)) {
        const list = spans.get(entry) ?? [];
        spans.set(entry, list);
        list.push({ ...linesWithin(entry, place), fingerprint: group.fingerprint, sources });
      }
    const shown = inOutputs[0]!;
    return {
      fingerprint: group.fingerprint,
      lines: group.length,
      text: outputLines.slice(shown.start - 1, shown.end).join('\n'),
      outputs: { before: inOutputs.length, after: null },
      corpus: inCorpus.length,
      sources,
    };
  });

  const shownOutputs = [...spans]
    .map(([entry, found]) => ({ id: entry.id, text: textOf(entry, outputLines), spans: found }))
    .sort((a, b) => b.spans.length - a.spans.length || Number(a.id) - Number(b.id));
  return {
    campaign: {
      outputs: outputs.length,
      memorizedOutputs: spans.size,
      blocks: blocks.length,
      lengths: countLengths(groups),
    },
    blocks: blocks.sort((a, b) => b.outputs.before! - a.outputs.before! || b.lines - a.lines),
    outputs: shownOutputs,
    documents: [...documents.values()],
  };
}

/** Occurrences in the outputs and in the corpus. The log names files as they were called when it was made. */
function sides({ occurrences }: CloneGroup, merged: string): [CloneOccurrence[], CloneOccurrence[]] {
  const inOutputs = ({ file }: CloneOccurrence): boolean => basename(file) === basename(merged);
  return [occurrences.filter(inOutputs), occurrences.filter((place) => !inOutputs(place))];
}

function entryOf(corpus: readonly ShardEntry[], document: string): ShardEntry {
  return corpus.find(({ id }) => originalId(id) === document)!;
}

function distinctSources(places: readonly CloneOccurrence[], corpus: readonly ShardEntry[]): ReportSource[] {
  const sources = new Map<string, ReportSource>();
  for (const place of places)
    for (const entry of locate(corpus, place)) {
      const source = { document: originalId(entry.id), ...linesWithin(entry, place) };
      sources.set(JSON.stringify(source), source);
    }
  return [...sources.values()];
}

/** The lines of a place, counted from the first of the entry that it lies in. A place may reach into a neighbour. */
function linesWithin(
  entry: { readonly start: number; readonly end: number },
  place: { readonly start: number; readonly end: number },
): { startLine: number; endLine: number } {
  return {
    startLine: Math.max(place.start, entry.start) - entry.start + 1,
    endLine: Math.min(place.end, entry.end) - entry.start + 1,
  };
}

/** An entry's text as it stands in the file, without the line of its separator and what precedes that. */
function textOf({ start, end }: { start: number; end: number }, lines: readonly string[]): string {
  return lines
    .slice(start - 1, end - 1)
    .join('\n')
    .trimEnd();
}

function countLengths(groups: readonly CloneGroup[]): [number, number][] {
  const counts = new Map<number, number>();
  for (const { length } of groups) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort((a, b) => a[0] - b[0]);
}

/** Both campaigns' blocks, those of before first. Null stands for a campaign that has not been. */
export function mergeBlocks(before: FoundBlocks, after: FoundBlocks): ReportBlock[] {
  const afterwards = new Map(after.blocks.map((block) => [block.fingerprint, block]));
  const merged = before.blocks.map((block) => {
    const again = afterwards.get(block.fingerprint);
    afterwards.delete(block.fingerprint);
    return { ...block, outputs: { before: block.outputs.before, after: again?.outputs.before ?? 0 } };
  });
  const anew = [...afterwards.values()].map((block) => ({
    ...block,
    outputs: { before: 0, after: block.outputs.before },
  }));
  return [...merged, ...anew];
}
