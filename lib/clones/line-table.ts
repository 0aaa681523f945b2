/** The columns of a table, cut to its length: what crosses between threads. */
export interface Lines {
  readonly high: Int32Array<ArrayBuffer>;
  readonly low: Int32Array<ArrayBuffer>;
  readonly raw: Uint32Array<ArrayBuffer>;
}

const INITIAL = 64;

/**
 * Lines kept in memory as columns: 64-bit hash (two int32 halves) and 1-based raw line number. Lines that stand next
 * to each other in their file have neighbouring positions; a break (raw line 0) parts stretches and files.
 */
export class LineTable {
  high = new Int32Array(INITIAL);
  low = new Int32Array(INITIAL);
  /** 0 marks a break. */
  raw = new Uint32Array(INITIAL);
  length = 0;
  /** Positions at which the files begin; a break precedes each but the first. */
  readonly fileStarts: number[] = [];

  /** Lines appended from now on belong to the next file. */
  startFile(): void {
    this.break();
    this.fileStarts.push(this.length);
  }

  append(high: number, low: number, rawLine: number): void {
    const at = this.length++;
    if (at === this.raw.length) this.#grow(this.length);
    this.high[at] = high;
    this.low[at] = low;
    this.raw[at] = rawLine;
  }

  /** Parts what was appended from what will be; does nothing at the start and after another break. */
  break(): void {
    if (this.length > 0 && this.raw[this.length - 1] !== 0) this.append(0, 0, 0);
  }

  /** The raw line number of the newest line of the current file, or 0 if there is none or a break follows it. */
  lastRaw(): number {
    return this.length > this.fileStarts.at(-1)! ? this.raw[this.length - 1]! : 0;
  }

  /** Drops the lines of the current file from raw line `rawLine` on, and a break before them. */
  dropFrom(rawLine: number): void {
    const start = this.fileStarts.at(-1)!;
    while (this.length > start && (this.lastRaw() === 0 || this.lastRaw() >= rawLine)) this.length--;
  }

  /** Forgets all rows from `length` on, and all files but the first `files`. */
  truncate(length: number, files: number): void {
    this.length = length;
    this.fileStarts.length = files;
  }

  /** Appends lines and breaks from `first` on, line numbers raised by `rawOffset`. */
  appendLines({ high, low, raw }: Lines, first = 0, rawOffset = 0): void {
    const start = this.length;
    const count = raw.length - first;
    if (start + count > this.raw.length) this.#grow(start + count);
    this.high.set(high.subarray(first), start);
    this.low.set(low.subarray(first), start);
    this.raw.set(raw.subarray(first), start);
    this.length += count;
    if (rawOffset === 0) return;
    for (let at = start; at < this.length; at++) if (this.raw[at] !== 0) this.raw[at]! += rawOffset;
  }

  /** The columns as they are, in memory of their own. */
  toLines(): Lines {
    return {
      high: this.high.slice(0, this.length),
      low: this.low.slice(0, this.length),
      raw: this.raw.slice(0, this.length),
    };
  }

  /** The index of the file that holds a position. */
  fileAt(position: number): number {
    let first = 0;
    let last = this.fileStarts.length - 1;
    while (first < last) {
      const middle = (first + last + 1) >> 1;
      if (this.fileStarts[middle]! <= position) first = middle;
      else last = middle - 1;
    }
    return first;
  }

  #grow(needed: number): void {
    // By a half: the memory of large tables counts, and so do the times that they are copied.
    const size = Math.max(needed, Math.ceil(this.raw.length * 1.5));
    const grown = [new Int32Array(size), new Int32Array(size), new Uint32Array(size)] as const;
    grown[0].set(this.high);
    grown[1].set(this.low);
    grown[2].set(this.raw);
    [this.high, this.low, this.raw] = grown;
  }
}
