/** Unsigned 32-bit numbers in long columns: a list that grows, and a stable sort by small keys. */

export class GrowingColumn {
  /** The numbers; what lies beyond `length` is 0. Replaced when the column grows. */
  data = new Uint32Array(1 << 10);
  length = 0;

  push(value: number): void {
    this.at(this.length);
    this.data[this.length - 1] = value;
  }

  /** Makes room up to `index`, so that `data[index]` can be read and set; what was not set before is 0. */
  at(index: number): void {
    if (index >= this.data.length) {
      const wider = new Uint32Array(Math.max(index + 1, this.data.length * 2));
      wider.set(this.data.subarray(0, this.length));
      this.data = wider;
    }
    if (index >= this.length) this.length = index + 1;
  }
}

/** Rows in the order of a key: `rows[starts[k]]` to `rows[starts[k + 1] - 1]` are those of key `k`. */
export interface Grouped {
  readonly rows: Uint32Array;
  readonly starts: Uint32Array;
}

/**
 * Sorts rows by `keys[row]`, numbers below `limit`, in linear time; rows of one key stay in the order in which they
 * came, so that sorting by a lesser key first sorts by both.
 *
 * @param rows the order in which the rows come. Default: as they are
 */
export function groupRows(keys: Uint32Array, count: number, limit: number, rows?: Uint32Array): Grouped {
  const starts = new Uint32Array(limit + 1);
  for (let row = 0; row < count; row++) starts[keys[row]! + 1]!++;
  for (let key = 0; key < limit; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice(0, limit);
  const sorted = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!;
    sorted[next[keys[row]!]!++] = row;
  }
  return { rows: sorted, starts };
}
