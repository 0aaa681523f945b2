/**
 * Asks the model what regions need to be measured: one teacher-forced pass for all, then greedy decoding from
 * mispredicted positions only, the rows of one region sharing one prefill.
 */
import type { GenerateRow, Model, Tokens } from '../model/model.js';
import { type ProgressEvent, progress, relay } from '../progress.js';
import { decodedPositions, type Memorization, measureRegion, type Region } from './region.js';

export interface MeasureRegionsOptions {
  readonly el: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Decoded tokens held at once: 64 MiB of ids. More rows than a device decodes together, so no batch is cut short. */
const DECODED_TOKENS_AT_ONCE = 1 << 24;

/** Measures regions in their order. `model` must be able to hold the longest of them in its context. */
export async function* measureRegions(
  model: Model,
  regions: readonly Region[],
  { el, signal }: MeasureRegionsOptions,
): AsyncGenerator<ProgressEvent, Memorization[], void> {
  const scores = yield* relay(
    (emit: (event: ProgressEvent) => void, stop) =>
      model.score(
        regions.map((region) => region.tokens),
        {
          signal: stop,
          onProgress: (done, total) => emit(progress('measure accuracy', done, total, 'sequences')),
        },
      ),
    signal,
  );
  const hits = scores.map((score, i) => score.hits.subarray(regions[i]!.first - 1));
  const positions = regions.map((region, i) => decodedPositions(region, hits[i]!, el));
  const sizes = regions.map((region, i) =>
    positions[i]!.reduce((sum, position) => sum + region.tokens.length - position, 0),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);

  const results: Memorization[] = [];
  let done = 0;
  while (results.length < regions.length) {
    const from = results.length;
    const to = endOfChunk(sizes, from);
    const before = done;
    const rows = regions
      .slice(from, to)
      .flatMap((region, i) => positions[from + i]!.map((position) => rowFrom(region, position)));
    const decoded = yield* relay(
      (emit: (event: ProgressEvent) => void, stop) =>
        decode(model, rows, stop, (tokens) => {
          emit(progress('measure extraction', before + tokens, total, 'tokens'));
        }),
      signal,
    );
    let row = 0;
    for (let i = from; i < to; i++) {
      const continuations = new Map(positions[i]!.map((position) => [position, decoded[row++]!]));
      results.push(measureRegion(regions[i]!, hits[i]!, continuations, el));
      done += sizes[i]!;
    }
  }
  return results;
}

function rowFrom(region: Region, position: number): GenerateRow {
  return { prompt: region.tokens, start: position, maxTokens: region.tokens.length - position };
}

async function decode(
  model: Model,
  rows: readonly GenerateRow[],
  signal: AbortSignal,
  onProgress: (tokens: number) => void,
): Promise<Tokens[]> {
  if (rows.length === 0) return [];
  const maxTokens = rows.reduce((most, row) => Math.max(most, row.maxTokens!), 0);
  const generations = await model.generate(rows, { maxTokens, temperature: 0, signal, onProgress });
  return generations.map((generation) => generation.tokens);
}

/** The end of a chunk that holds at least one region and, beyond it, no more tokens than the limit. */
function endOfChunk(sizes: readonly number[], from: number): number {
  let end = from + 1;
  let tokens = sizes[from]!;
  while (end < sizes.length && tokens + sizes[end]! <= DECODED_TOKENS_AT_ONCE) tokens += sizes[end++]!;
  return end;
}
