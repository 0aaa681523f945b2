/** A built corpus gives back its documents: by its directory, by a shard, within a tree, and to another build. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildCorpus } from '../../../lib/clones/corpus/build.js';
import { readDocuments } from '../../../lib/data/documents.js';
import { readInput } from '../../../lib/data/input-records.js';
import { drain } from '../../../lib/progress.js';
import { shardDocument } from '../../../lib/sampling/published-text.js';
import { collect, temporaryDirectory } from '../temporary.js';

const root = temporaryDirectory();

/** What a shard could confuse: empty texts, blank lines, lone line ends, marks, md5 lines, text that is no UTF-8 twice. */
const TEXTS = [
  'x = 1\n',
  '',
  '\n\n\n',
  'no line end',
  '\n\na\n\n\nb\r\n\rc\r',
  '\ufeffmarked\n',
  'd41d8cd98f00b204e9800998ecf8427e\n',
  'x\n\nd41d8cd98f00b204e9800998ecf8427e\ny\n',
  '日本語 \u2028 🙂\n',
];

interface Settings {
  readonly gzip?: boolean;
  readonly documentsPerShard?: number;
}

async function build(settings: Settings = {}): Promise<string> {
  const home = await mkdtemp(join(root, 'corpus-'));
  const source = join(home, 'a.jsonl');
  const lines = TEXTS.map((text, i) =>
    JSON.stringify({ id: `d${i}`, text, ...(i === 1 ? { repo: 'o/r', path: 'p.py', license: 'mit' } : {}) }),
  );
  await writeFile(source, `${lines.join('\n')}\n`);
  const directory = join(home, 'built');
  await drain(buildCorpus({ sources: [source], directory, documentsPerShard: 4, workers: 1, ...settings }));
  await rm(source);
  return directory;
}

/** Documents as shards hold them: without blank lines, and with a line end. */
const EXPECTED = TEXTS.map((text, i) => ({
  id: `d${i}`,
  text: shardDocument(text).text.slice(0, -34),
  ...(i === 1 ? { path: 'o/r/p.py', licence: 'mit' } : {}),
}));

test.each<Settings>([{}, { gzip: true }, { documentsPerShard: 1 }, { documentsPerShard: 100 }])(
  'by its directory: %j',
  async (settings) => {
    const directory = await build(settings);
    expect(await collect(readDocuments(directory))).toEqual(EXPECTED);
    expect(await collect(readDocuments(`${directory}/`, { textField: 'body' }))).toEqual(EXPECTED);
  },
);

test('by one of its shards', async () => {
  const directory = await build();
  expect(await collect(readDocuments(join(directory, '1')))).toEqual(EXPECTED.slice(4, 8));
  const records = await collect(readInput(join(directory, '1')));
  expect(records.map(({ place }) => place)).toEqual([1, 2, 3, 4]);
  expect(records[1]!.where).toBe(`${join(directory, '1')} document 2`);
});

test('by its map alone, as buildShard leaves a shard', async () => {
  const directory = await build();
  await rm(join(directory, 'corpus.json'));
  expect(await collect(readDocuments(join(directory, '1')))).toEqual(EXPECTED.slice(4, 8));
  const ids = (await collect(readDocuments(directory))).map(({ id }) => id);
  expect(ids).toEqual(EXPECTED.map(({ id }, i) => `${Math.floor(i / 4)}:${id}`));
});

test('without maps documents are called by their places', async () => {
  const directory = await build();
  await rm(join(directory, '1.documents.jsonl'));
  const ids = (await collect(readDocuments(directory))).map(({ id }) => id);
  expect(ids).toEqual(['d0', 'd1', 'd2', 'd3', '1:1', '1:2', '1:3', '1:4', 'd8']);
});

test('another build of it is the same corpus', async () => {
  const directory = await build();
  const again = join(directory, '../again');
  const manifest = await drain(buildCorpus({ sources: [directory], directory: again, workers: 1 }));
  expect(manifest.sources.map(({ name }) => name)).toEqual(
    ['0', '1', '2'].map((name) => join(directory, name)),
  );
  expect(await collect(readDocuments(again))).toEqual(EXPECTED);
});

test('within a tree its shards are told from other files, and its metadata is left out', async () => {
  const directory = await build();
  const home = join(directory, '..');
  await writeFile(join(directory, 'run.json'), '{}');
  await writeFile(join(directory, 'note.txt'), 'a note\n');
  await mkdir(join(home, 'other'));
  for (const name of ['0', 'corpus.json', 'run.json', 'x.documents.jsonl'])
    await writeFile(join(home, 'other', name), `${name}\n`);
  const told: string[] = [];
  const found = await collect(
    readDocuments(home, {
      onLeftOut: (reason, name) => told.push(`${reason} ${name.slice(home.length + 1)}`),
    }),
  );
  expect(found.map(({ id }) => id)).toEqual([
    ...EXPECTED.map(({ id }, i) => `built/${Math.floor(i / 4)}:${id}`),
    'built/note.txt',
    ...['0', 'corpus.json', 'run.json', 'x.documents.jsonl'].map((name) => `other/${name}`),
  ]);
  expect(told.sort()).toEqual([
    ...['0.documents.jsonl', '1.documents.jsonl', '2.documents.jsonl', 'corpus.json', 'run.json'].map(
      (name) => `metadata built/${name}`,
    ),
  ]);
});

test.each([
  ['corpus.json', /only describes one\.$/],
  ['0.documents.jsonl', /only describes one\.$/],
])('%s by its name is no input', async (name, expected) => {
  await expect(collect(readDocuments(join(await build(), name)))).rejects.toThrow(expected);
});

test.each<[string, (directory: string) => Promise<void>, RegExp]>([
  [
    'an unfinished one',
    (directory) => edit(directory, 'corpus.json', /"complete": true/, '"complete": false'),
    /^Expected a finished corpus/,
  ],
  [
    'a text that was changed',
    (directory) => edit(directory, '0', /x = 1/, 'x = 2'),
    /0 line 3 but found something else\.$/,
  ],
  [
    'a shard that was cut short',
    (directory) => edit(directory, '0', /\n\w{32}\n$/, ''),
    /^Expected the md5 of the document before it/,
  ],
  [
    'the map of another build',
    (directory) => edit(directory, '1.documents.jsonl', /^.*\n/, ''),
    /1\.documents\.jsonl to be of the documents of .*1 but it is of others\.$/,
  ],
  [
    'a map with more documents',
    (directory) => edit(directory, '1.documents.jsonl', /(.*\n)$/, '$1$1'),
    /but it is of others\.$/,
  ],
])('%s is refused', async (_what, damage, expected) => {
  const directory = await build();
  await damage(directory);
  await expect(collect(readDocuments(directory))).rejects.toThrow(expected);
});

async function edit(directory: string, name: string, from: RegExp, to: string): Promise<void> {
  const path = join(directory, name);
  const before = await readFile(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  await writeFile(path, after);
}
