/**
 * The zip archives of torch.save: where each record lies in the file. Records are stored as they are, so that a tensor
 * is a range of the file; a compressed one is refused. Written for these archives only, and for hostile ones: yauzl
 * would do, but reads names and sizes more kindly than a model's file deserves.
 */
import type { FileHandle } from 'node:fs/promises';
import { InputError } from '../../errors.js';
import { printable } from '../printable.js';
import { readExactly } from './read-exactly.js';

export interface ZipRecord {
  readonly name: string;
  /** Of the data, absolute in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly sizeBytes: number;
  readonly packedBytes: number;
  readonly headerOffset: number;
}

const END_BYTES = 22;
const END64_LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** Some 100 bytes an entry: a million tensors. */
const MAX_DIRECTORY_BYTES = 100_000_000;
const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 0xffffffff;

export class TorchZip {
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(
    readonly path: string,
    readonly handle: FileHandle,
    entries: readonly Entry[],
    /** Where the records end and the directory begins. */
    readonly dataEnd: number,
  ) {
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /**
   * Reads the central directory (zip64 too).
   *
   * @throws InputError `ERR_MODEL_FORMAT` for one that is cut short, has sizes beyond the file, names that occur twice
   * or that lead out of the archive
   */
  static async open(path: string, handle: FileHandle): Promise<TorchZip> {
    const { size: fileSize } = await handle.stat();
    const { begin, sizeBytes, count } = await findDirectory(path, handle, fileSize);
    if (sizeBytes > MAX_DIRECTORY_BYTES)
      throw zipError(path, `a directory of at most ${MAX_DIRECTORY_BYTES} bytes`, `one of ${sizeBytes}`);
    if (begin + sizeBytes > fileSize || count * ENTRY_BYTES > sizeBytes)
      throw zipError(path, `a zip directory within ${fileSize} bytes`, 'one beyond them');
    const entries = parseDirectory(path, await readExactly(path, handle, begin, sizeBytes), count);
    return new TorchZip(path, handle, entries, begin);
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  /**
   * The record of that name, undefined if there is none.
   *
   * @throws InputError `ERR_MODEL_FORMAT` for one that is compressed, whose two headers disagree or that lies outside
   * the data
   */
  async find(name: string): Promise<ZipRecord | undefined> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const { path } = this;
    const shown = `record ${printable(name)}`;
    if (entry.method !== 0 || entry.packedBytes !== entry.sizeBytes)
      throw zipError(path, `${shown} to be stored as it is`, 'it compressed');
    if (entry.headerOffset + LOCAL_BYTES > this.dataEnd)
      throw zipError(path, `${shown} within ${this.dataEnd} bytes of data`, 'it beyond them');
    const nameBytes = Buffer.byteLength(name);
    const size = Math.min(LOCAL_BYTES + nameBytes, this.dataEnd - entry.headerOffset);
    const local = await readExactly(path, this.handle, entry.headerOffset, size);
    const same = local.readUInt32LE(0) === 0x04034b50 && local.readUInt16LE(8) === entry.method;
    if (!same || local.readUInt16LE(26) !== nameBytes || local.toString('utf8', LOCAL_BYTES) !== name)
      throw zipError(path, `a header of ${shown} before its data`, 'something else');
    const offset = entry.headerOffset + LOCAL_BYTES + nameBytes + local.readUInt16LE(28);
    if (offset + entry.sizeBytes > this.dataEnd)
      throw zipError(path, `${shown} within ${this.dataEnd} bytes of data`, `${entry.sizeBytes} bytes of it`);
    return { name, offset, sizeBytes: entry.sizeBytes };
  }

  async read(record: ZipRecord): Promise<Buffer> {
    return readExactly(this.path, this.handle, record.offset, record.sizeBytes);
  }
}

async function findDirectory(
  path: string,
  handle: FileHandle,
  fileSize: number,
): Promise<{ begin: number; sizeBytes: number; count: number }> {
  const size = Math.min(fileSize, END_BYTES + MAX_UINT16 + END64_LOCATOR_BYTES);
  const tail = await readExactly(path, handle, fileSize - size, size);
  let end = tail.length - END_BYTES;
  while (end >= 0 && !(tail.readUInt32LE(end) === 0x06054b50 && isEnd(tail, end))) end--;
  if (end < 0) throw zipError(path, 'the end of a zip archive', 'none; the file may be cut short');
  const [count, sizeBytes, begin] = [
    tail.readUInt16LE(end + 10),
    tail.readUInt32LE(end + 12),
    tail.readUInt32LE(end + 16),
  ];
  if (count !== MAX_UINT16 && sizeBytes !== MAX_UINT32 && begin !== MAX_UINT32)
    return { begin, sizeBytes, count };

  const locator = end - END64_LOCATOR_BYTES;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50)
    throw zipError(path, 'the locator of a zip64 directory', 'none');
  const at = readSafe(path, tail, locator + 8);
  if (at + END64_BYTES > fileSize) throw zipError(path, 'the end of a zip64 directory', 'none');
  const end64 = await readExactly(path, handle, at, END64_BYTES);
  if (end64.readUInt32LE(0) !== 0x06064b50) throw zipError(path, 'the end of a zip64 directory', 'none');
  return {
    count: readSafe(path, end64, 32),
    sizeBytes: readSafe(path, end64, 40),
    begin: readSafe(path, end64, 48),
  };
}

/** Whether the comment that follows reaches just to the end of the file. */
function isEnd(tail: Buffer, end: number): boolean {
  return end + END_BYTES + tail.readUInt16LE(end + 20) === tail.length;
}

function parseDirectory(path: string, directory: Buffer, count: number): Entry[] {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== 0x02014b50)
      throw zipError(path, `${count} entries in the zip directory`, `${i}`);
    const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const next = extraEnd + directory.readUInt16LE(at + 32);
    if (next > directory.length) throw zipError(path, 'a whole zip directory', 'an entry beyond its end');
    const name = directory.toString('utf8', at + ENTRY_BYTES, nameEnd);
    if (leadsOut(name))
      throw zipError(path, 'names within the archive', `the record name ${printable(name)}`);
    if (seen.has(name)) throw zipError(path, 'every record once', `${printable(name)} twice`);
    seen.add(name);
    const sizes = [
      directory.readUInt32LE(at + 24),
      directory.readUInt32LE(at + 20),
      directory.readUInt32LE(at + 42),
    ];
    const [sizeBytes, packedBytes, headerOffset] = widen(path, sizes, directory.subarray(nameEnd, extraEnd));
    entries.push({
      name,
      method: directory.readUInt16LE(at + 10),
      sizeBytes: sizeBytes!,
      packedBytes: packedBytes!,
      headerOffset: headerOffset!,
    });
    at = next;
  }
  return entries;
}

/** The zip64 extra field holds those of the three, in this order, that read as 0xffffffff. */
function widen(path: string, values: readonly number[], extra: Buffer): readonly number[] {
  if (!values.includes(MAX_UINT32)) return values;
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) !== 1) {
      at = end;
      continue;
    }
    let next = at + 4;
    return values.map((value) => {
      if (value !== MAX_UINT32) return value;
      if (next + 8 > Math.min(end, extra.length)) throw zipError(path, 'sizes of 64 bits', 'none');
      next += 8;
      return readSafe(path, extra, next - 8);
    });
  }
  throw zipError(path, 'sizes of 64 bits', 'none');
}

/** Whether a careless unpacker would write such a file outside its directory. */
function leadsOut(name: string): boolean {
  return /^[/\\]|^[A-Za-z]:|\0/.test(name) || name.split(/[/\\]/).includes('..');
}

function readSafe(path: string, buffer: Buffer, at: number): number {
  const value = buffer.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw zipError(path, 'sizes that a file can have', `${value}`);
  return Number(value);
}

export function zipError(path: string, expected: string, found: string): InputError {
  return new InputError('ERR_MODEL_FORMAT', `Expected ${expected} in ${path} but found ${found}.`, {
    remedy: 'The file is damaged or was not written by torch.save; download or save it again.',
  });
}
