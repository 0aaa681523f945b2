/**
 * Ids and offsets of 20 MB of code against the Rust tokenizers library, each on one thread and with a tokenizer fresh
 * from its file in every round: `npm run bench -- tokenize [--families codegen,llama3,deepseek,llama2]`.
 */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeFiles } from './code-files.js';
import { alternate, medianSeconds, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { readSettings } from './settings.js';

const settings = readSettings({ families: 'codegen,llama3,deepseek,llama2' });
const families = settings.smoke ? ['codegen'] : settings.own.families!.split(',');
const limit = settings.smoke ? 200_000 : 20_000_000;

/** Trains the family's tokenizer by peers/make_tokenizer.py unless it is there. */
async function tokenizerOf(family: string): Promise<string> {
  const directory = join(settings.directory, `tokenizer-${family}`);
  const file = join(directory, 'tokenizer.json');
  if (!existsSync(file)) {
    await mkdir(directory, { recursive: true });
    const script = fileURLToPath(new URL('peers/make_tokenizer.py', import.meta.url));
    execFileSync(settings.python, [script, family, file], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  return directory;
}

const { files, bytes } = await codeFiles(limit);
await using lethe = await Contestant.tokenizer();
await using peer = await Contestant.tokenizers(settings);
const rows: string[][] = [];
for (const family of families) {
  const request = { do: 'tokenize', directory: await tokenizerOf(family), files } as const;
  const { ours, theirs } = await alternate([lethe, peer], request, settings);
  const values = JSON.stringify(ours[0]!.values);
  if (values !== JSON.stringify(theirs[0]!.values)) throw new Error(`The tokens of ${family} differ.`);
  const seconds = [medianSeconds(ours), medianSeconds(theirs)] as const;
  rows.push([
    family,
    String(ours[0]!.values![0]![0]),
    ...seconds.map((each) => each.toFixed(2)),
    ...seconds.map((each) => (bytes / 1e6 / each).toFixed(1)),
    ratio(seconds[1] / seconds[0]),
  ]);
}
await present(
  {
    name: 'tokenize',
    work: `Ids and offsets of ${(bytes / 1e6).toFixed(1)} MB of installed JavaScript, TypeScript, Markdown and JSON in ${files.length} files, none twice, with tokenizers of each family's kind and 32 000 tokens; ids are checked to be the same. A tokenizer is loaded anew in each round, so that no word is remembered from the one before. Reading files and tokenizer is not counted.`,
    columns: ['family', 'tokens', 'Lethe s', 'Rust s', 'Lethe MB/s', 'Rust MB/s', 'ratio'],
    rows,
  },
  [lethe, peer],
  settings,
);
