/** The lines of `fingerprints.jsonl` and `outputs.jsonl`. */
import { categorize } from './categories.js';
import { type Grouped, groupRows } from './column.js';
import type { LocatedDocuments } from './documents.js';
import { fingerprintOf } from './gather.js';
import { linesOfPlace, rowsOf, textOfPlace } from './places.js';
import type { Material } from './published-files.js';
import { type FingerprintRecord, MAX_PLACES, type OutputRecord } from './summary.js';

/** Every fingerprint, the most frequent in the outputs first, then in the corpus, then by name. */
export function* fingerprintRecords(
  material: Material,
  located: LocatedDocuments,
): Generator<FingerprintRecord, void, void> {
  const { blocks, outputs, places } = material;
  const { train, extract, lengths } = blocks;
  const count = blocks.fingerprints.size;
  const corpusRows = groupRows(blocks.corpus[0].data, blocks.corpus[0].length, count);
  const [a, b, c, d] = blocks.fingerprints.columns.map(({ data }) => data) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const byName = (i: number, j: number) => a[i]! - a[j]! || b[i]! - b[j]! || c[i]! - c[j]! || d[i]! - d[j]!;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (i, j) => extract[j]! - extract[i]! || train[j]! - train[i]! || byName(i, j),
  );
  for (const index of order) {
    const texts = rowsOf(places.texts, index);
    const text = textOfPlace(blocks, outputs, texts[0]!);
    yield {
      fingerprint: fingerprintOf(blocks, index),
      lines: lengths[index]!,
      train: train[index]!,
      extract: extract[index]!,
      category: categorize(text),
      text,
      texts: texts.length,
      outputs: outputPlaces(material, index),
      documents: corpusPlaces(material, located, corpusRows, index),
    };
  }
}

function outputPlaces({ blocks, outputs, places }: Material, index: number): FingerprintRecord['outputs'] {
  const found: FingerprintRecord['outputs'] = [];
  for (const row of rowsOf(places.byFingerprint, index)) {
    for (const { output, start, end } of outputs.spansOf(linesOfPlace(blocks, row))) {
      if (found.length === MAX_PLACES) return found;
      found.push({ id: outputs.entries[output]!.id, start, end });
    }
  }
  return found;
}

function corpusPlaces(
  { blocks }: Material,
  { documents, ofRow }: LocatedDocuments,
  rows: Grouped,
  index: number,
): FingerprintRecord['documents'] {
  const [, files, starts, ends] = blocks.corpus;
  const found: FingerprintRecord['documents'] = [];
  for (const row of rowsOf(rows, index)) {
    const document = documents[ofRow[row]! - 1];
    found.push({
      shard: blocks.files[files.data[row]!]!.name,
      ...(document === undefined ? {} : nameOf(document)),
      start: starts.data[row]!,
      end: ends.data[row]!,
    });
  }
  return found;
}

function nameOf(document: LocatedDocuments['documents'][number]) {
  const { id, path, licence } = document;
  return { id, ...(path === undefined ? {} : { path }), ...(licence === undefined ? {} : { licence }) };
}

/** An output with memorized blocks, and the significant lines of its longest. */
export interface AnalysedOutput {
  readonly record: OutputRecord;
  readonly longest: number;
}

/** The outputs with memorized blocks, in the order of the file. */
export function* outputRecords({ blocks, outputs, places }: Material): Generator<AnalysedOutput, void, void> {
  /** Spans of outputs that later blocks may still add to: a block may run over the end of an output. */
  const open = new Map<number, { spans: OutputRecord['spans']; longest: number }>();
  const fingerprints = blocks.places.columns[0]!.data;
  for (const row of places.byLine) {
    const index = fingerprints[row]!;
    const lines = linesOfPlace(blocks, row);
    const at = outputs.outputAt(lines.start);
    for (const output of [...open.keys()]) if (output < at) yield close(output);
    for (const { output, start, end } of outputs.spansOf(lines)) {
      let found = open.get(output);
      if (found === undefined) {
        found = { spans: [], longest: 0 };
        open.set(output, found);
      }
      found.spans.push({ start, end, fingerprint: fingerprintOf(blocks, index) });
      found.longest = Math.max(found.longest, blocks.lengths[index]!);
    }
  }
  for (const output of [...open.keys()]) yield close(output);

  function close(output: number): AnalysedOutput {
    const { spans, longest } = open.get(output)!;
    open.delete(output);
    const { id, md5, start, end } = outputs.entries[output]!;
    return { record: { id, md5, lines: end - start, spans }, longest };
  }
}
