/**
 * Text that normalizers change, and the place in the original text that each of its characters came from.
 *
 * Places are those of the Rust tokenizers library (its NormalizedString), also where they surprise: a character that
 * was put in has the place of the one before it, and one composed of several has the place of the first.
 */

/** A character of a changed text: 0 replaces one, -n replaces one and takes n more away, 1 is put in. */
export type Change = readonly [character: string, change: number];

export class AlignedText {
  private constructor(
    readonly text: string,
    /** Where the original of this stretch begins, in code units of the whole text. */
    readonly origin: number,
    /** Start of the original of each code unit's character; undefined where the text is the original itself. */
    readonly starts: Int32Array | undefined,
    /** End of it. */
    readonly ends: Int32Array | undefined,
  ) {}

  /** `text` as it stands at `origin` of the whole text. */
  static of(text: string, origin: number): AlignedText {
    return new AlignedText(text, origin, undefined, undefined);
  }

  /** Original start of the character at code unit `at`, which is not inside of one. */
  start(at: number): number {
    return this.starts === undefined ? this.origin + at : this.starts[at]!;
  }

  /** Original end of the character before code unit `at`. */
  end(at: number): number {
    return this.ends === undefined ? this.origin + at : this.ends[at - 1]!;
  }

  /** The stretch from code unit `start` to `end`, neither inside of a character. */
  slice(start: number, end: number): AlignedText {
    if (start === 0 && end === this.text.length) return this;
    const text = this.text.slice(start, end);
    if (this.starts === undefined) return AlignedText.of(text, this.origin + start);
    const starts = this.starts.subarray(start, end);
    return new AlignedText(text, starts[0] ?? this.origin, starts, this.ends!.subarray(start, end));
  }

  /** Another text of as many code units, whose characters came from the same places. */
  withText(text: string): AlignedText {
    return new AlignedText(text, this.origin, this.starts, this.ends);
  }

  /** The text made of `changes`. */
  change(changes: Iterable<Change>): AlignedText {
    const { text } = this;
    const { starts, ends } = this.#places();
    const made = new Builder(text.length);
    let at = 0;
    for (const [character, change] of changes) {
      if (change > 0) {
        // At the very front there is no character before: the library says 0 to 0.
        if (at === 0) made.add(character, this.origin, this.origin);
        else made.add(character, starts[at - 1]!, ends[at - 1]!);
        continue;
      }
      made.add(character, starts[at] ?? this.origin, ends[at] ?? this.origin);
      for (let i = 0; i <= -change; i++) at += unitLength(text, at);
    }
    return made.finish(this.origin);
  }

  /** `prefix` in front, if there is any text: it has the place of the first character. */
  prepend(prefix: string): AlignedText {
    if (this.text === '') return this;
    const { starts, ends } = this.#places();
    const length = prefix.length + starts.length;
    const [allStarts, allEnds] = [new Int32Array(length), new Int32Array(length)];
    allStarts.fill(starts[0]!, 0, prefix.length).set(starts, prefix.length);
    allEnds.fill(ends[0]!, 0, prefix.length).set(ends, prefix.length);
    return new AlignedText(prefix + this.text, this.origin, allStarts, allEnds);
  }

  /** Every match of the global `pattern` becomes `content`, which has the place of the match's last character. */
  replace(pattern: RegExp, content: string): AlignedText {
    const { starts, ends } = this.#places();
    const made = new Builder(this.text.length);
    let done = 0;
    for (const match of this.text.matchAll(pattern)) {
      made.copy(this.text, starts, ends, done, match.index);
      done = match.index + match[0].length;
      if (done === 0) made.add(content, this.origin, this.origin);
      else made.add(content, starts[done - 1]!, ends[done - 1]!);
    }
    made.copy(this.text, starts, ends, done, this.text.length);
    return made.finish(this.origin);
  }

  #places(): { starts: Int32Array; ends: Int32Array } {
    if (this.starts !== undefined) return { starts: this.starts, ends: this.ends! };
    const { text, origin } = this;
    const [starts, ends] = [new Int32Array(text.length), new Int32Array(text.length)];
    for (let at = 0; at < text.length; ) {
      const length = unitLength(text, at);
      starts.fill(origin + at, at, at + length);
      ends.fill(origin + at + length, at, at + length);
      at += length;
    }
    return { starts, ends };
  }

  static made(text: string, origin: number, starts: Int32Array, ends: Int32Array): AlignedText {
    return new AlignedText(text, origin, starts, ends);
  }
}

class Builder {
  readonly #pieces: string[] = [];
  #starts: Int32Array;
  #ends: Int32Array;
  #length = 0;

  constructor(expected: number) {
    this.#starts = new Int32Array(expected + 16);
    this.#ends = new Int32Array(expected + 16);
  }

  /** `text` whose characters all came from one place. */
  add(text: string, start: number, end: number): void {
    const length = this.#reserve(text);
    this.#starts.fill(start, length, this.#length);
    this.#ends.fill(end, length, this.#length);
  }

  /** A stretch of `text` with its places. */
  copy(text: string, starts: Int32Array, ends: Int32Array, from: number, to: number): void {
    if (from === to) return;
    const length = this.#reserve(text.slice(from, to));
    this.#starts.set(starts.subarray(from, to), length);
    this.#ends.set(ends.subarray(from, to), length);
  }

  finish(origin: number): AlignedText {
    const [starts, ends] = [this.#starts.slice(0, this.#length), this.#ends.slice(0, this.#length)];
    return AlignedText.made(this.#pieces.join(''), origin, starts, ends);
  }

  /** Makes room for `text` and returns where it begins. */
  #reserve(text: string): number {
    this.#pieces.push(text);
    const begin = this.#length;
    this.#length += text.length;
    if (this.#length > this.#starts.length) {
      const [starts, ends] = [new Int32Array(2 * this.#length), new Int32Array(2 * this.#length)];
      starts.set(this.#starts);
      ends.set(this.#ends);
      this.#starts = starts;
      this.#ends = ends;
    }
    return begin;
  }
}

/** Code units of the character at `at`; 1 beyond the end. */
export function unitLength(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}
