/** Scans parts of the corpus on a thread. */
import { serveTasks } from '../parallel.js';
import { drain } from '../progress.js';
import type { LineMode } from './line-mode.js';
import { type SharedWindowSets, WindowSets } from './outputs-index.js';
import { type Part, type ScannedPart, scanPart } from './scan-part.js';

export interface ScanShared {
  readonly sets: SharedWindowSets;
  readonly mode: LineMode;
  readonly chunkBytes: number;
}

export default serveTasks<Part, ScannedPart, ScanShared, number>(async (part, { shared, post, transfer }) => {
  const sets = new WindowSets(shared.sets.threshold, shared.sets);
  const scanned = await drain(scanPart(part, sets, shared), post);
  for (const { high, low, raw } of [scanned.kept, scanned.head, scanned.tail]) {
    transfer(high.buffer, low.buffer, raw.buffer);
  }
  transfer(scanned.gaps.buffer);
  return scanned;
});
