/** Parquet files as rows, a page of each column in memory at a time. Flat columns of text and whole numbers only. */
import { type FileHandle, open } from 'node:fs/promises';
import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet';
import { fileError, InputError, LetheError } from '../../errors.js';
import type { OnRead } from '../text/plain-bytes.js';
import { type ColumnChunk, MAX_GROUP_ROWS, readColumn } from './column.js';
import { checkThrift } from './thrift.js';
import type { Value } from './values.js';

/** The objects made of a footer take a hundred times its size. */
const MAX_FOOTER_BYTES = 2 ** 23;

export interface ParquetRow {
  /** From 1. */
  readonly row: number;
  /** Values by the name of their column: strings, numbers; null where there is none. */
  readonly cells: Readonly<Record<string, unknown>>;
}

/**
 * Rows of a Parquet file, of the columns that `choose` picks from those that can be read.
 *
 * @throws InputError `ERR_FILE_NOT_FOUND`, `ERR_FILE_READ`; `ERR_FILE_FORMAT` for a file that is damaged, encrypted,
 *   compressed by LZO, or that claims more than it can hold
 */
export async function* readParquet(
  path: string,
  choose: (columns: readonly string[]) => readonly string[],
  onRead?: OnRead,
): AsyncGenerator<ParquetRow, void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const metadata = await readFooter(file, path);
    const flat = flatColumns(metadata);
    const columns = choose([...flat.keys()]);
    const share = (await file.stat()).size / Math.max(1, metadata.row_groups.length);
    let row = 0;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      if (!(rows >= 0 && rows <= MAX_GROUP_ROWS))
        throw new Error(`a row group claims ${rows} rows where ${MAX_GROUP_ROWS} are the most`);
      const chunks = columns.map((name) =>
        chunkOf(group.columns[flat.get(name)!.index], flat.get(name)!, rows),
      );
      for await (const cells of zip(
        columns,
        chunks.map((chunk) => readColumn(file!, chunk)),
        rows,
      ))
        yield { row: ++row, cells };
      onRead?.(share);
    }
  } catch (error) {
    if (error instanceof LetheError) throw error;
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw fileError('read', path, error);
    const reason = (error as Error).message.replace(/[\s\p{C}]+/gu, ' ').replace(/^parquet /, '');
    throw new InputError('ERR_FILE_FORMAT', `Expected a whole Parquet file in ${path} but ${reason}.`, {
      cause: error,
    });
  } finally {
    await file?.close();
  }
}

async function readFooter(file: FileHandle, path: string): Promise<FileMetaData> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(8);
  if (size < 12) throw new Error('it is too short');
  await file.read(tail, 0, 8, size - 8);
  const magic = tail.toString('latin1', 4);
  if (magic === 'PARE') throw encrypted(path);
  if (magic !== 'PAR1') throw new Error('it does not end as one');
  const footerBytes = tail.readUInt32LE(0) + 8;
  if (footerBytes > Math.min(size, MAX_FOOTER_BYTES))
    throw new Error(`it claims a footer of ${footerBytes} bytes`);
  const footer = new Uint8Array(footerBytes);
  await file.read(footer, 0, footerBytes, size - footerBytes);
  checkThrift(footer);
  const metadata = parquetMetadata(footer.buffer, { geoparquet: false });
  const columns = metadata.row_groups.flatMap((group) => group.columns);
  if (
    columns.some(({ crypto_metadata, meta_data }) => crypto_metadata !== undefined || meta_data === undefined)
  )
    throw encrypted(path);
  return metadata;
}

function encrypted(path: string): InputError {
  return new InputError('ERR_FILE_FORMAT', `Expected Parquet that is not encrypted in ${path} but it is.`, {
    remedy: 'Write it again without encryption.',
  });
}

type FlatColumn = Pick<ColumnChunk, 'element'> & { readonly index: number };

/** Columns at the top that hold one string or whole number a row. */
function flatColumns(metadata: FileMetaData): ReadonlyMap<string, FlatColumn> {
  const root = parquetSchema(metadata);
  const flat = new Map<string, FlatColumn>();
  let index = 0;
  for (const child of root.children) {
    const { element, children } = child;
    const single = children.length === 0 && element.repetition_type !== 'REPEATED';
    const text = element.type === 'BYTE_ARRAY' && (element.converted_type ?? 'UTF8') === 'UTF8';
    const number = element.type === 'INT32' || element.type === 'INT64';
    if (single && (text || number)) flat.set(element.name, { index, element });
    index += leaves(child);
  }
  return flat;
}

function leaves({ children }: SchemaTree): number {
  return children.length === 0 ? 1 : children.reduce((sum, child) => sum + leaves(child), 0);
}

function chunkOf(
  column: FileMetaData['row_groups'][number]['columns'][number] | undefined,
  { element }: FlatColumn,
  rows: number,
): ColumnChunk {
  const metadata = column?.meta_data;
  if (metadata?.path_in_schema[0] !== element.name || metadata.type !== element.type)
    throw new Error(`a row group has no column ${element.name}`);
  if (column?.file_path) throw new Error(`its column ${element.name} lies in another file`);
  return { metadata, element, rows };
}

/** Rows of columns whose pages end at different places. */
async function* zip(
  names: readonly string[],
  columns: readonly AsyncGenerator<Iterable<Value | null>, void>[],
  rows: number,
): AsyncGenerator<Record<string, unknown>, void> {
  const pages: (Iterator<Value | null> | undefined)[] = names.map(() => undefined);
  try {
    for (let row = 0; row < rows; row++) {
      const cells: Record<string, unknown> = Object.create(null);
      for (const [i, name] of names.entries()) {
        let next = pages[i]?.next();
        while (next === undefined || next.done) {
          const page = await columns[i]!.next();
          if (page.done) throw new Error(`column ${name} ends after ${row} of ${rows} rows`);
          pages[i] = page.value[Symbol.iterator]();
          next = pages[i]!.next();
        }
        cells[name] = next.value;
      }
      yield cells;
    }
  } finally {
    for (const column of columns) await column.return();
  }
}
