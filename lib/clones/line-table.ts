/**
 * Lines kept in memory as columns: 64-bit hash (two int32 halves) and 1-based raw line number. Lines that stand next
 * to each other in their file have neighbouring positions; a break (raw line 0) parts stretches and files.
 */
export class LineTable {
  high = new Int32Array(1024);
  low = new Int32Array(1024);
  /** 0 marks a break. */
  raw = new Uint32Array(1024);
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

  /** Appends the files of another table and returns the position at which they begin. */
  appendTable(other: LineTable): number {
    this.break();
    const start = this.length;
    if (start + other.length > this.raw.length) this.#grow(start + other.length);
    this.high.set(other.high.subarray(0, other.length), start);
    this.low.set(other.low.subarray(0, other.length), start);
    this.raw.set(other.raw.subarray(0, other.length), start);
    this.length += other.length;
    for (const fileStart of other.fileStarts) this.fileStarts.push(start + fileStart);
    return start;
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
    const size = Math.max(needed, this.raw.length * 2);
    const grown = [new Int32Array(size), new Int32Array(size), new Uint32Array(size)] as const;
    grown[0].set(this.high);
    grown[1].set(this.low);
    grown[2].set(this.raw);
    [this.high, this.low, this.raw] = grown;
  }
}
