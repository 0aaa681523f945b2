/**
 * Where any of many literals stands in a text, all of them in one pass: the automaton of Aho and Corasick (1975), letters
 * of ASCII folded. It is what makes a scan fast: few places of a text can hold a secret at all, and each rule says by which
 * literals those are known.
 */
import { Buffer } from 'node:buffer';

/** Code units that are looked at in one go. They are copied, because typed arrays are read several times faster than strings. */
const CHUNK = 1 << 15;

export class LiteralSearch {
  readonly #classes: Uint8Array;
  readonly #width: number;
  /** State and class of a code unit -> next state. States are kept as offsets of their rows. */
  readonly #next: Int32Array;
  /** Rows from here on end a literal. */
  readonly #firstEnding: number;
  /** Of each row that ends literals: which, the longest first. */
  readonly #ending: readonly (readonly number[])[];
  readonly #lengths: readonly number[];

  /** @param literals of ASCII, none empty; case makes no difference */
  constructor(literals: readonly string[]) {
    const folded = literals.map((literal) => literal.toLowerCase());
    const alphabet = [...new Set(folded.join(''))];
    // Class 0 is every character that stands in no literal.
    this.#width = alphabet.length + 1;
    this.#classes = new Uint8Array(1 << 16);
    for (const [index, character] of alphabet.entries()) {
      this.#classes[character.charCodeAt(0)] = index + 1;
      this.#classes[character.toUpperCase().charCodeAt(0)] = index + 1;
    }
    const trie = buildTrie(folded, (code) => this.#classes[code]!);
    const fallbacks = completeTrie(trie, this.#width);
    const ending = trie.map(({ literals }, node) => {
      const all = [...literals];
      for (let other = fallbacks[node]!; other !== 0; other = fallbacks[other]!)
        all.push(...trie[other]!.literals);
      return all;
    });
    const order = [...trie.keys()].sort(
      (a, b) => Number(ending[a]!.length > 0) - Number(ending[b]!.length > 0) || a - b,
    );
    const rows = new Int32Array(trie.length);
    for (const [place, node] of order.entries()) rows[node] = place * this.#width;
    this.#next = new Int32Array(trie.length * this.#width);
    for (const [node, { next }] of trie.entries())
      for (let c = 0; c < this.#width; c++) this.#next[rows[node]! + c] = rows[next[c]!]!;
    const silent = order.filter((node) => ending[node]!.length === 0).length;
    this.#firstEnding = silent * this.#width;
    this.#ending = order.slice(silent).map((node) => ending[node]!);
    this.#lengths = folded.map(({ length }) => length);
  }

  /** Calls `visit` with the number of each literal and the offset at which it stands, in the order in which they end. */
  search(text: string, visit: (literal: number, start: number) => void): void {
    const classes = this.#classes;
    const next = this.#next;
    const firstEnding = this.#firstEnding;
    let state = 0;
    for (let from = 0; from < text.length; from += CHUNK) {
      const length = Math.min(CHUNK, text.length - from);
      bytes.write(from === 0 && length === text.length ? text : text.slice(from, from + length), 'utf16le');
      for (let i = 0; i < length; i++) {
        state = next[state + classes[units[i]!]!]!;
        if (state >= firstEnding) {
          for (const literal of this.#ending[(state - firstEnding) / this.#width]!)
            visit(literal, from + i + 1 - this.#lengths[literal]!);
        }
      }
    }
  }
}

const bytes = Buffer.alloc(CHUNK * 2);
const units = new Uint16Array(bytes.buffer, bytes.byteOffset, CHUNK);

interface Node {
  /** Class -> node, 0 where there is none. */
  readonly next: Int32Array | number[];
  readonly literals: number[];
}

function buildTrie(literals: readonly string[], classOf: (code: number) => number): Node[] {
  const trie: Node[] = [{ next: [], literals: [] }];
  for (const [index, literal] of literals.entries()) {
    let node = 0;
    for (let i = 0; i < literal.length; i++) {
      const c = classOf(literal.charCodeAt(i));
      const known = trie[node]!.next[c];
      if (known === undefined) trie.push({ next: [], literals: [] });
      const child: number = known ?? trie.length - 1;
      trie[node]!.next[c] = child;
      node = child;
    }
    trie[node]!.literals.push(index);
  }
  return trie;
}

/** Makes every transition lead somewhere, and returns of each node the longest proper suffix that is a node too. */
function completeTrie(trie: Node[], width: number): Int32Array {
  const fallbacks = new Int32Array(trie.length);
  const queue = [0];
  for (const node of queue) {
    const { next } = trie[node]!;
    for (let c = 0; c < width; c++) {
      const child = next[c];
      const other = node === 0 ? 0 : trie[fallbacks[node]!]!.next[c]!;
      if (child === undefined) next[c] = other;
      else {
        fallbacks[child] = other;
        queue.push(child);
      }
    }
  }
  return fallbacks;
}
