/** The merged outputs in memory, and the map that says where each of them stands: checked against each other. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { type LineSpan, type OutputEntry, readOutputsMap } from '../../clones/log/locate.js';
import { readTextBytes } from '../../data/text/plain-bytes.js';
import { fileError, InputError } from '../../errors.js';
import { outputSeparator } from '../../sampling/published-text.js';
import { GrowingColumn } from './column.js';

const LF = 0x0a;
const CR = 0x0d;

/** Lines are found by 32-bit offsets. */
const MAX_BYTES = 2 ** 32 - 1;

/** Lines of one output, 1-based; its separator line is none of them. */
export interface OutputSpan extends LineSpan {
  /** Index of the output in the order of the file. */
  readonly output: number;
}

export class OutputsText {
  readonly #bytes: Buffer;
  /** Where each line begins, then the end of the file. */
  readonly #offsets: Uint32Array;
  /** The last line of each output. */
  readonly #ends: Uint32Array;

  private constructor(
    readonly path: string,
    readonly mapPath: string,
    /** In the order of the file. */
    readonly entries: readonly OutputEntry[],
    bytes: Buffer,
    offsets: Uint32Array,
  ) {
    this.#bytes = bytes;
    this.#offsets = offsets;
    this.#ends = Uint32Array.from(entries, ({ end }) => end);
  }

  /**
   * Reads `all_A-B` and `map_A-B.json`.
   *
   * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` if the map is that of other outputs
   */
  static async load(path: string, mapPath: string): Promise<OutputsText> {
    const entries = await readOutputsMap(mapPath);
    const bytes = await readWhole(path);
    const text = new OutputsText(path, mapPath, entries, bytes, lineOffsets(bytes));
    text.#check();
    return text;
  }

  get lines(): number {
    return this.#offsets.length - 1;
  }

  /** The lines `start` to `end`, 1-based, both inclusive, each with `\n` at its end whatever ended it in the file. */
  text(start: number, end: number): string {
    const text = this.#bytes.toString('utf8', this.#offsets[start - 1]!, this.#offsets[end]!);
    const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
    return lines.endsWith('\n') ? lines : `${lines}\n`;
  }

  /** The output that a line stands in, its separator line included. Asked for every place, so numbers in a row are searched. */
  outputAt(line: number): number {
    let first = 0;
    let end = this.#ends.length - 1;
    while (first < end) {
      const middle = (first + end) >> 1;
      if (this.#ends[middle]! < line) first = middle + 1;
      else end = middle;
    }
    return first;
  }

  /** The parts of the outputs that a stretch of the file covers; a block may run over the end of an output. */
  spansOf(lines: LineSpan): OutputSpan[] {
    const spans: OutputSpan[] = [];
    for (let output = this.outputAt(lines.start); output < this.entries.length; output++) {
      const entry = this.entries[output]!;
      if (entry.start > lines.end) break;
      const start = Math.max(lines.start, entry.start) - entry.start + 1;
      const end = Math.min(lines.end, entry.end - 1) - entry.start + 1;
      if (start <= end) spans.push({ output, start, end });
    }
    return spans;
  }

  /** Every output must follow the one before it, end with its separator, and have its md5. */
  #check(): void {
    let last = 0;
    for (const { id, md5, start, end } of this.entries) {
      if (start !== last + 1 || end < start) {
        throw this.#mismatch(
          `output ${id} to begin in line ${last + 1}`,
          `lines ${start} to ${end} in the map`,
        );
      }
      if (end > this.lines) throw this.#mismatch(`${end} lines at least`, `${this.lines}`);
      const found = this.text(end, end).trimEnd();
      if (found !== outputSeparator(md5)) {
        throw this.#mismatch(
          `the separator with md5 ${md5} in line ${end}`,
          JSON.stringify(found.slice(0, 80)),
        );
      }
      // The line end before the separator line is not the output's.
      const text = this.#bytes.subarray(
        this.#offsets[start - 1]!,
        Math.max(this.#offsets[start - 1]!, this.#offsets[end - 1]! - 1),
      );
      const digest = createHash('md5').update(text).digest('hex');
      if (digest !== md5) throw this.#mismatch(`md5 ${md5} of output ${id}`, digest);
      last = end;
    }
    if (last !== this.lines) throw this.#mismatch(`${last} lines`, `${this.lines}`);
  }

  #mismatch(expected: string, found: string): InputError {
    return new InputError(
      'ERR_FILE_FORMAT',
      `Expected ${expected} by the map ${this.mapPath} but found ${found} in ${this.path}: the map belongs to other outputs.`,
      { remedy: 'Merge the outputs again (lethe merge), and run the clone detection on what it writes.' },
    );
  }
}

async function readWhole(path: string): Promise<Buffer> {
  const { size } = await stat(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  // Text in another encoding may have more bytes as UTF-8, and compressed text has.
  let bytes = Buffer.alloc(Math.min(size, MAX_BYTES));
  let filled = 0;
  for await (const chunk of readTextBytes(path)) {
    if (filled + chunk.length > MAX_BYTES)
      throw new InputError(
        'ERR_FILE_FORMAT',
        `Expected merged outputs of less than 4 GiB but ${path} has more.`,
        { remedy: 'Merge ranges of outputs (lethe merge --start --end), as published 200 000 a file.' },
      );
    if (filled + chunk.length > bytes.length) {
      const larger = Buffer.alloc(Math.min(MAX_BYTES, 2 * (filled + chunk.length)));
      bytes.copy(larger, 0, 0, filled);
      bytes = larger;
    }
    filled += chunk.copy(bytes, filled);
  }
  return bytes.subarray(0, filled);
}

/** Where each line begins, as clone detection counts lines (they end at \n, \r or \r\n), then the end of the file. */
function lineOffsets(bytes: Buffer): Uint32Array {
  const offsets = new GrowingColumn();
  let start = 0;
  while (start < bytes.length) {
    offsets.push(start);
    start = lineEnd(bytes, start);
  }
  offsets.push(bytes.length);
  return offsets.data.slice(0, offsets.length);
}

function lineEnd(bytes: Buffer, start: number): number {
  for (let i = start; i < bytes.length; i++) {
    if (bytes[i] === LF) return i + 1;
    if (bytes[i] === CR) return bytes[i + 1] === LF ? i + 2 : i + 1;
  }
  return bytes.length;
}
