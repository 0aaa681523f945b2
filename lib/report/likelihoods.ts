/** EL_n comes for several n; which of them to show first, and in which order. */

/** The n of a record such as `{ "3": ..., "10": ... }`, ascending. */
export function likelihoodOrders(record: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(record).sort((a, b) => Number(a) - Number(b));
}

/** The n that stands for the record: the largest, because long matches are the ones that leak. */
export function likelihoodOrder(record: Readonly<Record<string, unknown>>): string | undefined {
  return likelihoodOrders(record).at(-1);
}
