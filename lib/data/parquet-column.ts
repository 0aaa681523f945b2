/**
 * One column of one row group of a Parquet file, page by page. The decoding is hyparquet's; what a page claims about
 * itself is checked before, since a few bytes can claim to stand for billions of values.
 */
import type { FileHandle } from 'node:fs/promises';
import type { ColumnMetaData, DecodedArray, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import type { ColumnDecoder, PageHeader } from 'hyparquet/src/types.js';
import { decompress, MAX_PAGE_BYTES } from './parquet-codecs.js';

/** Of one row group, hence of one page. Writers take a million at most. */
export const MAX_GROUP_ROWS = 2 ** 24;

const HEADER_BYTES = 2 ** 14;
const MAX_HEADER_BYTES = 2 ** 24;

/** DELTA_BYTE_ARRAY is none of them: each value may repeat the whole one before it, so that a page can hold terabytes. */
const ENCODINGS = [
  'PLAIN',
  'PLAIN_DICTIONARY',
  'RLE_DICTIONARY',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BINARY_PACKED',
];

export interface ColumnChunk {
  readonly metadata: ColumnMetaData;
  readonly element: SchemaElement;
  /** Root and leaf: the column is flat. */
  readonly schemaPath: SchemaTree[];
  readonly rows: number;
}

/** Values of the chunk in pieces, null where there is none. @throws Error what is wrong with the file */
export async function* readColumn(file: FileHandle, chunk: ColumnChunk): AsyncGenerator<DecodedArray, void> {
  const { metadata, element, schemaPath, rows } = chunk;
  const decoder: ColumnDecoder = {
    pathInSchema: metadata.path_in_schema,
    type: metadata.type,
    element,
    schemaPath,
    // Pages are handed over as they are decompressed.
    codec: 'UNCOMPRESSED',
    parsers: { ...DEFAULT_PARSERS, stringFromBytes: decodeText },
  };
  const offsets = [metadata.dictionary_page_offset, metadata.data_page_offset].map(Number);
  let at = Math.min(...offsets.filter((offset) => offset > 0));
  const end = at + Number(metadata.total_compressed_size);
  let dictionary: DecodedArray | undefined;
  for (let row = 0; row < rows; ) {
    if (at >= end) throw new Error(`column ${metadata.path_in_schema[0]} ends after ${row} of ${rows} rows`);
    const { header, headerBytes } = await readHeader(file, at);
    const stored = header.compressed_page_size;
    if (!(stored >= 0 && stored <= MAX_PAGE_BYTES)) throw new Error(`a page claims ${stored} bytes`);
    const bytes = await readExactly(file, at + headerBytes, stored);
    at += headerBytes + stored;
    const page = plainPage(header, bytes, chunk, rows - row);
    if (page === undefined) continue;
    const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
    const plain = {
      ...header,
      compressed_page_size: page.length,
      uncompressed_page_size: page.length,
    };
    const { data } = readPage(reader, plain, decoder, dictionary, undefined, 0);
    if (data === undefined) throw new Error('a page has no values');
    if (header.type === 'DICTIONARY_PAGE') dictionary = convert(data, decoder);
    else {
      row += data.length;
      yield data;
    }
  }
}

/** The page decompressed and checked; undefined for one that holds no values. */
function plainPage(
  header: PageHeader,
  bytes: Uint8Array,
  { metadata: { codec }, element }: ColumnChunk,
  rowsLeft: number,
): Uint8Array | undefined {
  const { uncompressed_page_size: size } = header;
  const optional = element.repetition_type === 'OPTIONAL';
  if (header.type === 'DICTIONARY_PAGE') {
    checkCount(header.dictionary_page_header?.num_values, MAX_GROUP_ROWS);
    return decompress(codec, bytes, size);
  }
  if (header.type === 'DATA_PAGE') {
    const { num_values: count, encoding } = header.data_page_header ?? {};
    checkCount(count, rowsLeft);
    const page = decompress(codec, bytes, size);
    const levels = optional ? 4 + viewOf(page).getUint32(0, true) : 0;
    if (optional) checkRuns(page.subarray(4, levels), 1, count!);
    checkValues(encoding, page.subarray(levels), count!);
    return page;
  }
  if (header.type === 'DATA_PAGE_V2') {
    const claimed = header.data_page_header_v2;
    const { num_values: count, encoding, definition_levels_byte_length: definitions = 0 } = claimed ?? {};
    const { repetition_levels_byte_length: repetitions = 0, num_nulls: nulls = 0 } = claimed ?? {};
    checkCount(count, rowsLeft);
    checkCount(nulls, count!);
    const levels = definitions + repetitions;
    if (!(definitions >= 0 && repetitions >= 0 && levels <= bytes.length))
      throw new Error('the levels of a page are longer than it is');
    if (definitions > 0) checkRuns(bytes.subarray(repetitions, levels), 1, count!);
    const values = claimed?.is_compressed
      ? decompress(codec, bytes.subarray(levels), size - levels)
      : bytes.subarray(levels);
    checkValues(encoding, values, count! - nulls);
    return Buffer.concat([bytes.subarray(0, levels), values]);
  }
  return undefined;
}

function checkCount(count: number | undefined, most: number): void {
  if (count === undefined || !(count >= 0 && count <= most))
    throw new Error(`a page claims ${count} values where ${most} are the most`);
}

function checkValues(encoding: string | undefined, values: Uint8Array, count: number): void {
  if (encoding === undefined || !ENCODINGS.includes(encoding))
    throw new Error(`its encoding ${encoding} is not supported`);
  // One byte says how wide the entries are.
  if (encoding.endsWith('DICTIONARY') && count > 0 && values[0] !== 0)
    checkRuns(values.subarray(1), values[0]!, count);
}

/** Walks the runs of a run-length encoding: none may be longer than the values that there are. */
function checkRuns(bytes: Uint8Array, width: number, count: number): void {
  if (width > 32) throw new Error(`entries of a page are ${width} bits wide`);
  for (let at = 0, seen = 0; seen < count; ) {
    let header = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 28) throw new Error('the runs of a page are cut short');
      header += (byte & 0x7f) * 2 ** shift;
      more = byte >= 0x80;
    }
    const groups = Math.floor(header / 2);
    if (groups > count) throw new Error(`a run of ${groups} values stands in a page of ${count}`);
    seen += header % 2 === 1 ? groups * 8 : groups;
    at += header % 2 === 1 ? groups * width : Math.ceil(width / 8);
  }
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

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && decoder.decode(bytes);
  } catch (cause) {
    throw new Error('its text is not UTF-8', { cause });
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
