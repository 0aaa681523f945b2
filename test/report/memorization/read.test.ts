import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_LIMITS } from '../../../lib/report/memorization/input.js';
import { readMemorization } from '../../../lib/report/memorization/read.js';
import { renderMemorization } from '../../../lib/report/memorization/render.js';
import { parseMarkup, textOf } from '../markup.js';
import { writeGeneratedAnalysis } from './generated.js';

let home: string;
let directory: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lethe-memorization-'));
  directory = join(home, 'analysis');
  await writeGeneratedAnalysis(directory, { blocks: 200, outputs: 120, seed: 4 });
});
afterAll(() => rm(home, { recursive: true }));

/** A copy of the analysis, spoilt. */
async function copy(name: string, spoil: (directory: string) => Promise<void>): Promise<string> {
  const target = join(home, name);
  await cp(directory, target, { recursive: true });
  await spoil(target);
  return target;
}

const edit = (file: string, change: (text: string) => string) => async (target: string) =>
  writeFile(join(target, file), change(await readFile(join(target, file), 'utf8')));

describe('readMemorization', () => {
  it('reads blocks, outputs with their lines, ranking and run', async () => {
    const input = await readMemorization(directory);
    expect(input.blocks).toHaveLength(input.analysis.fingerprints);
    expect(input.outputs).toHaveLength(input.analysis.outputs.withBlocks);
    expect(input.ranking!.scores).toHaveLength(7);
    expect(input.run!.command).toBe('analyze');
    const texts = new Map(input.blocks.map(({ fingerprint, text }) => [fingerprint, text]));
    for (const output of input.outputs) {
      const lines = output.text.split('\n');
      expect(lines).toHaveLength(output.lines);
      for (const { start, end, fingerprint } of output.spans) {
        expect(`${lines.slice(start - 1, end).join('\n')}\n`).toBe(texts.get(fingerprint));
      }
    }
  });

  it('keeps to its limits', async () => {
    const input = await readMemorization(directory, {
      ...PAGE_LIMITS,
      blocks: 50,
      blockText: 4000,
      outputs: 20,
      outputText: 5000,
    });
    expect(input.blocks.length).toBeGreaterThan(2);
    expect(input.blocks.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(4000);
    expect(input.outputs.length).toBeGreaterThan(2);
    expect(input.outputs.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(5000);
    const text = textOf(parseMarkup(renderMemorization(input)));
    expect(text).toContain(`The list holds the ${input.blocks.length} most frequent of`);
  });

  it('reads the rest where outputs are gone, and says so', async () => {
    const target = await copy('gone', (at) => rm(join(at, 'all_0')));
    const input = await readMemorization(target);
    expect(input.outputs).toEqual([]);
    expect(input.outputsMissing).toMatch(/^Could not read all_0: it does not exist/);
    expect(input.blocks.length).toBeGreaterThan(50);
  });

  it('shows no other outputs than those that were analysed', async () => {
    const target = await copy(
      'other',
      edit('outputs.jsonl', (text) => text.replaceAll(/"md5":"../g, '"md5":"zz')),
    );
    const input = await readMemorization(target);
    expect(input.outputs).toEqual([]);
    expect(input.outputsMissing).toMatch(/the outputs are not those that were analysed/);
  });

  it('goes without ranking and run', async () => {
    const target = await copy('bare', async (at) => {
      await rm(join(at, 'ranking.json'));
      await rm(join(at, 'run.json'));
    });
    const input = await readMemorization(target);
    expect(input.ranking).toBeUndefined();
    expect(input.run).toBeUndefined();
  });

  it.each<[string, (at: string) => Promise<void>, RegExp]>([
    [
      'no analysis',
      (at) => rm(join(at, 'analysis.json')),
      /Could not read .*analysis.json: it does not exist/,
    ],
    [
      'another version',
      edit('analysis.json', (t) => t.replace('"version":1', '"version":2')),
      /one of 1 for version/,
    ],
    [
      'a cut record',
      edit('fingerprints.jsonl', (t) => t.slice(0, 300)),
      /Expected JSON in .*fingerprints.jsonl line 1/,
    ],
    [
      'a share above 1',
      edit('ranking.json', (t) => t.replace(/"auc":[^,]*/, '"auc":75')),
      /a number <= 1 for scores.0.auc/,
    ],
    ['a run of no kind', edit('run.json', () => '{}'), /for version in .*run.json/],
  ])('refuses %s with one sentence', async (name, spoil, message) => {
    const target = await copy(name.replaceAll(' ', '-'), spoil);
    await expect(readMemorization(target)).rejects.toThrow(message);
  });
});
