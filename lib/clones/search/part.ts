/** A part of a corpus file: a piece of work that can be done by itself. */
import type { TextInput } from '../lines/text-input.js';

export interface Part {
  readonly input: TextInput;
  /** What begins at bytes `first <= byte < end`, lines or spans, belongs to the part. */
  readonly first: number;
  readonly end: number;
}

/** Cuts a file into parts of `partBytes`; one that can only be read from the start is one part. */
export function cutIntoParts(input: TextInput, partBytes: number): Part[] {
  const count = input.kind === 'text' ? Math.max(1, Math.ceil(input.sizeBytes / partBytes)) : 1;
  return Array.from({ length: count }, (_, i) => ({
    input,
    first: i * partBytes,
    end: i + 1 < count ? (i + 1) * partBytes : Number.POSITIVE_INFINITY,
  }));
}
