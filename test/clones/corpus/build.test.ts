/** Corpora against Python's shards: from every kind of source, by any number of threads, whole or interrupted. */
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type BuildCorpusEvent,
  type BuildCorpusOptions,
  buildCorpus,
} from '../../../lib/clones/corpus/build.js';
import { readShardMap } from '../../../lib/data/corpus/shard-map.js';
import { digestDirectory, digestFile } from '../../../lib/data/digest.js';
import type { Document } from '../../../lib/data/documents.js';
import type { LeftOutRecord } from '../../../lib/data/left-out.js';
import { InputError, type LetheError } from '../../../lib/errors.js';
import { drain } from '../../../lib/progress.js';
import { Random } from '../../../lib/random.js';
import { type HubModel, HubServer } from '../../data/hub-server.js';
import { temporaryDirectory } from '../workspace.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/data/${name}`, import.meta.url));
const documents = JSON.parse(readFileSync(fixture('documents.json'), 'utf8')) as Document[];
const published = [0, 1, 2].map((i) => readFileSync(fixture(`shard-${i}`)));
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

async function put(path: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

const build = (options: BuildCorpusOptions, onEvent?: (event: BuildCorpusEvent) => void) =>
  drain(buildCorpus({ workers: 1, ...options }), onEvent);

async function failure(promise: Promise<unknown>): Promise<LetheError> {
  const error = await promise.then(
    () => undefined,
    (cause: LetheError) => cause,
  );
  expect(error?.message).toMatch(/^[A-Z][^\n]*\.$/);
  return error!;
}

/** Shards, their maps and the manifest; not how sources are called and digested. */
async function contents(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  const files: Record<string, string> = {};
  for (const name of names) {
    const data = await readFile(join(directory, name));
    if (name !== 'corpus.json') files[name] = data.toString('base64');
    else {
      const { sources: _, ...rest } = JSON.parse(data.toString()) as Record<string, unknown>;
      files[name] = JSON.stringify(rest);
    }
  }
  return files;
}

describe('the shards', () => {
  test.each<[string, (directory: string) => Promise<string[]>]>([
    ['JSON lines', async (at) => [await put(join(at, 'a.jsonl'), lines(documents))]],
    ["gzip'd JSON lines", async (at) => [await put(join(at, 'a.json.gz'), gzipSync(lines(documents)))]],
    ['CSV', async () => [fixture('documents.csv')]],
    ['Parquet', async () => [fixture('pages-1.parquet')]],
    [
      'several of them',
      async (at) => [
        await put(join(at, 'first.jsonl'), lines(documents.slice(0, 5))),
        await put(join(at, 'none.jsonl'), ''),
        await put(join(at, 'second.jsonl.gz'), gzipSync(lines(documents.slice(5, 33)))),
        await put(join(at, 'third.jsonl'), lines(documents.slice(33))),
      ],
    ],
  ])('of %s are those of Python', async (_, make) => {
    const root = await temporaryDirectory();
    const directory = join(root, 'corpus');
    const manifest = await build({ sources: await make(root), directory, documentsPerShard: 16 });
    for (const [i, expected] of published.entries())
      expect((await readFile(join(directory, String(i)))).equals(expected)).toBe(true);
    expect(manifest).toMatchObject({ documents: documents.length, complete: true });
    expect(manifest.shards.map(({ documents: count }) => count)).toEqual([16, 16, 8]);
    expect(manifest.bytes).toBe(Buffer.concat(published).length);
    for (const { name, sha256 } of manifest.shards)
      expect(await digestFile(join(directory, name))).toBe(sha256);
    expect(JSON.parse(await readFile(join(directory, 'corpus.json'), 'utf8'))).toEqual(manifest);

    const maps = await Promise.all(manifest.shards.map(({ name }) => readShardMap(join(directory, name))));
    expect(maps.flat().map(({ id, path, licence }) => ({ id, path, licence }))).toEqual(
      documents.map(({ id, path, licence }) => ({ id, path, licence })),
    );
    // The md5 stands on the line that the map says is the document's last.
    for (const [i, map] of maps.entries()) {
      const text = published[i]!.toString().split(/\r\n|\r|\n/);
      for (const { md5, end } of map) expect(text[end - 1]).toBe(md5);
    }
  });

  test('of a tree hold its text files', async () => {
    const root = await temporaryDirectory();
    const tree = join(root, 'tree');
    for (let i = 0; i < 700; i++) await put(join(tree, `d${i % 7}`, `${i}.py`), `x = ${i}\n\n`);
    await put(join(tree, 'data.bin'), Buffer.of(0));
    await put(join(tree, '.git/config'), 'hidden');
    const told: LeftOutRecord[] = [];
    const manifest = await build(
      { sources: [tree], directory: join(root, 'out'), documentsPerShard: 300 },
      (event) => {
        if (event.type === 'left-out') told.push(event.leftOut);
      },
    );
    expect(manifest.leftOut).toEqual({
      hidden: { count: 1, names: [join(tree, '.git/')] },
      'not-text': { count: 1, names: [join(tree, 'data.bin')] },
    });
    expect(told).toEqual([manifest.leftOut]);
    expect(manifest.shards.map(({ documents: count }) => count)).toEqual([300, 300, 100]);
    expect(manifest.sources).toEqual([
      { name: tree, sizeBytes: expect.any(Number), sha256: await digestDirectory(tree, { hidden: false }) },
    ]);
    const [first] = await readShardMap(join(root, 'out/0'));
    expect(first).toMatchObject({ id: 'd0/0.py', path: join(tree, 'd0/0.py'), start: 1, end: 3 });
  });
});

test('what is left out of a tree is chosen by options, and recorded whole through an interruption', async () => {
  const root = await temporaryDirectory();
  const tree = join(root, 'tree');
  for (let i = 0; i < 6; i++) await put(join(tree, `${i}.py`), `x = ${i}\n`);
  await put(join(tree, '0.bin'), Buffer.of(0));
  await put(join(tree, '.env'), 'a\n');
  await put(join(tree, '.git/config'), 'b\n');
  await put(join(tree, 'large.py'), 'y\n'.repeat(60));
  await put(join(tree, 'gen/a.py'), 'z\n');
  const options = {
    sources: [tree],
    directory: join(root, 'out'),
    documentsPerShard: 2,
    hidden: true,
    maxFileBytes: 100,
    include: ['*.py', '.env', '*.bin'],
    exclude: ['gen/'],
  };
  const whole = await build(options);
  expect(whole.documents).toBe(7);
  expect(whole.options.tree).toEqual({
    hidden: true,
    maxFileBytes: 100,
    include: options.include,
    exclude: ['gen/'],
  });
  expect(whole.leftOut).toEqual({
    excluded: { count: 2, names: [join(tree, '.git/'), join(tree, 'gen/')] },
    large: { count: 1, names: [join(tree, 'large.py')] },
    'not-text': { count: 1, names: [join(tree, '0.bin')] },
  });
  // The last shard alone is made again, from the middle of the source.
  await rm(join(root, 'out/3'));
  expect(await build(options)).toEqual(whole);
  expect((await failure(build({ ...options, hidden: false }))).message).toMatch(/its options are others/);
});

test('a corpus of before trees could be chosen from is gone on with', async () => {
  const root = await temporaryDirectory();
  const options = { sources: await smallSources(root), directory: join(root, 'out') };
  const built = await build(options);
  const { leftOut, options: recorded, ...rest } = built;
  const { tree, ...older } = recorded;
  await writeFile(join(root, 'out/corpus.json'), JSON.stringify({ ...rest, options: older }));
  expect(await build(options)).toEqual({ ...built, leftOut: {} });
  expect([leftOut, tree.hidden]).toEqual([{}, false]);
});

/** Sources with blocks of many megabytes, so that cuts fall everywhere. */
async function largeSources(root: string, seed: number): Promise<string[]> {
  const random = new Random(seed);
  const sources: string[] = [];
  let id = 0;
  for (let file = 0; file < 5; file++) {
    const records = Array.from({ length: 20 + random.integer(150) }, () => ({
      id: id++,
      text: `# ${id}\n\n${'y = call(x)\n'.repeat(random.integer(random.integer(16) === 0 ? 60_000 : 300))}`,
    }));
    const zipped = file % 2 === 1;
    const path = join(root, `${file}.jsonl${zipped ? '.gz' : ''}`);
    sources.push(await put(path, zipped ? gzipSync(lines(records), { level: 1 }) : lines(records)));
  }
  return sources;
}

const smallSources = async (root: string) => [await put(join(root, 'a.jsonl'), lines(documents))];

test('nothing depends on the number of threads, nor on gzip', async () => {
  const root = await temporaryDirectory();
  const sources = await largeSources(root, 3);
  const variants: Record<string, string>[] = [];
  for (const workers of [1, 3]) {
    const directory = join(root, `w${workers}`);
    await build({ sources, directory, documentsPerShard: 37, workers });
    variants.push(await contents(directory));
  }
  expect(variants[1]).toEqual(variants[0]);

  const zipped = join(root, 'zipped');
  const manifest = await build({ sources, directory: zipped, documentsPerShard: 37, gzip: true });
  for (const { name, bytes, sha256 } of manifest.shards) {
    const plain = name.replace('.gz', '');
    const data = await readFile(join(zipped, name));
    expect(gunzipSync(data).toString('base64')).toBe(variants[0]![plain]);
    expect([bytes, sha256]).toEqual([data.length, await digestFile(join(zipped, name))]);
    expect(await readFile(join(zipped, `${name}.documents.jsonl`), 'base64')).toBe(
      variants[0]![`${plain}.documents.jsonl`],
    );
  }
  // However shards are cut, their texts are one.
  const whole = await build({ sources, directory: join(root, 'one') });
  expect(whole.shards).toHaveLength(1);
  const parts = manifest.shards.map(({ name }) =>
    Buffer.from(variants[0]![name.replace('.gz', '')]!, 'base64'),
  );
  expect(Buffer.concat(parts).equals(await readFile(join(root, 'one/0')))).toBe(true);
});

describe('a build that was stopped', () => {
  test('goes on after its last finished shard, wherever that was', async () => {
    const root = await temporaryDirectory();
    const sources = await largeSources(root, 5);
    const expected = join(root, 'whole');
    const { shards } = await build({ sources, directory: expected, documentsPerShard: 41 });
    expect(shards.length).toBeGreaterThan(6);
    for (const stopAfter of [1, shards.length - 1]) {
      const directory = join(root, `stopped-${stopAfter}`);
      const abort = new AbortController();
      let finished = 0;
      const first = build({ sources, directory, documentsPerShard: 41, signal: abort.signal }, (event) => {
        if (event.type === 'shard' && ++finished === stopAfter) abort.abort();
      });
      expect(await failure(first)).toMatchObject({ code: 'ERR_ABORTED' });
      expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
      const kept = (await stat(join(directory, '0'))).mtimeMs;
      const made: string[] = [];
      await build({ sources, directory, documentsPerShard: 41 }, (event) => {
        if (event.type === 'shard') made.push(event.shard.name);
      });
      expect(made).toEqual(shards.slice(stopAfter).map(({ name }) => name));
      expect((await stat(join(directory, '0'))).mtimeMs).toBe(kept);
      expect(await contents(directory)).toEqual(await contents(expected));
    }
  });

  test('makes again what is missing or changed, and nothing else', async () => {
    const root = await temporaryDirectory();
    const sources = await smallSources(root);
    const directory = join(root, 'corpus');
    const options = { sources, directory, documentsPerShard: 7 };
    await build(options);
    const expected = await contents(directory);
    const made: string[] = [];
    const note = (event: BuildCorpusEvent) => {
      if (event.type === 'shard') made.push(event.shard.name);
    };
    await build(options, note);
    expect(made).toEqual([]);
    await appendFile(join(directory, '1'), 'x');
    await rm(join(directory, '3'));
    await rm(join(directory, '4.documents.jsonl'));
    await build(options, note);
    expect(made).toEqual(['1', '3', '4']);
    expect(await contents(directory)).toEqual(expected);
  });

  test('is not mixed with other sources, options or shards', async () => {
    const root = await temporaryDirectory();
    const source = await put(join(root, 'a.jsonl'), lines(documents));
    const directory = join(root, 'corpus');
    await build({ sources: [source], directory, documentsPerShard: 16 });
    expect(await failure(build({ sources: [source], directory, documentsPerShard: 17 }))).toMatchObject({
      code: 'ERR_RUN_MISMATCH',
      message: expect.stringContaining('but its options are others'),
    });
    await appendFile(source, lines(documents));
    expect(await failure(build({ sources: [source], directory, documentsPerShard: 16 }))).toMatchObject({
      code: 'ERR_RUN_MISMATCH',
      message: expect.stringContaining('but its sources are others'),
    });
    const foreign = join(root, 'foreign');
    await put(join(foreign, '0'), 'mine');
    expect(await failure(build({ sources: [source], directory: foreign }))).toMatchObject({
      code: 'ERR_RUN_MISMATCH',
    });
    expect(await readFile(join(foreign, '0'), 'utf8')).toBe('mine');
  });

  test('begins anew where a build failed and its input was corrected, or with replace', async () => {
    const root = await temporaryDirectory();
    const source = await put(join(root, 'a.jsonl'), `${lines(documents)}{"text":5}\n`);
    const directory = join(root, 'corpus');
    for (const documentsPerShard of [1000, 16]) {
      const options = { sources: [source], directory, documentsPerShard };
      await put(source, `${lines(documents)}{"text":5}\n`);
      expect(await failure(build(options))).toMatchObject({ code: 'ERR_FILE_FORMAT' });
      await put(source, lines(documents));
      const manifest = await build(options);
      expect(manifest).toMatchObject({ complete: true, documents: documents.length });
      const clean = join(root, `clean-${documentsPerShard}`);
      await build({ ...options, directory: clean });
      expect(await contents(directory)).toEqual(await contents(clean));
      await rm(directory, { recursive: true });
    }
    await build({ sources: [source], directory, documentsPerShard: 16 });
    const options = { sources: [source], directory, documentsPerShard: 1000, replace: true };
    expect((await build(options)).shards).toHaveLength(1);
    expect((await readdir(directory)).sort()).toEqual(['0', '0.documents.jsonl', 'corpus.json']);
  });
});

describe('a source', () => {
  test.each<[string, string | Uint8Array | undefined, string]>([
    ['nowhere/at/all', undefined, 'Could not read'],
    ['empty.jsonl', '', 'Expected documents in'],
    ['bad.jsonl', `${lines(documents.slice(0, 20))}{"text":`, 'line 21'],
    ['torn.jsonl.gz', gzipSync(lines(documents)).subarray(0, 500), 'Expected a whole gzip file in'],
    ['quote.csv', 'text\n"a\n', 'a quote was opened there or in a line after it and never closed'],
    ['other.jsonl', '{"code":"x"}\n', 'Expected a string for text or content in'],
  ])('%s is refused in one sentence', async (name, content, expected) => {
    const root = await temporaryDirectory();
    const path = join(root, name);
    if (content !== undefined) await put(path, content);
    const directory = join(root, 'corpus');
    const error = await failure(build({ sources: [path], directory, documentsPerShard: 16 }));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toContain(expected);
    const left = await readdir(directory).catch(() => []);
    expect(left.filter((file) => file.endsWith('.part'))).toEqual([]);
  });

  test('that fails leaves the shards before it', async () => {
    const root = await temporaryDirectory();
    const good = await put(join(root, 'good.jsonl'), lines(documents.slice(0, 20)));
    const bad = await put(join(root, 'bad.jsonl'), 'no record\n');
    const directory = join(root, 'corpus');
    const error = await failure(build({ sources: [good, bad], directory, documentsPerShard: 16 }));
    expect(error.message).toContain(`Expected JSON in ${bad} line 1`);
    expect(await readdir(directory)).toEqual(['0', '0.documents.jsonl', 'corpus.json']);
    expect((await readFile(join(directory, '0'))).equals(published[0]!)).toBe(true);
  });

  test('whose text is called otherwise is read by that name', async () => {
    const root = await temporaryDirectory();
    const path = await put(
      join(root, 'a.jsonl'),
      lines(documents.map(({ text }) => ({ code: text, text: 'not this' }))),
    );
    const directory = join(root, 'corpus');
    await build({ sources: [path], directory, documentsPerShard: 16, textField: 'code' });
    expect((await readFile(join(directory, '0'))).equals(published[0]!)).toBe(true);
  });

  test('must be there, and a mistyped file is not looked for on the hub', async () => {
    expect(await failure(build({ sources: ['data/none.jsonl.gz'], directory: 'x' }))).toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
      message: 'Could not read data/none.jsonl.gz: it does not exist.',
    });
    expect(await failure(build({ sources: [], directory: 'x' }))).toMatchObject({
      code: 'ERR_INVALID_OPTION',
    });
  });
});

describe('a data set of the hub', () => {
  const COMMIT = '0123456789abcdef0123456789abcdef01234567';
  const zip = (from: number, to: number) => gzipSync(lines(documents.slice(from, to)));
  const clean: HubModel = {
    kind: 'dataset',
    name: 'codeparrot/codeparrot-clean-train',
    commit: COMMIT,
    branches: { main: COMMIT },
    files: {
      'README.md': Buffer.from('# Clean'),
      'dataset_infos.json': Buffer.from('{}'),
      'file-000000000002.json.gz': zip(20, 40),
      'file-000000000001.json.gz': zip(0, 20),
    },
    large: ['file-000000000001.json.gz'],
  };

  async function fromHub(model: HubModel) {
    const hub = await HubServer.start(model);
    const root = await temporaryDirectory();
    onTestFinished(() => hub[Symbol.asyncDispose]());
    const options = (directory: string, more: object = {}): BuildCorpusOptions => ({
      sources: [model.name],
      directory: join(root, directory),
      documentsPerShard: 16,
      hub: { endpoint: hub.endpoint, cacheDirectory: join(root, 'cache'), retryDelayMs: 1, ...more },
    });
    return { hub, root, options };
  }

  test('is downloaded, in the order of its files, and then taken from the cache', async () => {
    const { hub, root, options } = await fromHub(clean);
    const { sources } = await build(options('corpus'));
    for (const [i, expected] of published.entries())
      expect((await readFile(join(root, 'corpus', String(i)))).equals(expected)).toBe(true);
    expect(sources.map(({ name }) => name)).toEqual([
      `codeparrot/codeparrot-clean-train@${COMMIT}/file-000000000001.json.gz`,
      `codeparrot/codeparrot-clean-train@${COMMIT}/file-000000000002.json.gz`,
    ]);
    const cached = join(root, 'cache/datasets--codeparrot--codeparrot-clean-train/snapshots', COMMIT);
    expect((await readdir(cached)).sort()).toEqual([
      'file-000000000001.json.gz',
      'file-000000000002.json.gz',
    ]);
    expect(sources[1]!.sha256).toBe(await digestFile(join(cached, 'file-000000000002.json.gz')));

    hub.requests.length = 0;
    const notes: string[] = [];
    await build(options('offline', { localFilesOnly: true }), (event) => {
      if (event.type === 'note') notes.push(event.message);
    });
    expect(hub.requests).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('it does not say whether these are all')]);
    expect(await contents(join(root, 'offline'))).toEqual(await contents(join(root, 'corpus')));
  });

  test('in Parquet is taken from its training split', async () => {
    const file = readFileSync(fixture('required.parquet'));
    const { root, options } = await fromHub({
      ...clean,
      files: {
        'data/train-00000-of-00001.parquet': file,
        'data/test-00000-of-00001.parquet': Buffer.from('x'),
      },
      large: [],
    });
    const notes: string[] = [];
    await build(options('corpus'), (event) => {
      if (event.type === 'note') notes.push(event.message);
    });
    expect((await readFile(join(root, 'corpus/0'))).equals(published[0]!)).toBe(true);
    expect(notes).toEqual([
      expect.stringContaining('the 1 files of codeparrot/codeparrot-clean-train that are named'),
    ]);
  });

  test.each<[string, Partial<HubModel>, object, Partial<LetheError>]>([
    ['that is not there', { name: 'acme/other' }, { revision: 'v9' }, { code: 'ERR_DATASET_NOT_FOUND' }],
    ['without data', { files: { 'README.md': Buffer.from('x') } }, {}, { code: 'ERR_FILE_FORMAT' }],
    ['that is not cached', {}, { localFilesOnly: true }, { code: 'ERR_DATASET_NOT_FOUND' }],
  ])('%s is refused', async (_, model, more, expected) => {
    const { options } = await fromHub({ ...clean, ...model });
    expect(await failure(build(options('corpus', more)))).toMatchObject(expected);
  });

  test('cannot lead out of the cache', async () => {
    const { hub, root, options } = await fromHub(clean);
    hub.listed = [
      '../../../evil.jsonl',
      '/evil.jsonl',
      'a\\..\\evil.jsonl',
      'a//evil.jsonl',
      './evil.jsonl',
    ].map((path) => ({ type: 'file', path, size: 1, oid: COMMIT }));
    await build(options('corpus'));
    expect(hub.requests.filter((line) => line.includes('evil'))).toEqual([]);
    expect(await readdir(root)).toEqual(['cache', 'corpus']);
  });
});
