/** From the lines of a clone back to the outputs or documents that they stand in. */

import * as z from 'zod';
import { check } from '../../check.js';
import { readJsonFile } from '../../files.js';

/** 1-based raw lines, both inclusive. */
export interface LineSpan {
  readonly start: number;
  readonly end: number;
}

/** An output of a merged file. */
export interface OutputEntry extends LineSpan {
  /** Its number: the name of its file in `separate/`. */
  readonly id: string;
  readonly md5: string;
}

/** Finds which of the spans, ordered and not overlapping, share a line with `lines`. */
export function locate<Span extends LineSpan>(spans: readonly Span[], lines: LineSpan): Span[] {
  let first = 0;
  let end = spans.length;
  while (first < end) {
    const middle = (first + end) >> 1;
    if (spans[middle]!.end < lines.start) first = middle + 1;
    else end = middle;
  }
  const found: Span[] = [];
  for (let i = first; i < spans.length && spans[i]!.start <= lines.end; i++) found.push(spans[i]!);
  return found;
}

const mapSchema = z.record(
  z.string(),
  z.object({ md5: z.string(), start: z.int().min(1), end: z.int().min(1) }),
);

/**
 * Reads `map_A-B.json`, ours or the published script's, ordered by line.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_FORMAT`
 */
export async function readOutputsMap(path: string): Promise<OutputEntry[]> {
  const entries = Object.entries(check(mapSchema, await readJsonFile(path), path)).map(([id, entry]) => ({
    id,
    ...entry,
  }));
  return entries.sort((a, b) => a.start - b.start);
}
