/** The files of make_parquet_matrix.py: small ones of every encoding, codec, version and kind of nulls, and their rows. */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { decompress } from '../../lib/data/compression/decompress.js';
import { collect } from './temporary.js';

export interface ParquetCase {
  readonly name: string;
  readonly file: Buffer;
  /** Cells of {@link ParquetMatrix.columns}, as pyarrow reads them. */
  readonly rows: readonly (readonly unknown[])[];
}

export interface ParquetMatrix {
  readonly columns: readonly string[];
  readonly cases: readonly ParquetCase[];
}

export async function loadParquetMatrix(): Promise<ParquetMatrix> {
  const packed = readFileSync(
    fileURLToPath(new URL('../fixtures/data/parquet-matrix.json.xz', import.meta.url)),
  );
  const text = Buffer.concat(await collect(decompress(Readable.from([packed]), 'the matrix'))).toString();
  const { columns, tables, cases } = JSON.parse(text) as {
    columns: string[];
    tables: unknown[][][];
    cases: { name: string; file: string; rows: number }[];
  };
  return {
    columns,
    cases: cases.map(({ name, file, rows }) => ({
      name,
      file: Buffer.from(file, 'hex'),
      rows: tables[rows]!,
    })),
  };
}
