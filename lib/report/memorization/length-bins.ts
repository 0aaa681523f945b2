/** Block lengths in few bins: one each while there are few lengths, wider ones for the long tail. */

export interface LengthBin {
  /** Lines, both inclusive; the last bin has no upper end. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

/** More different lengths than this are put into {@link WIDTHS}. */
const MOST_SINGLE = 12;
const WIDTHS = [1, 1, 1, 2, 3, 5, 10, 20, 50];

/** Bins for lengths from `low` to `high`, in lines. */
export function lengthBins(low: number, high: number): LengthBin[] {
  if (high - low < MOST_SINGLE) {
    return Array.from({ length: high - low + 1 }, (_, i) => ({
      from: low + i,
      to: low + i,
      label: String(low + i),
    }));
  }
  const bins: LengthBin[] = [];
  let from = low;
  for (const width of WIDTHS) {
    if (from > high) return bins;
    const to = from + width - 1;
    bins.push({ from, to, label: width === 1 ? String(from) : `${from}\u2013${to}` });
    from = to + 1;
  }
  if (from <= high) bins.push({ from, to: Number.POSITIVE_INFINITY, label: `${from}+` });
  return bins;
}

/** Sums of `value` over the rows whose `lines` fall into each bin. */
export function sumByBin<T extends { readonly lines: number }>(
  bins: readonly LengthBin[],
  rows: readonly T[],
  value: (row: T) => number,
): number[] {
  const sums = bins.map(() => 0);
  for (const row of rows) {
    const bin = bins.findIndex(({ from, to }) => row.lines >= from && row.lines <= to);
    if (bin !== -1) sums[bin] = sums[bin]! + value(row);
  }
  return sums;
}
