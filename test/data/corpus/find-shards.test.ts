/** What a user names as shards: the directory of a corpus, a glob over it, and what is neither. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClonesCommand } from '../../../lib/cli/commands/clones.js';
import { buildCorpus } from '../../../lib/clones/corpus/build.js';
import { detectClones } from '../../../lib/clones/search/detect.js';
import { findShards } from '../../../lib/data/corpus/find-shards.js';
import { drain } from '../../../lib/progress.js';
import { temporaryDirectory } from '../../clones/workspace.js';

const LINES = Array.from({ length: 8 }, (_, i) => `let value_${i} = compute(${i});`);

/** Three shards of two documents, the second one with LINES, and what a run leaves beside them. */
async function makeCorpus() {
  const root = await temporaryDirectory();
  const source = join(root, 'a.jsonl');
  const records = Array.from({ length: 6 }, (_, i) => ({
    id: `d${i}`,
    text: i === 3 ? LINES.join('\n') : `x = ${i}\n`,
  }));
  await writeFile(source, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const corpus = join(root, 'corpus');
  await drain(buildCorpus({ sources: [source], directory: corpus, documentsPerShard: 2, workers: 1 }));
  await writeFile(join(corpus, 'run.json'), '{}');
  const outputs = join(root, 'all_0-0');
  // What describes the corpus is in the outputs, too.
  await writeFile(
    outputs,
    `${LINES.join('\n')}\n${await readFile(join(corpus, '0.documents.jsonl'), 'utf8')}`,
  );
  const glob = (await readdir(corpus)).sort().map((name) => join(corpus, name));
  return { root, corpus, outputs, glob, shards: ['0', '1', '2'].map((name) => join(corpus, name)) };
}

test('a corpus is searched by its directory or by a glob as by its shards, and its metadata is no text', async () => {
  const { root, corpus, outputs, glob, shards } = await makeCorpus();
  expect(glob.length).toBeGreaterThan(7);
  const told: string[] = [];
  expect(await findShards(glob, (reason, name) => told.push(`${reason} ${name}`))).toEqual(shards);
  expect(told).toEqual(glob.filter((path) => !shards.includes(path)).map((path) => `metadata ${path}`));

  const logs: string[] = [];
  for (const named of [shards, [`${corpus}/`], glob]) {
    const log = join(root, `${logs.length}.log`);
    const args = [outputs, ...named, '--threshold', '2', '--log', log];
    await createClonesCommand().exitOverride().parseAsync(args, { from: 'user' });
    logs.push(await readFile(log, 'utf8'));
  }
  expect(logs[0]).toContain(join(corpus, '1'));
  expect(logs[0]).toMatch(/^Found 8 duplicate lines/);
  expect(logs.slice(1)).toEqual([logs[0], logs[0]]);

  const warnings: string[] = [];
  const { groups } = await drain(detectClones({ outputs: [outputs], shards: glob }), (event) => {
    if (event.type === 'warning') warnings.push(event.message);
  });
  expect(groups).toHaveLength(1);
  expect(warnings.join()).toMatch(/^Left out 5 \(metadata of a corpus\): /);
});

test('files that only look like metadata are shards', async () => {
  const root = await temporaryDirectory();
  const files = ['corpus.json', 'run.json', 'x.documents.jsonl', 'gone'].map((name) => join(root, name));
  for (const file of files.slice(0, 3)) await writeFile(file, 'text\n');
  expect(await findShards(files)).toEqual(files);
});

describe('is refused in one sentence', () => {
  test('a directory without a manifest', async () => {
    const { root, outputs } = await makeCorpus();
    await mkdir(join(root, 'd'));
    await expect(drain(detectClones({ outputs: [outputs], shards: [join(root, 'd')] }))).rejects.toThrow(
      /^Could not read .*d: it is a directory, and not one of a corpus, with its corpus\.json\.$/,
    );
  });

  test('a corpus that is not finished', async () => {
    const { corpus } = await makeCorpus();
    const manifest = JSON.parse(await readFile(join(corpus, 'corpus.json'), 'utf8'));
    await writeFile(join(corpus, 'corpus.json'), JSON.stringify({ ...manifest, complete: false }));
    await expect(findShards([corpus])).rejects.toThrow(
      /^Expected a finished corpus in .* but it has only its first 3 shards\.$/,
    );
  });

  test('metadata alone', async () => {
    const { corpus, glob, shards } = await makeCorpus();
    await rm(join(corpus, 'run.json'));
    const named = glob.filter((path) => /\.jsonl?$/.test(path) && !path.endsWith('run.json'));
    expect(named.length).toBeGreaterThan(shards.length);
    await expect(findShards(named)).rejects.toThrow(
      /^Expected shards of a corpus but .* only describe one\.$/,
    );
  });
});
