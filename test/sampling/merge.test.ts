import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mergeOutputs } from '../../lib/sampling/merge.js';
import { mergedOutput, OUTPUT_SEPARATOR, shardDocument } from '../../lib/sampling/published-text.js';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

async function directoryOf(texts: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lethe-merge-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'separate'));
  for (const [name, text] of Object.entries(texts)) await writeFile(join(directory, 'separate', name), text);
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
    expect(result).toEqual({
      mergedPath: join(directory, 'all_0-2'),
      mapPath: join(directory, 'map_0-2.json'),
      outputs: 3,
      lines: 8,
    });
  });

  it('merges all outputs in the order of their numbers', async () => {
    const texts = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [i, `output ${i}`]));
    const directory = await directoryOf(texts);
    const { mergedPath } = await mergeOutputs(directory);
    const lines = (await readFile(mergedPath, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('output'));
    expect(lines).toEqual(Object.values(texts));
    expect(mergedPath).toBe(join(directory, 'all_0-11'));
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
