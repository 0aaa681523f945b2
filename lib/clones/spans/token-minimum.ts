/** Spans of so many tokens: which have them, and of how many bytes any has at least. */
import type { Tokenizer } from '../../model/tokenizer/tokenizer.js';
import type { OutputText } from './output-texts.js';

export class TokenMinimum {
  /** Of each output where its tokens begin and end, in UTF-16 code units. */
  readonly #offsets = new Map<OutputText, Int32Array>();

  constructor(
    readonly tokenizer: Tokenizer,
    readonly minTokens: number,
  ) {}

  /** Bytes of the shortest run of so many tokens; infinite where there is none. */
  leastBytes(outputs: readonly OutputText[]): number {
    let least = Number.POSITIVE_INFINITY;
    for (const output of outputs) {
      const text = output.bytes.toString('utf8');
      const { offsets } = this.tokenizer.encode(text);
      this.#offsets.set(output, offsets);
      const bytesBefore = countBytes(text);
      for (let last = 2 * this.minTokens - 1; last < offsets.length; last += 2) {
        const first = last - 2 * this.minTokens + 1;
        least = Math.min(least, bytesBefore[offsets[last]!]! - bytesBefore[offsets[first]!]!);
      }
    }
    return least;
  }

  /** Whether that many tokens lie wholly between two places of the output, in UTF-16 code units. */
  isMet(output: OutputText, start: number, end: number): boolean {
    const offsets = this.#offsets.get(output)!;
    let low = 0;
    let high = offsets.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[2 * middle]! < start) low = middle + 1;
      else high = middle;
    }
    const last = low + this.minTokens - 1;
    return last < offsets.length / 2 && offsets[2 * last + 1]! <= end;
  }
}

/** Bytes of UTF-8 before each code unit, and of all. */
function countBytes(text: string): Int32Array {
  const before = new Int32Array(text.length + 1);
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    before[at] = bytes;
    const unit = text.charCodeAt(at);
    // Both halves of a pair have two of its four bytes.
    const isHalf = unit >= 0xd800 && unit < 0xe000;
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isHalf ? 2 : 3;
  }
  before[text.length] = bytes;
  return before;
}
