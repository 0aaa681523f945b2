/** Secrets beyond `--max-tokens` are measured by nobody: counted and said, and the same whether a run went on or not. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lethe, parseLines, workspace, writeLines, writeTinyModel } from './run-cli.js';

const LINE = '# 😀 note\n';
const VALUES = ['abcdef', 'ghijkl', 'mnopqr'];
let space: Awaited<ReturnType<typeof workspace>>;

/** The first secret stands at the beginning, the others far behind. */
function record(id: string | number, length: (text: string) => number) {
  const text = `k = '${VALUES[0]}'\n${LINE.repeat(8)}k = '${VALUES[1]}'\nk = '${VALUES[2]}'\n`;
  const secrets = VALUES.map((value) => {
    const start = length(text.slice(0, text.indexOf(value)));
    return { tag: 'KEY', type: 'planted', value, start, end: start + value.length };
  });
  return { id, text, secrets };
}
const utf16 = (text: string) => text.length;
const codePoints = (text: string) => [...text].length;

beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
  await writeLines(space.at('in.jsonl'), [record('a', utf16), record(7, utf16)]);
  await writeLines(space.at('codepoints.jsonl'), [record('a', codePoints), record(7, codePoints)]);
});
afterAll(() => space[Symbol.asyncDispose]());

const SAID =
  'Left out 4 (secrets beyond --max-tokens or the context): 7 at 111 to 117, 7 at 98 to 104, a at 111 to 117 and 1 more.';
const names = ['7 at 111 to 117', '7 at 98 to 104', 'a at 111 to 117', 'a at 98 to 104'];

async function leftOutOf(path: string): Promise<unknown> {
  const { results } = JSON.parse(await readFile(path, 'utf8')) as { results: { leftOut: unknown } };
  return results.leftOut;
}

test.each(['measure', 'secrets probe'])('%s says and records them', async (command) => {
  const output = space.at(`${command}.jsonl`);
  const run = (...args: string[]) =>
    lethe([...command.split(' '), '--model', space.at('model'), '--max-tokens', '16', ...args]);
  const whole = await run('--input', space.at('in.jsonl'), '--output', output);
  expect(whole.code, whole.stderr).toBe(0);
  expect(whole.stderr).toContain(SAID);
  const expected = { 'beyond-max-tokens': { count: 4, names } };
  expect(await leftOutOf(`${output}.run.json`)).toEqual(expected);
  const written = await readFile(output, 'utf8');
  expect(parseLines(written).map(({ secrets }) => (secrets as object[]).length)).toEqual([1, 1]);

  // Going on after the first record.
  const { results } = JSON.parse(await readFile(`${output}.run.json`, 'utf8')) as {
    results: { runKey: string };
  };
  await rm(`${output}.run.json`);
  await rename(output, `${output}.part`);
  await writeFile(`${output}.part`, `${written.split('\n')[0]}\n`);
  await writeFile(`${output}.part.key`, `${results.runKey}\n`);
  const rest = await run('--input', space.at('in.jsonl'), '--output', output);
  expect(rest.stderr).toContain('Going on after 1 record');
  expect(rest.stderr).toContain(SAID);
  expect(await leftOutOf(`${output}.run.json`)).toEqual(expected);
  expect(await readFile(output, 'utf8')).toBe(written);

  const converted = await run('--input', space.at('codepoints.jsonl'), '--offsets', 'codepoints');
  expect(converted.stdout).toBe(written);
  expect(converted.stderr).toContain(SAID);
});

test('unlearn says and records them', async () => {
  const { stderr } = await lethe([
    ...['unlearn', '--model', space.at('model'), '--forget', space.at('in.jsonl'), '--thresholds', '1,1'],
    ...['--method', 'ga', '--max-epochs', '1', '--max-tokens', '16', '--output', space.at('out')],
  ]);
  expect(stderr).toContain(SAID);
  expect(await leftOutOf(space.at('out/run.json'))).toEqual({ 'beyond-max-tokens': { count: 4, names } });
});

test('threshold and secrets probe take messages, and threshold is not concerned with secrets', async () => {
  await writeFile(
    space.at('model/chat_template.jinja'),
    "{% for message in messages %}{{ message['content'] }}\n{% endfor %}",
  );
  const messages = [{ role: 'user', content: 'def add(a, b):' }];
  await writeLines(space.at('chat.jsonl'), [{ id: 1, messages }]);
  await writeLines(space.at('plain.jsonl'), [{ id: 1, text: 'def add(a, b):\n' }]);
  const [chat, plain] = [space.at('chat.json'), space.at('plain.json')];
  const threshold = (input: string, output: string) =>
    lethe([
      'threshold',
      '--model',
      space.at('model'),
      '--max-tokens',
      '32',
      '--input',
      space.at(input),
      '--output',
      output,
    ]);
  expect((await threshold('chat.jsonl', chat)).code).toBe(0);
  expect((await threshold('plain.jsonl', plain)).code).toBe(0);
  expect(await readFile(chat, 'utf8')).toBe(await readFile(plain, 'utf8'));
  expect((await threshold('codepoints.jsonl', space.at('any.json'))).code).toBe(0);
  const probed = await lethe([
    'secrets',
    'probe',
    '--model',
    space.at('model'),
    '--input',
    space.at('chat.jsonl'),
  ]);
  expect(parseLines(probed.stdout)[0]).toMatchObject({ id: 1, text: 'def add(a, b):\n', secrets: [] });
});
