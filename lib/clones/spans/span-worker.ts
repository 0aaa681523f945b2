/** Searches parts of the corpus for spans on a thread. */
import { serveTasks } from '../../parallel.js';
import { drain } from '../../progress.js';
import type { Part } from '../search/part.js';
import { type ScannedSpans, type SpanScanSettings, scanSpans } from './scan-spans.js';
import { type SharedSpanIndex, SpanIndex } from './span-index.js';

export interface SpanScanShared extends Omit<SpanScanSettings, 'signal'> {
  readonly index: SharedSpanIndex;
}

/** A thread serves one search, whose index comes along with every task. */
let index: SpanIndex | undefined;

export default serveTasks<Part, ScannedSpans, SpanScanShared, number>(
  async (part, { shared, post, transfer }) => {
    index ??= new SpanIndex(shared.index);
    const scanned = await drain(scanSpans(part, index, shared), post);
    transfer(scanned.matches.buffer);
    return scanned;
  },
);
