/** Matches of a corpus with the outputs: equal ones are one, with its places counted, and the first of them named. */
import type { Match } from './span-scanner.js';

/** Places that are named of each span; those beyond are counted. */
export const NAMED_PLACES = 20;

/** Where a match begins. */
export interface Place {
  /** Number of the document in the file, from 0. */
  readonly document: number;
  /** Bytes from the start of the document. */
  readonly at: number;
}

export interface CorpusMatch extends Omit<Match, 'at'> {
  count: number;
  /** The first {@link NAMED_PLACES}, in the order of the file. */
  readonly named: Place[];
}

export class MatchList {
  readonly #byKey = new Map<string, CorpusMatch>();
  /** Periodic text has the same match at every place. */
  #last: CorpusMatch | undefined;

  get matches(): Iterable<CorpusMatch> {
    return this.#byKey.values();
  }

  /** Places are added in the order of the file. */
  add(match: Omit<Match, 'at'>, count: number, named: readonly Place[]): void {
    const same = this.#same(match);
    same.count += count;
    for (const place of named) {
      if (same.named.length === NAMED_PLACES) break;
      same.named.push(place);
    }
  }

  #same({ place, length, places }: Omit<Match, 'at'>): CorpusMatch {
    const last = this.#last;
    if (last?.place === place && last.length === length && last.places === places) return last;
    const key = `${place} ${length} ${places}`;
    let found = this.#byKey.get(key);
    if (found === undefined) {
      found = { place, length, places, count: 0, named: [] };
      this.#byKey.set(key, found);
    }
    this.#last = found;
    return found;
  }

  /** As numbers, which move between threads: of each match five, then two for each place. */
  pack(): Float64Array<ArrayBuffer> {
    let size = 0;
    for (const { named } of this.matches) size += 5 + 2 * named.length;
    const packed = new Float64Array(size);
    let at = 0;
    for (const { place, length, places, count, named } of this.matches) {
      packed.set([place, length, places, count, named.length], at);
      at += 5;
      for (const { document, at: offset } of named) {
        packed[at++] = document;
        packed[at++] = offset;
      }
    }
    return packed;
  }
}

/** What {@link MatchList.pack} packed. */
export function* unpackMatches(packed: Float64Array): Generator<CorpusMatch, void, void> {
  for (let at = 0; at < packed.length; ) {
    const [place, length, places, count, size] = packed.subarray(at, at + 5) as unknown as number[];
    at += 5;
    const named: Place[] = [];
    for (const end = at + 2 * size!; at < end; at += 2)
      named.push({ document: packed[at]!, at: packed[at + 1]! });
    yield { place: place!, length: length!, places: places!, count: count!, named };
  }
}
