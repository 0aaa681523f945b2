/** `score`, `generate` and `measure` on CSV: the same figures as on JSON lines, row by row. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCsv } from '../../lib/data/text/csv.js';
import { lethe, parseLines, workspace, writeLines, writeTinyModel } from './run-cli.js';

const RECORDS = [
  { id: 'a', text: 'x = "1, 2"\nprint(x)\n' },
  { id: 'b', content: 'import os\r\n' },
  { id: 'c', tokens: [5, 6, 7, 8] },
];
/** As a spreadsheet writes it: a byte-order mark, and line ends of two characters. */
const ROWS =
  '\ufeffid,text,content,tokens\r\na,"x = ""1, 2""\nprint(x)\n",,\r\nb,,"import os\r\n",\r\nc,,,"[5,6,7,8]"\r\n';

let space: Awaited<ReturnType<typeof workspace>>;

beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
  await writeLines(space.at('in.jsonl'), RECORDS);
  await writeFile(space.at('in.csv'), ROWS);
});

afterAll(() => space[Symbol.asyncDispose]());

const run = (command: string, ...args: string[]) => lethe([command, '--model', space.at('model'), ...args]);

async function rows(path: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for await (const { cells } of readCsv(path))
    all.push(
      Object.fromEntries(
        Object.entries(cells).map(([key, cell]) => [key, /^[[\d-]/.test(cell) ? JSON.parse(cell) : cell]),
      ),
    );
  return all;
}

test('score: both ways, and gone on with in the middle of a row', async () => {
  const { stdout } = await run('score', '--input', space.at('in.jsonl'));
  const out = space.at('scores.csv');
  expect((await run('score', '--input', space.at('in.csv'), '--output', out)).code).toBe(0);
  expect(await rows(out)).toEqual(parseLines(stdout));

  const whole = await readFile(out, 'utf8');
  const { runKey } = (
    JSON.parse(await readFile(space.at('scores.csv.run.json'), 'utf8')) as { results: { runKey: string } }
  ).results;
  await rm(out);
  await rm(space.at('scores.csv.run.json'));
  await writeFile(`${out}.part`, whole.slice(0, whole.length - 5));
  await writeFile(`${out}.part.key`, `${runKey}\n`);
  const { stderr } = await run('score', '--input', space.at('in.csv'), '--output', out);
  expect(stderr).toContain('Going on after 2 records');
  expect(await readFile(out, 'utf8')).toBe(whole);
});

test('generate: from stdin to stdout by --format, and its texts are those of JSON lines', async () => {
  const args = ['generate', '--model', space.at('model'), '--max-tokens', '8', '--input'];
  const csv = await lethe([...args, '-', '--format', 'csv'], { input: ROWS });
  await writeFile(space.at('generated.csv'), csv.stdout);
  const lines = parseLines((await lethe([...args, space.at('in.jsonl')])).stdout);
  const texts: (string | undefined)[] = [];
  for await (const { cells } of readCsv(space.at('generated.csv'))) texts.push(cells.text);
  expect(texts).toEqual(lines.map(({ text }) => text));
  expect(csv.stdout.split('\n')[0]).toBe('id,sample,tokens,text,stopReason');
});

test('measure: a column for secrets, whichever record has them', async () => {
  const text = 'key = "sk-1234567890"\n';
  const secret = { tag: 'KEY', type: 'test', value: '1234567890', start: 10, end: 20 };
  const cell = JSON.stringify([secret]).replaceAll('"', '""');
  const input = `id,text,secrets\nnone,import os,\nsome,"${text.replaceAll('"', '""')}","${cell}"\n`;
  await writeFile(space.at('secret.csv'), input);
  await writeLines(space.at('secret.jsonl'), [
    { id: 'none', text: 'import os' },
    { id: 'some', text, secrets: [secret] },
  ]);
  const out = space.at('measures.csv');
  await run('measure', '--input', space.at('secret.csv'), '--output', out, '--el', '3');
  const lines = parseLines((await run('measure', '--input', space.at('secret.jsonl'), '--el', '3')).stdout);
  expect(lines[1]!.secrets).toHaveLength(1);
  expect(await rows(out)).toEqual(
    lines.map(({ id, ma, el3, extractionStrength, secrets }) => ({
      id,
      ma,
      el3: el3 ?? '',
      extractionStrength,
      secrets: secrets ?? '',
    })),
  );
});

test.each([
  ['id,tokens\n1,"[1,"\n', /Expected JSON for tokens in \/dev\/stdin line 2 but received "\[1,"/],
  ['id,tokens\n1,"[""a""]"\n', /Expected .* for tokens\.0 in \/dev\/stdin line 2/],
  [
    'id,text\n1,"a\n',
    /Expected a CSV record in \/dev\/stdin line \d but a quote was opened there or in a line after it and never closed/,
  ],
])('%j is refused in one sentence', async (input, expected) => {
  const args = ['score', '--model', space.at('model'), '--input', '-', '--format', 'csv'];
  const { code, stdout, stderr } = await lethe(args, { input });
  expect(stderr).toMatch(expected);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stdout).toBe('');
  expect(code).toBe(1);
});
