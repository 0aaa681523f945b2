/**
 * Compares Lethe's ids and offsets with those of `make_tokenizer_families.py --big BIG.json`, family by family:
 * `npx tsx test/oracle/check_tokenizers.ts BIG.json`. Exits with 1 if any file differs.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';

const families = fileURLToPath(new URL('../fixtures/tokenizer/families', import.meta.url));
const { paths, digests } = JSON.parse(await readFile(process.argv[2]!, 'utf8')) as {
  paths: string[];
  digests: Record<string, string[]>;
};

for (const [family, expected] of Object.entries(digests)) {
  const stored = gunzipSync(await readFile(join(families, `${family}.json.gz`))).toString('utf8');
  const directory = await mkdtemp(join(tmpdir(), 'lethe-check-'));
  await writeFile(
    join(directory, 'tokenizer.json'),
    JSON.stringify((JSON.parse(stored) as { tokenizer: unknown }).tokenizer),
  );
  const tokenizer = await Tokenizer.load(directory);
  await rm(directory, { recursive: true });
  let tokens = 0;
  const wrong: string[] = [];
  for (const [i, path] of paths.entries()) {
    const encoding = tokenizer.encode(await readFile(path, 'utf8'));
    tokens += encoding.tokens.length;
    const hash = createHash('sha256');
    for (const { buffer, byteOffset, byteLength } of [encoding.tokens, encoding.offsets])
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    if (hash.digest('hex').slice(0, 16) !== expected[i]) wrong.push(path);
  }
  console.log(`${family}: ${paths.length} files, ${tokens} tokens, ${wrong.length} files differ`, ...wrong);
  if (wrong.length > 0) process.exitCode = 1;
}
