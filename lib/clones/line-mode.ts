/** How lines are compared: as Simian does, by tokens, or as text. */
import { ExactLineHasher } from './exact-line-hasher.js';
import { LineHasher, type LineSink } from './line-hasher.js';

export const LINE_MODES = ['simian', 'exact'] as const;
export type LineMode = (typeof LINE_MODES)[number];

/** Turns the bytes of one file, or of a part that begins with a line, into the hashes of its significant lines. */
export interface LineReader {
  /** Raw lines ended so far. */
  readonly rawLines: number;
  push(bytes: Uint8Array): void;
  end(): void;
}

/** @param afterEmptyLine whether the line before the first byte is empty; there is none at the start of a file */
export function createLineReader(mode: LineMode, sink: LineSink, afterEmptyLine = false): LineReader {
  return mode === 'exact' ? new ExactLineHasher(sink, afterEmptyLine) : new LineHasher(sink);
}
