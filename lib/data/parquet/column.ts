/**
 * One column of one row group of a Parquet file, page by page: headers by hyparquet, levels here, values by
 * parquet-values.ts. Rows are counted as they come out: what a page claims about itself costs nothing.
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ColumnMetaData, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type { PageHeader } from 'hyparquet/src/types.js';
import { decompress, MAX_PAGE_BYTES } from './codecs.js';
import { readRuns } from './runs.js';
import { checkThrift } from './thrift.js';
import { type Dictionary, decodeValues, readDictionary, type Value } from './values.js';

/** Of one row group, hence of one page. Writers take a million at most. */
export const MAX_GROUP_ROWS = 2 ** 24;

const HEADER_BYTES = 2 ** 14;
const MAX_HEADER_BYTES = 2 ** 24;

export interface ColumnChunk {
  readonly metadata: ColumnMetaData;
  readonly element: SchemaElement;
  readonly rows: number;
}

/** Values of the chunk page by page, null where there is none. @throws Error what is wrong with the file */
export async function* readColumn(
  file: FileHandle,
  { metadata, element, rows }: ColumnChunk,
): AsyncGenerator<Iterable<Value | null>, void> {
  const offsets = [metadata.dictionary_page_offset, metadata.data_page_offset].map(Number);
  let at = Math.min(...offsets.filter((offset) => offset > 0));
  const end = at + Number(metadata.total_compressed_size);
  let dictionary: Dictionary | undefined;
  for (let row = 0; row < rows; ) {
    if (!(at < end))
      throw new Error(`column ${metadata.path_in_schema[0]} ends after ${row} of ${rows} rows`);
    const { header, headerBytes } = await readHeader(file, at);
    const stored = header.compressed_page_size;
    if (!(stored >= 0 && stored <= MAX_PAGE_BYTES)) throw new Error(`a page claims ${stored} bytes`);
    const bytes = await readExactly(file, at + headerBytes, stored);
    at += headerBytes + stored;
    if (header.crc !== undefined && header.crc >>> 0 !== crc32(bytes))
      throw new Error('a checksum is another');
    if (header.type === 'DICTIONARY_PAGE') {
      const count = header.dictionary_page_header?.num_values;
      checkCount(count, MAX_GROUP_ROWS);
      dictionary = readDictionary(
        decompress(metadata.codec, bytes, header.uncompressed_page_size),
        count!,
        element,
      );
      continue;
    }
    const page = splitPage(header, bytes, metadata.codec, element, rows - row);
    if (page === undefined) continue;
    row += page.count;
    yield valuesOf(page, element, dictionary);
  }
}

interface Page {
  readonly encoding: string;
  readonly count: number;
  /** 1 for each row that has a value; undefined where all have. */
  readonly levels: Uint8Array | undefined;
  readonly values: Uint8Array;
}

/** The page decompressed, levels and values apart; undefined for one that holds no values. */
function splitPage(
  header: PageHeader,
  bytes: Uint8Array,
  codec: ColumnMetaData['codec'],
  element: SchemaElement,
  rowsLeft: number,
): Page | undefined {
  const { uncompressed_page_size: size } = header;
  const optional = element.repetition_type === 'OPTIONAL';
  if (header.type === 'DATA_PAGE') {
    const { num_values: count, encoding, definition_level_encoding: levels } = header.data_page_header ?? {};
    checkCount(count, rowsLeft);
    const page = decompress(codec, bytes, size);
    if (!optional) return { encoding: encoding!, count: count!, levels: undefined, values: page };
    if (levels !== 'RLE') throw new Error(`its levels are encoded by ${levels}, which is not supported`);
    const end = page.length < 4 ? 4 : 4 + viewOf(page).getUint32(0, true);
    if (end > page.length) throw new Error('the levels of a page are longer than it is');
    return {
      encoding: encoding!,
      count: count!,
      levels: readLevels(page.subarray(4, end), count!),
      values: page.subarray(end),
    };
  }
  if (header.type !== 'DATA_PAGE_V2') return undefined;
  const claimed = header.data_page_header_v2;
  const { num_values: count, encoding, definition_levels_byte_length: definitions = 0 } = claimed ?? {};
  const { repetition_levels_byte_length: repetitions = 0, is_compressed: compressed } = claimed ?? {};
  checkCount(count, rowsLeft);
  const start = definitions + repetitions;
  if (!(definitions >= 0 && repetitions >= 0 && start <= bytes.length))
    throw new Error('the levels of a page are longer than it is');
  return {
    encoding: encoding!,
    count: count!,
    levels: optional ? readLevels(bytes.subarray(repetitions, start), count!) : undefined,
    values: compressed ? decompress(codec, bytes.subarray(start), size - start) : bytes.subarray(start),
  };
}

/** A bit a row. */
function readLevels(bytes: Uint8Array, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  readRuns(bytes, 1, levels);
  return levels;
}

function* valuesOf(
  { encoding, count, levels, values }: Page,
  element: SchemaElement,
  dictionary: Dictionary | undefined,
): Generator<Value | null, void> {
  const present = levels === undefined ? count : levels.reduce((sum, level) => sum + level, 0);
  // Where nothing is, writers leave out what would say so, the dictionary included.
  const there = present === 0 ? [] : decodeValues(encoding, values, present, element, dictionary);
  if (levels === undefined || present === count) {
    yield* there;
    return;
  }
  const next = there[Symbol.iterator]();
  for (const level of levels) yield level === 1 ? (next.next().value as Value) : null;
}

function checkCount(count: number | undefined, most: number): void {
  if (count === undefined || !(count >= 0 && count <= most))
    throw new Error(`a page claims ${count} values where ${most} are the most`);
}
async function readHeader(
  file: FileHandle,
  at: number,
): Promise<{ header: PageHeader; headerBytes: number }> {
  for (let size = HEADER_BYTES; ; size *= 4) {
    const buffer = new Uint8Array(size);
    const { bytesRead } = await file.read(buffer, 0, size, at);
    const reader = { view: new DataView(buffer.buffer, 0, bytesRead), offset: 0 };
    try {
      checkThrift(buffer.subarray(0, bytesRead));
      const header = parquetHeader(reader);
      return { header, headerBytes: reader.offset };
    } catch (error) {
      // Some writers put whole values into the header, as its smallest and largest.
      if (bytesRead < size || size >= MAX_HEADER_BYTES) throw error;
    }
  }
}

async function readExactly(file: FileHandle, at: number, size: number): Promise<Uint8Array> {
  // A claim must not cost memory that the file does not fill.
  if (at + size > (await file.stat()).size) throw new Error('it is cut short');
  const buffer = new Uint8Array(size);
  for (let filled = 0; filled < size; ) {
    const { bytesRead } = await file.read(buffer, filled, size - filled, at + filled);
    if (bytesRead === 0) throw new Error('it is cut short');
    filled += bytesRead;
  }
  return buffer;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
