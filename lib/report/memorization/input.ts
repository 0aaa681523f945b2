/** All that the page about memorization at corpus scale is made of, and how much of it one page holds. */
import type { RunManifest } from '../../data/outputs/run-manifest.js';
import type { Analysis, FingerprintRecord, OutputRecord } from '../../memorization/analysis/summary.js';
import type { Ranking } from '../../memorization/ranking/records.js';

/** Caps, so that the page of a campaign with millions of blocks still opens at once. Lengths in UTF-16 units. */
export interface PageLimits {
  /** Blocks in the list, most frequent first. */
  readonly blocks: number;
  /** Length of all their texts together. */
  readonly blockText: number;
  /** Length of one of them; the rest is cut. */
  readonly textPerBlock: number;
  /** Places of a block, in outputs and in the corpus each. */
  readonly placesPerBlock: number;
  readonly outputs: number;
  /** Length of all outputs together. */
  readonly outputText: number;
  readonly textPerOutput: number;
}

export const PAGE_LIMITS: PageLimits = {
  blocks: 10_000,
  blockText: 8_000_000,
  textPerBlock: 12_000,
  placesPerBlock: 10,
  outputs: 1000,
  outputText: 4_000_000,
  textPerOutput: 24_000,
};

/** An output with its text, lines joined by \n, none at the end. */
export interface ShownOutput extends OutputRecord {
  readonly text: string;
}

export interface MemorizationInput {
  readonly analysis: Analysis;
  /** The first lines of `fingerprints.jsonl`, within the limits. */
  readonly blocks: readonly FingerprintRecord[];
  readonly outputs: readonly ShownOutput[];
  /** Why no output is shown, as one sentence; undefined if they are. */
  readonly outputsMissing?: string | undefined;
  readonly ranking?: Ranking | undefined;
  readonly run?: RunManifest | undefined;
}
