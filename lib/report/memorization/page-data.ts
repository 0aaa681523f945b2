/** The blocks and outputs as the page's script reads them: what repeats is kept once, what is too long is cut. */
import type { FingerprintRecord } from '../../memorization/analysis/summary.js';
import { memorizedLines } from './choose-outputs.js';
import { type MemorizationInput, PAGE_LIMITS } from './input.js';

type Place = FingerprintRecord['documents'][number];

export interface BlocksData {
  /** All blocks of the analysis; `blocks` are the most frequent of them. */
  readonly total: number;
  /** Whether `extract` counts places once per shard log, as the published analyser does. */
  readonly published: boolean;
  /** [shard, path or id, licence] of the corpus documents, each once. */
  readonly documents: readonly (readonly [shard: string, name: string, licence: string])[];
  readonly blocks: readonly {
    readonly fingerprint: string;
    readonly lines: number;
    readonly train: number;
    readonly extract: number;
    readonly category: string;
    readonly text: string;
    /** Lines of the text that are not in `text`. */
    readonly cut: number;
    /** Distinct texts. */
    readonly texts: number;
    readonly outputs: readonly (readonly [id: string, start: number, end: number])[];
    readonly documents: readonly (readonly [document: number, start: number, end: number])[];
  }[];
}

export interface OutputsData {
  /** Outputs with memorized blocks in the analysis. */
  readonly total: number;
  readonly outputs: readonly {
    readonly id: string;
    readonly md5: string;
    readonly lines: number;
    readonly memorized: number;
    readonly text: string;
    readonly cut: number;
    /** [start, end, index into the blocks, or the fingerprint of one that the page does not hold]. */
    readonly spans: readonly (readonly [start: number, end: number, block: number | string])[];
  }[];
}

export function blocksData({ analysis, blocks }: MemorizationInput): BlocksData {
  const documents = new Map<string, { index: number; value: readonly [string, string, string] }>();
  const indexOf = ({ shard, id, path, licence }: Place): number => {
    const value = [shard, path ?? id ?? '', licence ?? ''] as const;
    const key = JSON.stringify(value);
    const known = documents.get(key) ?? { index: documents.size, value };
    documents.set(key, known);
    return known.index;
  };
  const shown = blocks.map((block) => ({
    fingerprint: block.fingerprint,
    lines: block.lines,
    train: block.train,
    extract: block.extract,
    category: block.category,
    ...cutText(block.text.replace(/\n$/, ''), PAGE_LIMITS.textPerBlock),
    texts: block.texts,
    outputs: block.outputs
      .slice(0, PAGE_LIMITS.placesPerBlock)
      .map(({ id, start, end }) => [id, start, end] as const),
    documents: block.documents
      .slice(0, PAGE_LIMITS.placesPerBlock)
      .map((place) => [indexOf(place), place.start, place.end] as const),
  }));
  return {
    total: analysis.fingerprints,
    published: analysis.counting === 'published',
    documents: [...documents.values()].map(({ value }) => value),
    blocks: shown,
  };
}

export function outputsData({ analysis, blocks, outputs }: MemorizationInput): OutputsData {
  const indexes = new Map(blocks.map(({ fingerprint }, index) => [fingerprint, index]));
  return {
    total: analysis.outputs.withBlocks,
    outputs: outputs.map((output) => ({
      id: output.id,
      md5: output.md5,
      lines: output.lines,
      memorized: memorizedLines(output),
      ...cutText(output.text, PAGE_LIMITS.textPerOutput),
      spans: output.spans.map(
        ({ start, end, fingerprint }) => [start, end, indexes.get(fingerprint) ?? fingerprint] as const,
      ),
    })),
  };
}

/** Whole lines of the text up to `most` UTF-16 units; of a first line that is longer, its beginning. */
function cutText(text: string, most: number): { text: string; cut: number } {
  if (text.length <= most) return { text, cut: 0 };
  const end = text.lastIndexOf('\n', most);
  const kept = end <= 0 ? `${text.slice(0, most)}\u2026` : text.slice(0, end);
  return { text: kept, cut: text.split('\n').length - kept.split('\n').length };
}
