/** The columns of a table, cut to its length: what crosses between threads. */
export interface Lines {
  /** Of each line the low half and the high half. */
  readonly hashes: Int32Array<ArrayBuffer>;
  readonly raw: Uint32Array<ArrayBuffer>;
}

/** Lines as the kernel has them. */
export interface LineColumns {
  /** Of each line the low half and the high half. */
  readonly hashes: Int32Array;
  readonly rawLines: Uint32Array;
}

const INITIAL = 64;

/**
 * Lines kept in memory as columns: 64-bit hash (two int32 halves) and 1-based raw line number. Lines that stand next
 * to each other in their file have neighbouring positions; a break (raw line 0) parts stretches and files.
 */
export class LineTable {
  /** Of each line the low half and the high half, as the kernel has them. */
  hashes = new Int32Array(2 * INITIAL);
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

  append(low: number, high: number, rawLine: number): void {
    const at = this.length++;
    if (at === this.raw.length) this.#grow(this.length);
    this.hashes[2 * at] = low;
    this.hashes[2 * at + 1] = high;
    this.raw[at] = rawLine;
  }

  /** Appends `count` lines from the columns of the kernel, from line `first` on. */
  appendColumns({ hashes, rawLines }: LineColumns, first: number, count: number): void {
    const start = this.length;
    if (start + count > this.raw.length) this.#grow(start + count);
    this.hashes.set(hashes.subarray(2 * first, 2 * (first + count)), 2 * start);
    this.raw.set(rawLines.subarray(first, first + count), start);
    this.length += count;
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
  appendLines({ hashes, raw }: Lines, first = 0, rawOffset = 0): void {
    const start = this.length;
    this.appendColumns({ hashes, rawLines: raw }, first, raw.length - first);
    if (rawOffset === 0) return;
    for (let at = start; at < this.length; at++) if (this.raw[at] !== 0) this.raw[at]! += rawOffset;
  }

  /** The columns as they are, in memory of their own. */
  toLines(): Lines {
    return {
      hashes: this.hashes.slice(0, 2 * this.length),
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
    const hashes = new Int32Array(2 * size);
    const raw = new Uint32Array(size);
    hashes.set(this.hashes);
    raw.set(this.raw);
    this.hashes = hashes;
    this.raw = raw;
  }
}
