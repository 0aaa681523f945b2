/** By hand: `npx tsx test/oracle/check_parquet.ts DIRECTORY` compares what make_parquet_matrix.py wrote there with our reader. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readParquet } from '../../lib/data/parquet/parquet.js';

const [directory] = process.argv.slice(2);
const names = readdirSync(directory!).filter((name) => name.endsWith('.parquet'));
let wrong = 0;
for (const name of names) {
  const expected = JSON.parse(readFileSync(join(directory!, name.replace(/parquet$/, 'json')), 'utf8'));
  const columns = ['id', 'text', 'path', 'license'];
  const rows: unknown[] = [];
  try {
    for await (const { cells } of readParquet(join(directory!, name), (found) =>
      columns.filter((column) => found.includes(column)),
    ))
      rows.push(
        columns.map((column) => (typeof cells[column] === 'bigint' ? Number(cells[column]) : cells[column])),
      );
  } catch (error) {
    rows.push((error as Error).message);
  }
  const floats = name.startsWith('pandas') && rows.some((row) => (row as unknown[])[0] === undefined);
  const wanted = floats ? expected.map(([, ...others]: unknown[]) => [undefined, ...others]) : expected;
  if (JSON.stringify(rows) === JSON.stringify(wanted)) continue;
  wrong++;
  console.log(`${name}: ${JSON.stringify(rows.at(-1))?.slice(0, 200)}`);
}
console.log(`${names.length} files, ${wrong} wrong`);
