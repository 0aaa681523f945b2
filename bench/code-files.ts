/** Real code for benches: the installed packages' own. */
import { isUtf8 } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Real files, none twice, until there are `limit` bytes; none of a tool's cache, which may change meanwhile. */
export async function codeFiles(limit: number): Promise<{ files: string[]; bytes: number }> {
  const directory = fileURLToPath(new URL('../node_modules', import.meta.url));
  const files: string[] = [];
  let bytes = 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const code = paths.filter((path) => /\.([cm]?[jt]s|py|md|json)$/.test(path) && !/[\\/]\./.test(path));
  for (const path of code.sort()) {
    const { size } = await stat(path);
    if (size < 256 || size > 1_000_000 || !isUtf8(await readFile(path))) continue;
    files.push(path);
    bytes += size;
    if (bytes >= limit) break;
  }
  return { files, bytes };
}
