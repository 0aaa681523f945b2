/**
 * Where in the corpus spans stand. Spans of equal text are one node; that of a text which begins with another's is below it.
 * Every place of the corpus is counted at the longest span that begins there, then on the way up, so that all spans
 * together cost no more than the matched text.
 */
import { type CorpusMatch, NAMED_PLACES } from './match-list.js';
import type { SpanIndex } from './span-index.js';

/** `file` is a number whose order is that of the files. */
export interface FilePlace {
  readonly file: number;
  readonly document: number;
  readonly at: number;
}

interface Node {
  /** The ranks of the suffixes that begin with the text. */
  readonly low: number;
  readonly high: number;
  readonly length: number;
  depth: number;
  parent: Node | undefined;
  /** An ancestor further up, so that any is reached in logarithmically many steps. */
  jump: Node | undefined;
  count: number;
  named: FilePlace[];
}

export class SpanPlaces {
  readonly #index: SpanIndex;
  readonly #nodes = new Map<string, Node>();
  /** Of each rank the longest of the texts that its suffix begins with. */
  #longest: (Node | undefined)[] = [];
  #inOrder: Node[] = [];

  /** @param spans in bytes of the outputs as they are compared */
  constructor(index: SpanIndex, spans: Iterable<{ readonly start: number; readonly end: number }>) {
    this.#index = index;
    for (const { start, end } of spans) {
      const length = end - start;
      const low = index.firstWith(index.ranks[start]!, length);
      const key = `${low} ${length}`;
      if (this.#nodes.has(key)) continue;
      const high = index.lastWith(low, length);
      const node = { low, high, length, depth: 0, parent: undefined, jump: undefined, count: 0, named: [] };
      this.#nodes.set(key, node);
    }
    this.#grow();
  }

  /** All matches of a file, files in any order. */
  add(file: number, matches: Iterable<CorpusMatch>): void {
    const { ranks } = this.#index;
    for (const { place, length, places, count, named } of matches)
      for (let skipped = 0; skipped < places; skipped++) {
        const longest = this.#longest[ranks[place + skipped]!];
        const node = longest && notLonger(longest, length - skipped);
        if (node === undefined) continue;
        node.count += count;
        for (const { document, at } of named) if (!name(node, { file, document, at: at + skipped })) break;
      }
  }

  /** Once all files have been added: what stands at a place stands there for all that its text begins with. */
  finish(): void {
    for (const { parent, count, named } of this.#inOrder.toReversed()) {
      if (parent === undefined) continue;
      parent.count += count;
      for (const place of named) if (!name(parent, place)) break;
    }
  }

  /** How often the span stands in the corpus, and the first places. */
  of({ start, end }: { readonly start: number; readonly end: number }): {
    readonly count: number;
    readonly named: readonly FilePlace[];
  } {
    const length = end - start;
    return this.#nodes.get(`${this.#index.firstWith(this.#index.ranks[start]!, length)} ${length}`)!;
  }

  #grow(): void {
    this.#inOrder = [...this.#nodes.values()].sort((a, b) => a.low - b.low || a.length - b.length);
    this.#longest = new Array(this.#index.sorted.length);
    let top: Node | undefined;
    let next = 0;
    for (let rank = 0; rank < this.#longest.length; rank++) {
      while (top !== undefined && top.high < rank) top = top.parent;
      for (; this.#inOrder[next]?.low === rank; next++) {
        const node = this.#inOrder[next]!;
        node.parent = top;
        node.depth = (top?.depth ?? 0) + 1;
        const far = top?.jump;
        const isEven = far !== undefined && top!.depth - far.depth === far.depth - (far.jump?.depth ?? 0);
        node.jump = isEven ? far.jump : top;
        top = node;
      }
      this.#longest[rank] = top;
    }
  }
}

/** The node or the nearest above it whose text is no longer than `length`. */
function notLonger(node: Node, length: number): Node | undefined {
  let found: Node | undefined = node;
  while (found !== undefined && found.length > length)
    found = found.jump !== undefined && found.jump.length > length ? found.jump : found.parent;
  return found;
}

/** Keeps the place if it is among the first; false if those after it are not, either. */
function name({ named }: Node, place: FilePlace): boolean {
  if (named.length === NAMED_PLACES && comparePlaces(named.at(-1)!, place) <= 0) return false;
  let at = named.length;
  while (at > 0 && comparePlaces(named[at - 1]!, place) > 0) at--;
  named.splice(at, 0, place);
  if (named.length > NAMED_PLACES) named.pop();
  return true;
}

function comparePlaces(a: FilePlace, b: FilePlace): number {
  return a.file - b.file || a.document - b.document || a.at - b.at;
}
