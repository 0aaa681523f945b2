/** Pages of what `lethe measure` and `lethe secrets probe` wrote, from the commands to the page. */
import { mkdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findMeasures, readMeasuresReport } from '../../lib/report/from-measures.js';
import { parseReportInput } from '../../lib/report/input-schema.js';
import { renderReport } from '../../lib/report/render.js';
import { judge } from '../../lib/report/verdict.js';
import { lethe, parseLines, workspace, writeLines, writeTinyModel } from '../cli/run-cli.js';
import { parseMarkup, textOf } from './markup.js';

const KEY = 'AKIAQYLPMN5HFIQR7XYA';
let space: Awaited<ReturnType<typeof workspace>>;

beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
  const text = `k = "${KEY}"\n`;
  const start = text.indexOf(KEY);
  const secrets = [{ tag: 'KEY', type: 'AWS', value: KEY, start, end: start + KEY.length }];
  await writeLines(space.at('in.jsonl'), [
    { id: 'plain.py', text: 'def add(a, b):\n    return a + b\n' },
    { id: 'secret.py', text, secrets },
    { id: 3, text: 'x' },
  ]);
  await mkdir(space.at('out'));
  const run = async (...args: string[]) => {
    const { code, stderr } = await lethe([
      ...args,
      '--model',
      space.at('model'),
      '--input',
      space.at('in.jsonl'),
    ]);
    expect(code, stderr).toBe(0);
  };
  await run('measure', '--output', space.at('out/measures.jsonl'));
  await run('measure', '--output', space.at('table.csv'));
  await run('measure', '--encoding', 'apart', '--output', space.at('apart.jsonl'));
  await run('secrets', 'probe', '--output', space.at('probes.jsonl'));
}, 60_000);

afterAll(() => space[Symbol.asyncDispose]());

test('a file of measures, itself or alone in its directory', async () => {
  const file = space.at('out/measures.jsonl');
  expect(await findMeasures(file)).toBe(file);
  expect(await findMeasures(space.at('out'))).toBe(file);
  expect(await findMeasures(space.at('in.jsonl'))).toBeUndefined();
  expect(await findMeasures(space.at('none'))).toBeUndefined();
  await expect(findMeasures(space.at('.'))).rejects.toThrow(
    /Expected one file of measures in .* but found 3\./,
  );
});

test('holds what the command wrote, with means over what could be measured', async () => {
  const file = space.at('out/measures.jsonl');
  const records = parseLines(await readFile(file, 'utf8'));
  const report = await readMeasuresReport(file);
  expect(parseReportInput(report)).toEqual(report);
  expect(report.measures!.map(({ document }) => document)).toEqual(['plain.py', 'secret.py', '3']);
  const known = records.map(({ ma }) => ma).filter((ma) => ma !== null) as number[];
  expect(known.length).toBe(report.measures!.filter((m) => m.memorizationAccuracy.before !== null).length);
  const mean = known.reduce((sum, ma) => sum + ma, 0) / known.length;
  expect(report.summary.documents!.memorizationAccuracy).toEqual({ before: mean, after: null });
  const [secret] = records[1]!.secrets as { ma: number; el10: number; first: number; last: number }[];
  expect(report.secrets).toMatchObject([
    {
      document: 'secret.py',
      tokens: secret!.last - secret!.first + 1,
      memorizationAccuracy: { before: secret!.ma },
      extractionLikelihood: { 10: { before: secret!.el10 } },
    },
  ]);
  expect(judge(report).headline).toMatch(new RegExp(`0 of ${known.length} measured documents are memorized`));
  // The same figures from a table, whose ids are texts.
  const { measures, secrets } = await readMeasuresReport(space.at('table.csv'));
  expect({ measures, secrets }).toEqual({ measures: report.measures, secrets: report.secrets });
  expect((await readMeasuresReport(space.at('apart.jsonl'))).secrets![0]!.tokens).toBeNull();
});

test('a probe has secrets with what the model writes in their place, and no figures of whole documents', async () => {
  const report = await readMeasuresReport(space.at('probes.jsonl'));
  expect(report.measures).toBeUndefined();
  expect(report.secrets![0]!.completion.before).toEqual(expect.any(String));
});

test('the page shows histograms and the most memorized documents, and no secret', async () => {
  for (const [args, path] of [
    [[space.at('out')], space.at('out/report.html')],
    [[space.at('apart.jsonl'), '--redact', '--output', space.at('a.html')], space.at('a.html')],
  ] as const) {
    const { code, stderr } = await lethe(['report', ...args]);
    expect(code, stderr).toBe(0);
    const page = await readFile(path, 'utf8');
    for (let at = 0; at + 6 <= KEY.length; at++) expect(page).not.toContain(KEY.slice(at, at + 6));
    const text = textOf(parseMarkup(page));
    for (const part of [
      'MA of the documents',
      'EL_10 of the documents',
      'Most memorized documents',
      'plain.py',
    ])
      expect(text).toContain(part);
  }
  const shown = renderReport(await readMeasuresReport(space.at('out/measures.jsonl')), { secrets: 'shown' });
  expect(shown).toContain(KEY);
});
