/**
 * A part of a corpus file, scanned by itself: the lines that begin between two bytes of it. Parts are put together
 * again by `part-joiner.ts`; where a file was cut does not show in the result.
 */
import { throwIfAborted } from '../../errors.js';
import { createFileReader, createLineReader, type LineMode, type LineReader } from '../lines/line-mode.js';
import type { Lines } from '../lines/line-table.js';
import { readChunks } from '../lines/text-input.js';
import { CorpusScan } from './corpus-scan.js';
import type { Part } from './part.js';
import type { WindowSets } from './window-sets.js';

/** What is left of a part. Raw lines are counted from its start. */
export interface ScannedPart {
  readonly rawLines: number;
  readonly significantLines: number;
  readonly kept: Lines;
  readonly head: Lines;
  readonly tail: Lines;
  /** Raw lines at which documents end, where documents are told apart. */
  readonly gaps: Uint32Array<ArrayBuffer>;
}

export interface ScanSettings {
  readonly mode: LineMode;
  /** Bytes read at a time. */
  readonly chunkBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes before a part that say whether it begins with a line, and whether the line before that is empty. */
const BYTES_BEFORE = 4;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Yields how many bytes of the file on disk were read since it yielded last. */
export async function* scanPart(
  { input, first, end }: Part,
  sets: WindowSets,
  { mode, chunkBytes, signal }: ScanSettings,
  read = readChunks,
): AsyncGenerator<number, ScannedPart, void> {
  const scan = new CorpusScan(sets);
  let reader: LineReader | undefined = first === 0 ? createFileReader(mode, scan) : undefined;
  /** Where the chunk begins in the file, and the bytes before it, as latin1. */
  let at = Math.max(0, first - BYTES_BEFORE);
  let before = '';
  for await (const { bytes, diskBytes } of read(input, chunkBytes, at)) {
    throwIfAborted(signal);
    yield diskBytes;
    let from = 0;
    if (reader === undefined) {
      from = findLineStart(bytes, Math.max(0, first - at), before);
      // A line that begins before the part and ends after it: the part has none of its own.
      if (at + from >= end) break;
      if (from < bytes.length) {
        const context = lastBytes(before, bytes.subarray(0, from));
        reader = createLineReader(mode, scan, endsWithEmptyLine(context, at + from));
      }
    }
    if (reader !== undefined) {
      const to =
        at + bytes.length <= end ? bytes.length : findLineStart(bytes, Math.max(0, end - at), before);
      reader.push(bytes.subarray(from, to));
      if (to < bytes.length) break;
    }
    before = lastBytes(before, bytes);
    at += bytes.length;
  }
  reader?.end();
  return {
    rawLines: reader?.rawLines ?? 0,
    significantLines: scan.lines,
    kept: scan.kept.toLines(),
    head: scan.head.toLines(),
    tail: scan.tail().toLines(),
    gaps: Uint32Array.from(scan.gaps),
  };
}

/** The first place from `from` on at which a line begins, or the length of the chunk. */
function findLineStart(bytes: Uint8Array, from: number, before: string): number {
  let last = from > 0 ? bytes[from - 1] : before === '' ? undefined : before.charCodeAt(before.length - 1);
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (last === LINE_FEED || (last === CARRIAGE_RETURN && byte !== LINE_FEED)) return at;
    last = byte;
  }
  return bytes.length;
}

function lastBytes(before: string, bytes: Uint8Array): string {
  const last = Buffer.from(bytes.subarray(Math.max(0, bytes.length - BYTES_BEFORE))).toString('latin1');
  return (before + last).slice(-BYTES_BEFORE);
}

/** Whether the line that ends at `position`, with `context` before it, is empty. */
function endsWithEmptyLine(context: string, position: number): boolean {
  const rest = context.replace(/(?:\r\n|\n|\r)$/, '');
  return /[\r\n]$/.test(rest) || (rest === '' && position === context.length);
}
