/** Which outputs the page shows: those that its first blocks stand in, then those with the most memorized lines. */
import type { FingerprintRecord, OutputRecord } from '../../memorization/analysis/summary.js';

/**
 * Half of the outputs are the first ones of the most frequent blocks, so that a reader can go from a block to an
 * output; the rest are those with the most memorized lines. Holds `most` records at a time, however many there are.
 *
 * @returns in the order of `records`
 */
export async function chooseOutputs(
  records: AsyncIterable<OutputRecord>,
  blocks: readonly FingerprintRecord[],
  most: number,
): Promise<OutputRecord[]> {
  const wanted = new Set<string>();
  for (const { outputs } of blocks) {
    if (wanted.size >= Math.ceil(most / 2)) break;
    if (outputs[0] !== undefined) wanted.add(outputs[0].id);
  }
  const chosen: Candidate[] = [];
  let others: Candidate[] = [];
  let order = 0;
  for await (const record of records) {
    const candidate = { record, order: order++, memorized: memorizedLines(record) };
    if (wanted.has(record.id)) chosen.push(candidate);
    else others.push(candidate);
    if (others.length >= 2 * most) others = best(others, most);
  }
  return [...chosen, ...best(others, Math.max(0, most - chosen.length))]
    .sort((a, b) => a.order - b.order)
    .map(({ record }) => record);
}

interface Candidate {
  readonly record: OutputRecord;
  readonly order: number;
  readonly memorized: number;
}

function best(candidates: readonly Candidate[], most: number): Candidate[] {
  return candidates.toSorted((a, b) => b.memorized - a.memorized || a.order - b.order).slice(0, most);
}

/** Lines that at least one span covers. */
export function memorizedLines({ spans }: Pick<OutputRecord, 'spans'>): number {
  let lines = 0;
  let covered = 0;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    lines += Math.max(0, end - Math.max(start - 1, covered));
    covered = Math.max(covered, end);
  }
  return lines;
}
