/** `lethe rank` and `lethe score --moments`: files, verdicts, going on, and what they refuse. */
import { copyFile, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCloneLog } from '../../../lib/clones/log/log.js';
import { rankedOutputSchema, rankingSchema } from '../../../lib/memorization/ranking/records.js';
import { Model } from '../../../lib/model/model.js';
import { mergeOutputs } from '../../../lib/sampling/merge.js';
import { lethe, parseLines, ROOT, workspace, writeLines } from '../run-cli.js';

const FIXTURE = join(ROOT, 'test/fixtures/memorization/ranking');
const TOTALS = {
  ...{ duplicateLines: 0, blocks: 0, filesWithBlocks: 0 },
  ...{ significantLines: 0, rawLines: 0, files: 0 },
};

interface Oracle {
  readonly outputs: readonly { readonly text: string; readonly scores: Record<string, number | null> }[];
}
let space: Awaited<ReturnType<typeof workspace>>;
let oracle: Oracle;

beforeAll(async () => {
  space = await workspace();
  oracle = JSON.parse(await readFile(join(FIXTURE, 'expected.json'), 'utf8')) as Oracle;
  await mkdir(space.at('out/separate'), { recursive: true });
  for (const [i, { text }] of oracle.outputs.entries()) await writeFile(space.at(`out/separate/${i}`), text);
  const [merged] = (await mergeOutputs(space.at('out'))).files;
  const map = JSON.parse(await readFile(merged!.mapPath, 'utf8')) as Record<string, { start: number }>;
  // The first six outputs are what the model was trained on.
  const groups = Array.from({ length: 6 }, (_, i) => ({
    length: 1,
    fingerprint: '0'.repeat(32),
    occurrences: [merged!.mergedPath, 'corpus/0'].map((file) => ({
      file,
      start: map[i]!.start,
      end: map[i]!.start,
    })),
  }));
  await writeFile(space.at('0.log'), [...formatCloneLog({ groups, totals: TOTALS })].join(''));
});
afterAll(() => space[Symbol.asyncDispose]());

const rank = (output: string, ...args: string[]) =>
  lethe([
    ...['rank', '--outputs', space.at('out'), '--model', join(FIXTURE, 'first')],
    ...['--output', space.at(output), ...args],
  ]);
const LAST = () => oracle.outputs.length - 1;
const verdict = () => ['--log', space.at('0.log'), '--map', space.at(`out/map_0-${LAST()}.json`)];
const records = async (path: string) => parseLines(await readFile(space.at(path), 'utf8'));

describe('rank', () => {
  test('writes scores, ranks, verdicts and ranking.json; logs that come later need no model again', async () => {
    const args = ['--model2', join(FIXTURE, 'second'), '--windows'];
    const before = await rank('a/ranking.jsonl', ...args);
    expect(before.stderr).toContain('is longer than the context of 160 tokens');
    expect(before.stderr).toContain('Ranked 22 outputs. Best first:\n');
    expect(before.code).toBe(0);
    const plain = await records('a/ranking.jsonl');
    for (const [i, record] of plain.entries()) {
      expect(rankedOutputSchema.parse(record)).toEqual(record);
      expect(record).toMatchObject({ id: String(i) });
      expect(record.memorized).toBeUndefined();
      const wanted = oracle.outputs[i]!.scores;
      const scores = record.scores as Record<string, number | null>;
      expect(Object.keys(scores)).toEqual(Object.keys(wanted));
      if (wanted.zlib !== null) expect(scores.zlib! / wanted.zlib!).toBeCloseTo(1, 4);
    }
    expect(plain.filter(({ ranks }) => (ranks as { zlib: number | null }).zlib === 1)).toHaveLength(1);
    await expect(stat(space.at('a/ranking.jsonl.part'))).rejects.toThrow();

    const analysis = ['--ranking', space.at('analysis/ranking.json')];
    const after = await rank('a/ranking.jsonl', ...args, ...verdict(), '--json', ...analysis);
    expect(after.stderr).toContain('none is computed again');
    expect(after.stderr).toMatch(/^ {2}score +AUC +P@10$/m);
    expect(after.stderr).toMatch(/^ {2}largeFirst +1\.000 +0\.600$/m);
    const judged = await records('a/ranking.jsonl');
    expect(judged.map(({ memorized }) => memorized)).toEqual(plain.map((_, i) => i < 6));
    expect(judged.map(({ memorized: _, ...rest }) => rest)).toEqual(plain);

    const ranking = rankingSchema.parse(
      JSON.parse(await readFile(space.at('analysis/ranking.json'), 'utf8')),
    );
    expect(ranking).toMatchObject({ version: 1, outputs: 22, memorized: 6 });
    expect(ranking.scores.map(({ name }) => name)).toEqual(Object.keys(oracle.outputs[0]!.scores));
    const [summary] = parseLines(after.stdout) as [{ scores: { name: string; best: string[] }[] }];
    expect(summary).toMatchObject({ outputs: 22, cut: 1, memorized: 6 });
    const zlib = summary.scores.find(({ name }) => name === 'zlib')!;
    expect(zlib.best[0]).toBe(judged.find(({ ranks }) => (ranks as { zlib: number }).zlib === 1)!.id);
    expect(JSON.parse(await readFile(space.at('a/ranking.jsonl.run.json'), 'utf8'))).toMatchObject({
      command: 'rank',
      options: { windows: 6, minK: 0.2 },
      results: { outputs: 22, cut: 1, memorized: 6 },
    });

    const without = await rank('a/ranking.jsonl', ...args, ...analysis);
    expect(without.stderr).toContain('ranking.json of an earlier run');
    expect(await records('a/ranking.jsonl')).toEqual(plain);
    await expect(stat(space.at('analysis/ranking.json'))).rejects.toThrow();
  });

  test('an interrupted run goes on where it was, with the same result; another run is refused', async () => {
    await rank('b/ranking.jsonl');
    const whole = await readFile(space.at('b/ranking.jsonl'), 'utf8');
    const { results } = JSON.parse(await readFile(space.at('b/ranking.jsonl.run.json'), 'utf8')) as {
      results: { runKey: string };
    };
    // As it was after 20 records and part of another one.
    const lines = whole.split('\n').map((line) => line.replace(/,"ranks":\{[^}]*\}/, ''));
    await rm(space.at('b'), { recursive: true });
    await mkdir(space.at('b'));
    await writeFile(space.at('b/ranking.jsonl.part'), `${lines.slice(0, 20).join('\n')}\n{"id":"2`);
    await writeFile(space.at('b/ranking.jsonl.part.key'), `${results.runKey}\n`);
    const other = await rank('b/ranking.jsonl', '--min-k', '0.5');
    expect(other.stderr).toMatch(
      /^lethe: Expected .*ranking\.jsonl\.part to be of a run with the same options/,
    );
    const { stderr } = await rank('b/ranking.jsonl');
    expect(stderr).toContain('Going on after 20 outputs');
    const again = parseLines(await readFile(space.at('b/ranking.jsonl'), 'utf8'));
    for (const [i, record] of parseLines(whole).entries()) {
      if (i < 20) expect(again[i]).toEqual(record);
      expect(again[i]).toMatchObject({ id: record.id, ranks: record.ranks });
    }
  });

  test('merged outputs and JSON lines have the same scores as the files they were made from', async () => {
    const zlibOf = async (outputs: string, output: string) => {
      const { code } = await lethe([
        ...['rank', '--outputs', space.at(outputs), '--model', join(FIXTURE, 'first')],
        ...['--output', space.at(output)],
      ]);
      expect(code).toBe(0);
      return (await records(output)).map(({ id, zlibBytes }) => [id, zlibBytes]);
    };
    await writeLines(
      space.at('outputs.jsonl'),
      oracle.outputs.map(({ text }, i) => ({ id: i, text: text.replace(/[\r\n]+/g, '\n') })),
    );
    const merged = await zlibOf(`out/all_0-${LAST()}`, 'c/ranking.jsonl');
    const lines = await zlibOf('outputs.jsonl', 'd/ranking.jsonl');
    // Merging drops a blank line at the beginning, which collapsing keeps: output 8 is all blank.
    expect(merged.filter(([, size], i) => size !== lines[i]![1])).toEqual([['8', 8]]);
    expect(merged.map(([id]) => id)).toEqual(lines.map(([id]) => id));
  });

  test('a campaign without outputs is refused', async () => {
    await mkdir(space.at('empty/separate'), { recursive: true });
    const model = ['--model', join(FIXTURE, 'first'), '--output', space.at('g/ranking.jsonl')];
    const { code, stderr } = await lethe(['rank', '--outputs', space.at('empty'), ...model]);
    expect(stderr).toMatch(/^lethe: Expected at least one output in .*empty but found none\.\n$/);
    expect(code).toBe(1);
  });

  test('models that do not share a tokenizer are refused', async () => {
    await cp(join(FIXTURE, 'second'), space.at('other'), { recursive: true });
    const path = space.at('other/tokenizer.json');
    const file = JSON.parse(await readFile(path, 'utf8')) as { model: { merges: unknown[] } };
    file.model.merges = file.model.merges.slice(0, 5);
    await writeFile(path, JSON.stringify(file));
    const { code, stderr } = await rank('e/ranking.jsonl', '--model2', space.at('other'));
    expect(stderr).toMatch(/^lethe: Expected two models that share a tokenizer but output "0" is encoded as/);
    expect(code).toBe(1);
  });

  test.each([
    [
      () => ['--log', space.at('0.log')],
      /^lethe: Expected --log and --map together but received only --log\./,
    ],
    [() => ['--map', 'x'], /but received only --map\./],
    [() => ['--windows', '0'], /^lethe: Expected an integer >= 1 for --windows but received "0"\./],
    [() => ['--min-k', '2'], /^lethe: Expected a number >= 0\.000001 and <= 1 for --min-k/],
    [() => ['--log', space.at('0.log'), '--map', space.at('no.json')], /^lethe: Could not read .*no\.json/],
  ])('%# is refused in one sentence', async (args, expected) => {
    const { code, stdout, stderr } = await rank('f/ranking.jsonl', ...args());
    expect(stderr).toMatch(expected);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});

test('score --moments writes means and variances, as the library has them', async () => {
  await mkdir(space.at('model'));
  for (const file of ['config.json', 'model.safetensors', 'tokenizer.json'])
    await copyFile(join(FIXTURE, 'first', file), space.at(`model/${file}`));
  const input = '{"id":"a","tokens":[1,2,3,4]}\n';
  const { stdout } = await lethe(
    ['score', '--model', space.at('model'), '--input', '-', '--moments', '--threads', '1'],
    { input },
  );
  await using model = await Model.load(space.at('model'));
  const [score] = await model.score([Int32Array.of(1, 2, 3, 4)]);
  const [record] = parseLines(stdout) as [{ means: number[]; variances: number[] }];
  expect(Object.keys(record)).toEqual(['id', 'tokens', 'logprobs', 'hits', 'ranks', 'means', 'variances']);
  expect(record.means).toHaveLength(3);
  for (const i of [0, 1, 2]) {
    expect(record.means[i]).toBeCloseTo(score!.means[i]!, 4);
    expect(record.variances[i]).toBeCloseTo(score!.variances[i]!, 4);
  }
});
