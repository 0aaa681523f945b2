/** Where values occur in a text, all of them in one pass, and which of overlapping finds to keep. */
import type { Secret } from './secret.js';

/** Values are told apart by their first characters before anything is compared. */
const PREFIX = 6;

/** Of so few values each is looked for by itself, which the platform does faster; so short that it takes linear time. */
const FEW = 4;
const SHORT = 256;

export interface Occurrence {
  readonly value: string;
  readonly start: number;
}

/**
 * The offset of every occurrence of every value, occurrences of one value not overlapping, in no certain order. However
 * many the values are, and a minified file may hold thousands, it takes about one pass over the text.
 */
export function findOccurrences(text: string, values: ReadonlySet<string>): Iterable<Occurrence> {
  const few = values.size <= FEW && [...values].every(({ length }) => length <= SHORT);
  return few ? findEach(text, values) : findTogether(text, values);
}

function* findEach(text: string, values: Iterable<string>): Generator<Occurrence> {
  for (const value of values) {
    for (let start = text.indexOf(value); start !== -1; start = text.indexOf(value, start + value.length))
      yield { value, start };
  }
}

function* findTogether(text: string, values: Iterable<string>): Generator<Occurrence> {
  // Prefix -> length -> values, so that a lookup costs as much as there are lengths, not values.
  const buckets = new Map<string, Map<number, Set<string>>>();
  const mayStart = new Uint8Array(1 << 16);
  const widths = new Set<number>();
  for (const value of values) {
    // A value may be shorter than the prefix; then the whole value is its own bucket.
    const prefix = value.slice(0, PREFIX);
    const byLength = buckets.get(prefix) ?? new Map<number, Set<string>>();
    buckets.set(prefix, byLength);
    byLength.set(value.length, (byLength.get(value.length) ?? new Set()).add(value));
    mayStart[hashOf(prefix, 0)] = 1;
    widths.add(prefix.length);
  }
  const searchedTo = new Map<string, number>();
  for (let start = 0; start < text.length; start++) {
    if (mayStart[hashOf(text, start)] === 0) continue;
    for (const width of widths) {
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
