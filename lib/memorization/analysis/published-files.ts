/**
 * The files of the published analysis, as text in pieces: `memorization.json`, `analyze/*.txt`, `begin_end_list.txt`,
 * `extract_prompt.json`, and the two tables. docs/formats.md says where we differ.
 */
import { hash } from 'node:crypto';
import { GrowingColumn } from './column.js';
import { type Blocks, fingerprintOf } from './gather.js';
import type { OutputsText } from './outputs-text.js';
import { linesOfPlace, type Places, rowsOf, textOfPlace } from './places.js';
import { pythonCsv, pythonJsonString, pythonStrip } from './python-text.js';
import { TupleTable } from './tuple-table.js';

/** Rows of a table that are formatted together. */
const ROWS_A_PIECE = 1000;

/** What the published files are made of. */
export interface Material {
  readonly blocks: Blocks;
  readonly outputs: OutputsText;
  readonly places: Places;
}

/** Fingerprint -> occurrences in the corpus, in the outputs, and lines, as `json.dump(..., indent=4)` writes it. */
export function* formatMemorization(blocks: Blocks): Generator<string, void, void> {
  const members = function* () {
    for (let i = 0; i < blocks.fingerprints.size; i++) {
      yield `    "${fingerprintOf(blocks, i)}": {\n        "train": ${blocks.train[i]},\n        "extract": ${blocks.extract[i]},\n        "len": ${blocks.lengths[i]}\n    }`;
    }
  };
  yield* pythonObject(members());
}

/** The memorized texts of some fingerprints (`analyze/<shard>.txt`), or of all of them (`analyze/all.txt`). */
export function* formatTexts(
  { blocks, outputs, places }: Material,
  fingerprints: Iterable<number>,
): Generator<string, void, void> {
  for (const index of fingerprints) {
    const name = fingerprintOf(blocks, index);
    const rows = rowsOf(places.texts, index);
    yield `>>>>>>>>>>fingerprints ${name} >>>>>>>>>>>>>\n`;
    for (const row of rows) {
      yield textOfPlace(blocks, outputs, row);
      if (rows.length > 1) yield `++++fingerprints ${name} ++++\n`;
    }
    yield `<<<<<<<<<<fingerprints ${name} <<<<<<<<<<\n\n\n`;
  }
}

/** First and last line of every place in the outputs: each once by line, or with the published counting as the logs list them. */
export function* formatBeginEndList({ blocks, places }: Material): Generator<string, void, void> {
  for (const row of blocks.listed.length > 0 ? blocks.listed : places.byLine) {
    const { start, end } = linesOfPlace(blocks, row);
    yield `${start} ${end}\n`;
  }
}

/**
 * The texts as prompts, the most frequent first: sha1 -> prompt, how many texts give it, and the first fingerprint that
 * does. As published, every line of a prompt is stripped of the white space around it.
 */
export function* formatPrompts({ blocks, outputs, places }: Material): Generator<string, void, void> {
  const digests = new TupleTable(4);
  /** The last of the five words of each sha1. */
  const tails = new GrowingColumn();
  const occurrences = new GrowingColumn();
  const firstPlaces = new GrowingColumn();
  for (const row of places.texts.rows) {
    const known = digests.size;
    const digest = hash('sha1', promptOf(textOfPlace(blocks, outputs, row)), 'buffer');
    const index = digests.add(
      digest.readUInt32BE(0),
      digest.readUInt32BE(4),
      digest.readUInt32BE(8),
      digest.readUInt32BE(12),
    );
    if (index === known) {
      tails.push(digest.readUInt32BE(16));
      occurrences.push(0);
      firstPlaces.push(row);
    }
    occurrences.data[index]!++;
  }
  const counts = occurrences.data;
  const words = [...digests.columns, tails];
  const scratch = Buffer.alloc(20);
  const sorted = Uint32Array.from({ length: digests.size }, (_, i) => i).sort(
    (a, b) => counts[b]! - counts[a]! || a - b,
  );
  const members = function* () {
    for (const index of sorted) {
      const row = firstPlaces.data[index]!;
      const prompt = promptOf(textOfPlace(blocks, outputs, row));
      for (const [i, { data }] of words.entries()) scratch.writeUInt32BE(data[index]!, 4 * i);
      const digest = scratch.toString('hex');
      const fingerprint = fingerprintOf(blocks, blocks.places.columns[0]!.data[row]!);
      yield `    "${digest}": {\n        "prompt": ${pythonJsonString(prompt)},\n        "occurrence": ${counts[index]},\n        "fingerprints": "${fingerprint}"\n    }`;
    }
  };
  yield* pythonObject(members());
}

/** A row of the tables: the first text of a fingerprint. */
export interface TableRow {
  /** Its index in all of them. */
  readonly id: number;
  /** As published: a line end before the text, which stays from the line that it was cut at. */
  readonly text: string;
}

/**
 * `doc_id,MD5,corpus,text`, the first text of each fingerprint.
 *
 * @param keeps says which rows stay; their ids stay as they are
 */
export async function* formatTable(
  { blocks, outputs, places }: Material,
  corpus: string,
  keeps: (row: TableRow) => boolean | Promise<boolean> = () => true,
): AsyncGenerator<string, void, void> {
  let rows: (string | number)[][] = [['doc_id', 'MD5', 'corpus', 'text']];
  for (let id = 0; id < blocks.fingerprints.size; id++) {
    const text = `\n${textOfPlace(blocks, outputs, places.texts.rows[places.texts.starts[id]!]!)}`;
    if (!(await keeps({ id, text }))) continue;
    rows.push([id, fingerprintOf(blocks, id), corpus, text]);
    if (rows.length < ROWS_A_PIECE) continue;
    yield pythonCsv(rows);
    rows = [];
  }
  if (rows.length > 0) yield pythonCsv(rows);
}

function promptOf(text: string): string {
  return text.slice(0, -1).split('\n').map(pythonStrip).join('\n');
}

function* pythonObject(members: Iterable<string>): Generator<string, void, void> {
  let separator = '{\n';
  for (const member of members) {
    yield `${separator}${member}`;
    separator = ',\n';
  }
  yield separator === '{\n' ? '{}' : '\n}';
}
