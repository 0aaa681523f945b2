/** Scans parts of the corpus on a thread. */
import { serveTasks } from '../../parallel.js';
import { drain } from '../../progress.js';
import type { LineMode } from '../lines/line-mode.js';
import type { Part } from './part.js';
import { type ScannedPart, scanPart } from './scan-part.js';
import { type SharedWindowSets, WindowSets } from './window-sets.js';

export interface ScanShared {
  readonly sets: SharedWindowSets;
  readonly mode: LineMode;
  readonly chunkBytes: number;
}

/** A thread serves one search, whose sets come along with every task. */
let sets: WindowSets | undefined;

export default serveTasks<Part, ScannedPart, ScanShared, number>(async (part, { shared, post, transfer }) => {
  sets ??= new WindowSets(shared.sets);
  const scanned = await drain(scanPart(part, sets, shared), post);
  for (const { hashes, raw } of [scanned.kept, scanned.head, scanned.tail]) {
    transfer(hashes.buffer, raw.buffer);
  }
  transfer(scanned.gaps.buffer);
  return scanned;
});
