/** Where values occur in a text, all of them in one pass, and which of overlapping finds to keep. */
import type { Secret } from './secret.js';

/** Values are told apart by their first characters before anything is compared. */
const PREFIX = 6;

/**
 * The offset of every occurrence of every value, occurrences of one value not overlapping. One pass over the text for
 * all values together: a minified file may hold thousands of them.
 */
export function* findOccurrences(
  text: string,
  values: ReadonlySet<string>,
): Generator<{ value: string; start: number }> {
  // Prefix -> length -> values, so that a lookup costs as much as there are lengths, not values.
  const buckets = new Map<string, Map<number, Set<string>>>();
  const mayStart = new Uint8Array(1 << 16);
  for (const value of values) {
    const prefix = value.slice(0, PREFIX);
    const byLength = buckets.get(prefix) ?? new Map<number, Set<string>>();
    buckets.set(prefix, byLength);
    byLength.set(value.length, (byLength.get(value.length) ?? new Set()).add(value));
    mayStart[hashOf(prefix, 0)] = 1;
  }
  const searchedTo = new Map<string, number>();
  for (let start = 0; start < text.length; start++) {
    if (mayStart[hashOf(text, start)] === 0) continue;
    // A value may be shorter than the prefix; then the whole value is its own bucket.
    for (let width = Math.min(PREFIX, text.length - start); width > 0; width--) {
      const byLength = buckets.get(text.slice(start, start + width));
      if (byLength === undefined) continue;
      for (const [length, candidates] of byLength) {
        const value = text.slice(start, start + length);
        if (!candidates.has(value) || start < (searchedTo.get(value) ?? 0)) continue;
        searchedTo.set(value, start + length);
        yield { value, start };
      }
    }
  }
}

/** A hash of the three characters at an offset: a cheap way to pass over nearly all of a text. */
function hashOf(text: string, start: number): number {
  const first = text.charCodeAt(start);
  return (first * 961 + text.charCodeAt(start + 1) * 31 + text.charCodeAt(start + 2)) & 0xffff;
}

export interface Find {
  readonly secret: Secret;
  /** Smaller wins where two have the same extent. */
  readonly precedence: number;
  /** Weaker evidence: dropped where it overlaps a find of another kind, however long it is. */
  readonly yields: boolean;
}

/**
 * Keeps, of overlapping finds, those that do not yield, then the longest; of equally long ones the one whose `precedence`
 * is smaller, then the one that starts first. The result is in order of start, and no two overlap.
 */
export function resolveOverlaps(found: readonly Find[], textLength: number): Secret[] {
  const ranked = [...found].sort(
    (a, b) =>
      Number(a.yields) - Number(b.yields) ||
      b.secret.end - b.secret.start - (a.secret.end - a.secret.start) ||
      a.precedence - b.precedence ||
      a.secret.start - b.secret.start,
  );
  const taken = new Uint8Array(textLength);
  const kept: Secret[] = [];
  for (const { secret } of ranked) {
    const { start, end } = secret;
    if (taken.subarray(start, end).includes(1)) continue;
    taken.fill(1, start, end);
    kept.push(secret);
  }
  return kept.sort((a, b) => a.start - b.start);
}
