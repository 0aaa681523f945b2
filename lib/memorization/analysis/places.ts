/** The places of memorized blocks in the outputs, by line and by fingerprint, and the distinct texts that stand there. */
import type { LineSpan } from '../../clones/log/locate.js';
import { type Grouped, GrowingColumn, groupRows } from './column.js';
import type { Blocks } from './gather.js';
import type { OutputsText } from './outputs-text.js';

export interface Places {
  /** Rows of `blocks.places` by first line, then last line. */
  readonly byLine: Uint32Array;
  /** The same by fingerprint, each fingerprint's in the order of the lines. */
  readonly byFingerprint: Grouped;
  /** By fingerprint, rows with distinct texts: the first place of each. */
  readonly texts: Grouped;
}

export function arrangePlaces(blocks: Blocks, outputs: OutputsText): Places {
  const [fingerprint, start, end] = blocks.places.columns.map(({ data }) => data) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const count = blocks.places.size;
  const limit = outputs.lines + 1;
  const byEnd = groupRows(end, count, limit).rows;
  const byLine = groupRows(start, count, limit, byEnd).rows;
  const byFingerprint = groupRows(fingerprint, count, blocks.fingerprints.size, byLine);
  return { byLine, byFingerprint, texts: distinctTexts(blocks, outputs, byFingerprint) };
}

/** The lines of a row of `blocks.places`. */
export function linesOfPlace({ places }: Blocks, row: number): LineSpan {
  return { start: places.columns[1]!.data[row]!, end: places.columns[2]!.data[row]! };
}

/** The text of a row of `blocks.places`. */
export function textOfPlace(blocks: Blocks, outputs: OutputsText, row: number): string {
  const { start, end } = linesOfPlace(blocks, row);
  return outputs.text(start, end);
}

/** The rows of one key. */
export function rowsOf({ rows, starts }: Grouped, key: number): Uint32Array {
  return rows.subarray(starts[key]!, starts[key + 1]!);
}

function distinctTexts(blocks: Blocks, outputs: OutputsText, byFingerprint: Grouped): Grouped {
  const rows = new GrowingColumn();
  const starts = new Uint32Array(byFingerprint.starts.length);
  for (let fingerprint = 0; fingerprint + 1 < starts.length; fingerprint++) {
    const places = rowsOf(byFingerprint, fingerprint);
    const seen = new Set<string>();
    for (const row of places) {
      if (places.length > 1) {
        const text = textOfPlace(blocks, outputs, row);
        if (seen.has(text)) continue;
        seen.add(text);
      }
      rows.push(row);
    }
    starts[fingerprint + 1] = rows.length;
  }
  return { rows: rows.data.slice(0, rows.length), starts };
}
