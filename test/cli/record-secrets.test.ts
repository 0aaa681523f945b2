/** Secrets of records: compared with their text, whatever their offsets count and their tag is. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lethe, parseLines, workspace, writeLines, writeTinyModel } from './run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;
beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
});
afterAll(() => space[Symbol.asyncDispose]());

const TEXT = "# 😀😀 note\nkey = 'abcdef'\n";
const record = (before: number, value = 'abcdef') => ({
  id: 'r',
  text: TEXT,
  secrets: [{ tag: 'LICENCE', type: 'planted', value, start: before, end: before + value.length }],
});
const measure = (...args: string[]) =>
  lethe(['measure', '--model', space.at('model'), '--el', '3', '--input', ...args]);

test('measure refuses offsets of another unit, and converts them', async () => {
  await writeLines(space.at('utf16.jsonl'), [record(19)]);
  await writeLines(space.at('codepoints.jsonl'), [record(17)]);
  const right = await measure(space.at('utf16.jsonl'));
  expect(parseLines(right.stdout)[0]).toMatchObject({
    secrets: [{ tag: 'LICENCE', value: 'abcdef', start: 19, end: 25 }],
  });
  const refused = await measure(space.at('codepoints.jsonl'));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toBe(
    'lethe: Expected the value of secret 1 ("LICENCE") at 17 to 23 of the text of record "r" but the text holds something else there. Its offsets count code points: add --offsets codepoints.\n',
  );
  expect(refused.stdout).toBe('');
  const converted = await measure(space.at('codepoints.jsonl'), '--offsets', 'codepoints');
  expect(converted.stdout).toBe(right.stdout);
});

test('unlearn refuses them in each of its sets; a value of another type is not shown', async () => {
  await writeLines(space.at('good.jsonl'), [record(19)]);
  await writeLines(space.at('bad.jsonl'), [record(1)]);
  const unlearn = (forget: string, retain: string) =>
    lethe([
      ...['unlearn', '--model', space.at('model'), '--thresholds', '0.1,0.1', '--output', space.at('out')],
      ...['--forget', space.at(forget), '--retain', space.at(retain)],
    ]);
  expect((await unlearn('good.jsonl', 'bad.jsonl')).stderr).toContain('at 1 to 7 of the text of record "r"');
  const refused = await unlearn('good.jsonl', 'good.jsonl');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toBe(
    'lethe: Expected forget, retain and unseen to share no document but document 1 of retain ("r") is in forget as well. Take it out of one of them, or insist with --allow-overlap.\n',
  );
  const numeric = [
    { ...record(19), secrets: [{ tag: 'PHONE', type: 't', value: 5557771234, start: 0, end: 1 }] },
  ];
  await writeLines(space.at('numeric.jsonl'), numeric);
  const { stderr } = await unlearn('numeric.jsonl', 'good.jsonl');
  expect(stderr).toContain('Expected a string for secrets.0.value in');
  expect(stderr).not.toContain('5557771234');
});

test('secrets of tokens are refused by measure, and no concern of score', async () => {
  await writeLines(space.at('tokens.jsonl'), [{ id: 't', tokens: [1, 2, 3], secrets: record(0).secrets }]);
  expect((await measure(space.at('tokens.jsonl'))).stderr).toContain(
    'Expected a text for the secrets of record "t"',
  );
  const score = await lethe(['score', '--model', space.at('model'), '--input', space.at('tokens.jsonl')]);
  expect(score.code).toBe(0);
});
