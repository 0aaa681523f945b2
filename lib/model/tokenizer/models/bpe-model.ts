/** Byte-pair encoding of a word, over bytes as GPT-2 has it or over characters as SentencePiece has it. */
import { unitLength } from '../steps/aligned-text.js';
import type { Split } from '../steps/split-pattern.js';
import { BYTE_SYMBOLS, toSymbols } from './byte-level.js';
import { type Merge, Merger } from './merges.js';
import { PairTable } from './pair-table.js';
import type { EncodedWord, WordModel } from './word-model.js';

export interface BpeSpec {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly contents: ReadonlyMap<number, string>;
  readonly merges: readonly Merge[];
  /** A word that is a token as a whole is not split further, whatever the merges say. */
  readonly ignoreMerges: boolean;
  /** Ids of the tokens `<0x00>` to `<0xFF>`, if a character that the vocabulary lacks is written by them. */
  readonly bytes: readonly number[] | undefined;
  /** Id of the token for such a character, or for a byte without a symbol, otherwise. */
  readonly unknown: number | undefined;
  /** Several such characters in a row are one token. */
  readonly fuseUnknown: boolean;
}

const UNKNOWN = -1;

/** Reused from word to word: the symbols of one and the characters that they stand for. */
abstract class SymbolModel implements WordModel {
  abstract readonly cut: Split | undefined;
  protected ids = new Int32Array(256);
  protected starts = new Int32Array(256);
  protected ends = new Int32Array(256);
  protected count = 0;
  /** Bytes of the word that have no symbol. */
  protected dropped = 0;
  readonly #merger: Merger;
  readonly #whole: ReadonlyMap<string, number> | undefined;

  constructor(spec: BpeSpec) {
    this.#merger = new Merger(spec.merges);
    this.#whole = spec.ignoreMerges ? spec.vocabulary : undefined;
  }

  encode(word: string): EncodedWord {
    const whole = this.#whole?.get(this.spell(word));
    if (whole !== undefined)
      return { ids: Int32Array.of(whole), spans: Int32Array.of(0, word.length), dropped: 0 };
    this.count = 0;
    this.dropped = 0;
    this.symbolize(word);
    const symbols = this.count;
    const count = this.#merger.merge(this.ids, symbols);
    const { sizes } = this.#merger;
    const spans = new Int32Array(2 * count);
    for (let i = 0, symbol = 0; i < count; i++) {
      spans[2 * i] = this.starts[symbol]!;
      symbol += sizes[i]!;
      spans[2 * i + 1] = this.ends[symbol - 1]!;
    }
    return { ids: this.ids.slice(0, count), spans, dropped: this.dropped };
  }

  /** `word` as the vocabulary writes it. */
  protected abstract spell(word: string): string;

  /** Pushes the symbols of `word`. */
  protected abstract symbolize(word: string): void;

  protected push(id: number, start: number, end: number): void {
    if (this.count === this.ids.length) {
      this.ids = grown(this.ids);
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
    }
    this.ids[this.count] = id;
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}

/**
 * Symbols are bytes; a token that holds any byte of a character covers all of it. A byte whose symbol the vocabulary
 * lacks is the unknown token if there is one, else it is dropped.
 */
export class ByteLevelBpe extends SymbolModel {
  readonly cut = undefined;
  readonly #ids: Int32Array;
  readonly #unknown: number;
  readonly #fuseUnknown: boolean;

  constructor(spec: BpeSpec) {
    super(spec);
    this.#ids = Int32Array.from(BYTE_SYMBOLS, (symbol) => spec.vocabulary.get(symbol) ?? UNKNOWN);
    this.#unknown = spec.unknown ?? UNKNOWN;
    this.#fuseUnknown = spec.fuseUnknown;
  }

  protected spell(word: string): string {
    return toSymbols(word);
  }

  protected symbolize(word: string): void {
    let lacking = false;
    for (let at = 0; at < word.length; ) {
      const point = word.codePointAt(at)!;
      const end = at + (point > 0xffff ? 2 : 1);
      if (point < 0x80) {
        const id = this.#ids[point]!;
        if (id === UNKNOWN) lacking = true;
        this.push(id, at, end);
      } else
        for (const byte of Buffer.from(word.slice(at, end), 'utf8')) {
          const id = this.#ids[byte]!;
          if (id === UNKNOWN) lacking = true;
          this.push(id, at, end);
        }
      at = end;
    }
    if (!lacking) return;
    if (this.#unknown !== UNKNOWN) this.#substitute();
    else this.#drop(word);
  }

  /** Writes the unknown token for symbols that are lacking. */
  #substitute(): void {
    let kept = 0;
    let fused = false;
    for (let i = 0; i < this.count; i++) {
      const lacking = this.ids[i] === UNKNOWN;
      if (lacking && fused && this.#fuseUnknown) this.ends[kept - 1] = this.ends[i]!;
      else {
        this.ids[kept] = lacking ? this.#unknown : this.ids[i]!;
        this.starts[kept] = this.starts[i]!;
        this.ends[kept++] = this.ends[i]!;
      }
      fused = lacking;
    }
    this.count = kept;
  }

  /**
   * Drops symbols that are lacking. What is left takes the places of the first symbols of the word, for the Rust library
   * counts what it keeps: in the UTF-8 of the symbols, of which those beyond ASCII have two bytes.
   */
  #drop(word: string): void {
    const widths = Array.from(toSymbols(word), (symbol) => (symbol < '\x80' ? 1 : 2));
    const places = widths.flatMap((width, i) => Array<number>(width).fill(i));
    const [starts, ends] = [this.starts.slice(0, this.count), this.ends.slice(0, this.count)];
    let kept = 0;
    let place = 0;
    for (let i = 0; i < widths.length; i++) {
      if (this.ids[i] === UNKNOWN) continue;
      const next = place + widths[i]!;
      this.ids[kept] = this.ids[i]!;
      this.starts[kept] = starts[places[place]!]!;
      this.ends[kept++] = ends[places[next - 1]!]!;
      place = next;
    }
    this.dropped = this.count - kept;
    this.count = kept;
  }
}

/** Symbols are characters; one that the vocabulary lacks is its bytes, or else the unknown token. */
export class CharacterBpe extends SymbolModel {
  readonly cut: Split | undefined;
  readonly #spec: BpeSpec;
  /** Id of each character of the basic plane, 64 Ki of them, and of the others. */
  readonly #basic = new Int32Array(0x10000).fill(UNKNOWN);
  readonly #astral = new Map<number, number>();

  constructor(spec: BpeSpec) {
    super(spec);
    this.#spec = spec;
    for (const [token, id] of spec.vocabulary) {
      const point = token.codePointAt(0);
      if (point === undefined || token.length !== unitLength(token, 0)) continue;
      if (point < 0x10000) this.#basic[point] = id;
      else this.#astral.set(point, id);
    }
    this.cut = this.#boundaries();
  }

  protected spell(word: string): string {
    return word;
  }

  #id(point: number): number {
    return point < 0x10000 ? this.#basic[point]! : (this.#astral.get(point) ?? UNKNOWN);
  }

  protected symbolize(word: string): void {
    const { bytes, unknown, fuseUnknown } = this.#spec;
    let fused = false; // the last symbol is the unknown token, and may grow
    for (let at = 0; at < word.length; ) {
      const point = word.codePointAt(at)!;
      const end = at + (point > 0xffff ? 2 : 1);
      const id = this.#id(point);
      if (id !== UNKNOWN) this.push(id, at, end);
      else if (bytes !== undefined)
        for (const byte of Buffer.from(word.slice(at, end), 'utf8')) this.push(bytes[byte]!, at, end);
      else if (fused) this.ends[this.count - 1] = end;
      else this.push(unknown!, at, end);
      fused = fuseUnknown && id === UNKNOWN && bytes === undefined;
      at = end;
    }
  }

  /**
   * SentencePiece's words are whole texts. But where no merge joins a token that ends with one character to a token
   * that begins with the other, no token can hold both: the text may be cut between them, and what comes again and
   * again be looked up.
   */
  #boundaries(): Split | undefined {
    const { merges, contents, bytes, unknown, fuseUnknown, ignoreMerges } = this.#spec;
    const special = new Set([...(bytes ?? []), ...(unknown === undefined ? [] : [unknown])]);
    if (ignoreMerges || merges.some(([left, right]) => special.has(left) || special.has(right)))
      return undefined;
    const joins = new PairTable(merges.length);
    for (const [left, right] of merges)
      joins.set(lastPoint(contents.get(left)!), contents.get(right)!.codePointAt(0)!, 1);

    return (text, emit) => {
      let start = 0;
      let point = text.codePointAt(0)!;
      for (let at = unitLength(text, 0); at < text.length; ) {
        const next = text.codePointAt(at)!;
        const fuses = fuseUnknown && this.#id(point) === UNKNOWN && this.#id(next) === UNKNOWN;
        if (!fuses && joins.get(point, next) < 0) {
          if (!emit(start, at)) return false;
          start = at;
        }
        point = next;
        at += next > 0xffff ? 2 : 1;
      }
      return emit(start, text.length);
    };
  }
}

function lastPoint(text: string): number {
  const point = text.codePointAt(text.length - 2);
  return point !== undefined && point > 0xffff ? point : text.charCodeAt(text.length - 1);
}
