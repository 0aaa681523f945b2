/**
 * The values of a page of a flat column, without its levels. Texts come out one by one, since a few bytes may stand for
 * gigabytes of them: what is held is the page and the text before. Numbers are decoded by hyparquet.
 */
import { TextDecoder } from 'node:util';
import type { DecodedArray, SchemaElement } from 'hyparquet';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import type { ColumnDecoder } from 'hyparquet/src/types.js';
import { MAX_PAGE_BYTES } from './codecs.js';
import { endOfDeltas } from './delta.js';
import { readRuns } from './runs.js';

/** A value of a column: a text, or a whole number. */
export type Value = string | number | bigint;

/** Values that entries of a column stand for. */
export type Dictionary = readonly Value[];

/**
 * `count` values, which are all there.
 *
 * @throws Error what is wrong with the page
 */
export function decodeValues(
  encoding: string,
  bytes: Uint8Array,
  count: number,
  element: SchemaElement,
  dictionary: Dictionary | undefined,
): Iterable<Value> {
  if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY')
    return lookUp(entriesOf(bytes, count), dictionary);
  return element.type === 'BYTE_ARRAY'
    ? textsOf(encoding, bytes, count)
    : numbersOf(encoding, bytes, count, element);
}

/** @throws Error what is wrong with the page */
export function readDictionary(bytes: Uint8Array, count: number, element: SchemaElement): Dictionary {
  return [...decodeValues('PLAIN', bytes, count, element, undefined)];
}

/** One byte says how wide the entries are. */
function entriesOf(bytes: Uint8Array, count: number): Uint32Array {
  const entries = new Uint32Array(count);
  const width = bytes[0];
  if (width === undefined) throw new Error('the entries of a page are cut short');
  if (width > 0) readRuns(bytes.subarray(1), width, entries);
  return entries;
}

function* lookUp(entries: Uint32Array, dictionary: Dictionary | undefined): Generator<Value, void> {
  if (dictionary === undefined) throw new Error('a page has no dictionary');
  for (const entry of entries) {
    const value = dictionary[entry];
    if (value === undefined)
      throw new Error(`a page has entry ${entry} of a dictionary of ${dictionary.length}`);
    yield value;
  }
}

function textsOf(encoding: string, bytes: Uint8Array, count: number): Iterable<string> {
  if (encoding === 'PLAIN') return plainTexts(bytes, count);
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') {
    const [lengths, start] = readDeltas(bytes, 0, count);
    return texts(bytes, start, lengths);
  }
  if (encoding === 'DELTA_BYTE_ARRAY') {
    const [prefixes, middle] = readDeltas(bytes, 0, count);
    const [suffixes, start] = readDeltas(bytes, middle, count);
    return prefixedTexts(bytes, start, prefixes, suffixes);
  }
  throw new Error(`its encoding ${encoding} is not supported`);
}

function* plainTexts(bytes: Uint8Array, count: number): Generator<string, void> {
  const view = viewOf(bytes);
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw new Error('the texts of a page are cut short');
    const length = view.getUint32(at, true);
    yield decodeText(slice(bytes, at + 4, length));
    at += 4 + length;
  }
}

function* texts(bytes: Uint8Array, start: number, lengths: Int32Array): Generator<string, void> {
  let at = start;
  for (const length of lengths) {
    yield decodeText(slice(bytes, at, length));
    at += length;
  }
}

/** Each text begins with a part of the one before. */
function* prefixedTexts(
  bytes: Uint8Array,
  start: number,
  prefixes: Int32Array,
  suffixes: Int32Array,
): Generator<string, void> {
  let at = start;
  let total = 0;
  let before: Uint8Array = new Uint8Array(0);
  for (const [i, prefix] of prefixes.entries()) {
    const suffix = slice(bytes, at, suffixes[i]!);
    at += suffix.length;
    if (prefix < 0 || prefix > before.length)
      throw new Error(`a text of a page begins with ${prefix} bytes of one that has ${before.length}`);
    total += prefix + suffix.length;
    if (total > MAX_PAGE_BYTES)
      throw new Error(`a page stands for more than ${MAX_PAGE_BYTES} bytes of text`);
    before = prefix === 0 ? suffix : Buffer.concat([before.subarray(0, prefix), suffix]);
    yield decodeText(before);
  }
}

function readDeltas(bytes: Uint8Array, start: number, count: number): [numbers: Int32Array, end: number] {
  const end = endOfDeltas(bytes, start, count);
  const numbers = new Int32Array(count);
  deltaBinaryUnpack({ view: viewOf(bytes), offset: start }, count, numbers);
  return [numbers, end];
}

function numbersOf(
  encoding: string,
  bytes: Uint8Array,
  count: number,
  element: SchemaElement,
): Iterable<Value> {
  const wide = element.type === 'INT64';
  const reader = { view: viewOf(bytes), offset: 0 };
  let numbers: DecodedArray;
  if (encoding === 'DELTA_BINARY_PACKED') {
    endOfDeltas(bytes, 0, count);
    const values = new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, values);
    // DuckDB writes unsigned INT32 as 33-bit numbers, which hyparquet's decoder for 32 bits cuts.
    numbers = wide ? values : Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value)));
  } else {
    if (count * (wide ? 8 : 4) > bytes.length) throw new Error('the numbers of a page are cut short');
    if (encoding === 'PLAIN') numbers = readPlain(reader, element.type!, count, undefined);
    else if (encoding === 'BYTE_STREAM_SPLIT')
      numbers = byteStreamSplit(reader, count, element.type!, undefined);
    else throw new Error(`its encoding ${encoding} is not supported`);
  }
  // Signs, dates and decimals as the schema has them.
  const decoder = { element, parsers: DEFAULT_PARSERS } as unknown as ColumnDecoder;
  return convert(numbers, decoder) as Iterable<Value>;
}

function slice(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (length < 0 || at + length > bytes.length) throw new Error('the texts of a page are cut short');
  return bytes.subarray(at, at + length);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new Error('its text is not UTF-8', { cause });
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
