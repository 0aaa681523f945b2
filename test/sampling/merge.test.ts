import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AbortedError } from '../../lib/errors.js';
import { drain } from '../../lib/progress.js';
import { mergeOutputs, runMerge } from '../../lib/sampling/merge.js';
import { openOutputStore } from '../../lib/sampling/output-directory.js';
import { mergedOutput, OUTPUT_SEPARATOR, shardDocument } from '../../lib/sampling/published-text.js';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lethe-merge-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Outputs as published, by their names. */
async function directoryOf(texts: Readonly<Record<string | number, string | Buffer>>): Promise<string> {
  const directory = await newDirectory();
  await mkdir(join(directory, 'separate'));
  for (const [name, text] of Object.entries(texts)) await writeFile(join(directory, 'separate', name), text);
  return directory;
}

/** Outputs as JSON lines, numbered from 0. */
async function shardsOf(texts: readonly string[]): Promise<string> {
  const directory = await newDirectory();
  const store = openOutputStore(directory, 'jsonl');
  await store.expect([...texts.keys()]);
  for (const [id, text] of texts.entries())
    await store.add({ id, text, tokenCount: 1, stopReason: 'length' });
  await store.close();
  return directory;
}

describe('mergeOutputs', () => {
  it('writes what the published script writes', async () => {
    const directory = await directoryOf({ '0': 'a\n\n\nb', '1': 'c\n', '2': '', '10': 'beyond' });
    const result = await mergeOutputs(directory, { end: 2 });

    const separator = (text: string) => `Submission>>>>>>${md5(text)}>>>>>>Submission\n`;
    expect(await readFile(join(directory, 'all_0-2'), 'utf8')).toBe(
      `a\nb\n${separator('a\nb')}c\n\n${separator('c\n')}\n${separator('')}`,
    );
    expect(await readFile(join(directory, 'map_0-2.json'), 'utf8')).toBe(
      `{"0": {"md5": "${md5('a\nb')}", "start": 1, "end": 3}, "1": {"md5": "${md5('c\n')}", "start": 4, "end": 6}, "2": {"md5": "${md5('')}", "start": 7, "end": 8}}`,
    );
    const file = { mergedPath: join(directory, 'all_0-2'), mapPath: join(directory, 'map_0-2.json') };
    expect(result).toEqual({ files: [{ ...file, outputs: 3, lines: 8 }], outputs: 3, lines: 8 });
  });

  describe('of hostile text', () => {
    const { outputs, merged, map } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../fixtures/sampling/merge.json'), 'utf8'),
    ) as { outputs: string[]; merged: string; map: string };
    const contents = outputs.map((output) => Buffer.from(output, 'base64'));
    const end = contents.length - 1;

    it.each(['separate', 'jsonl'] as const)('writes what Python writes, from %s', async (layout) => {
      const directory =
        layout === 'separate'
          ? await directoryOf(Object.fromEntries(contents.entries()))
          : await shardsOf(contents.map((content) => content.toString('utf8')));
      await mergeOutputs(directory);
      expect(await readFile(join(directory, `all_0-${end}`), 'base64')).toBe(merged);
      expect(await readFile(join(directory, `map_0-${end}.json`), 'utf8')).toBe(map);
    });

    it('replaces half of a surrogate pair, which no file can hold', async () => {
      const directory = await shardsOf(['a\ud800\n']);
      await mergeOutputs(directory);
      const text = 'a\ufffd\n';
      const expected = `${text}\nSubmission>>>>>>${md5(text)}>>>>>>Submission\n`;
      expect(await readFile(join(directory, 'all_0-0'), 'utf8')).toBe(expected);
    });
  });

  it('begins another file after each chunk', async () => {
    const directory = await directoryOf(Object.fromEntries(['a', 'b', 'c\nd', 'e', 'f'].entries()));
    const events: unknown[] = [];
    const result = await drain(runMerge(directory, { chunk: 2 }), (event) => events.push(event));
    expect(result.files.map(({ mergedPath }) => basename(mergedPath))).toEqual([
      'all_0-1',
      'all_2-3',
      'all_4-4',
    ]);
    expect(await readFile(join(directory, 'map_2-3.json'), 'utf8')).toBe(
      `{"2": {"md5": "${md5('c\nd')}", "start": 1, "end": 3}, "3": {"md5": "${md5('e')}", "start": 4, "end": 5}}`,
    );
    expect(result).toMatchObject({ outputs: 5, lines: 11 });
    expect(events.at(-1)).toMatchObject({ type: 'progress', done: 5, total: 5, unit: 'outputs' });
  });

  it('reads shards of a thousand, and of them what is asked for', async () => {
    const texts = Array.from({ length: 2500 }, (_, i) => `output ${i}`);
    const directory = await shardsOf(texts);
    const { files } = await mergeOutputs(directory, { start: 990, end: 2010 });
    const merged = await readFile(files[0]!.mergedPath, 'utf8');
    expect(merged.split('\n').filter((line) => line.startsWith('output'))).toEqual(texts.slice(990, 2011));
    await rm(join(directory, 'outputs-000001.jsonl'));
    await expect(mergeOutputs(directory)).rejects.toThrow(
      /every output from 0 to 2499 .* but 1000 is missing/,
    );
  });

  it('stops when it is told to, and leaves no half of a file', async () => {
    const directory = await shardsOf(Array.from({ length: 1500 }, (_, i) => `output ${i}`));
    await expect(mergeOutputs(directory, { signal: AbortSignal.abort() })).rejects.toThrow(AbortedError);
    expect((await readdir(directory)).sort()).toEqual(['outputs-000000.jsonl', 'outputs-000001.jsonl']);
  });

  it('merges all outputs in the order of their numbers', async () => {
    const texts = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [i, `output ${i}`]));
    const directory = await directoryOf(texts);
    const { mergedPath } = (await mergeOutputs(directory)).files[0]!;
    const lines = (await readFile(mergedPath, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('output'));
    expect(lines).toEqual(Object.values(texts));
    expect(mergedPath).toBe(join(directory, 'all_0-11'));
  });

  it('leaves a merged file that is the same as it is, and refuses another one unless it is to replace it', async () => {
    const directory = await directoryOf({ '0': 'a' });
    const { mergedPath } = (await mergeOutputs(directory)).files[0]!;
    const { ino, mtimeMs } = await stat(mergedPath);
    await mergeOutputs(directory, { replace: false });
    expect(await stat(mergedPath)).toMatchObject({ ino, mtimeMs });
    await writeFile(mergedPath, 'mine');
    await expect(mergeOutputs(directory, { replace: false })).rejects.toMatchObject({
      code: 'ERR_OUTPUT_EXISTS',
      remedy: expect.stringContaining('--force'),
    });
    expect(await readFile(mergedPath, 'utf8')).toBe('mine');
    await mergeOutputs(directory);
    expect(await readFile(mergedPath, 'utf8')).not.toBe('mine');
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('refuses what is not there', async () => {
    const directory = await directoryOf({ '0': 'a', '2': 'c' });
    await expect(mergeOutputs(directory)).rejects.toThrow(/every output from 0 to 2 .* but 1 is missing/);
    await expect(mergeOutputs(directory, { start: 3 })).rejects.toThrow(/found none in that range/);
    await expect(mergeOutputs(join(directory, 'none'))).rejects.toThrow(/but found none/);
  });
});

describe('published text', () => {
  it('drops empty lines only', () => {
    expect(mergedOutput('a\n \n\nb\n').text).toMatch(/^a\n \nb\n\nSubmission/);
    expect(shardDocument('\n\na\n \nb').text).toBe(`a\n \nb\n\n${md5('a\n \nb\n')}\n`);
  });

  it('reads \\r as a line end in outputs and as text in documents', () => {
    expect(mergedOutput('a\r\n\r\nb\rc').text).toBe(
      `a\nb\nc\n${'Submission>>>>>>'}${md5('a\nb\nc')}>>>>>>Submission\n`,
    );
    expect(shardDocument('a\r\n\r\nb').text).toBe(`a\r\n\r\nb\n\n${md5('a\r\n\r\nb\n')}\n`);
  });

  it('takes the md5 of UTF-8', () => {
    expect(mergedOutput('é中😀').md5).toBe(md5('é中😀'));
    expect(mergedOutput('x').text).toMatch(OUTPUT_SEPARATOR);
  });
});
