/** `set check` and `set holdout` as they are run. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lethe, parseLines, workspace, writeLines } from '../run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;
const words = (name: string) => Array.from({ length: 50 }, (_, i) => `${name}${i}`).join(' ');

beforeAll(async () => {
  space = await workspace();
  await writeLines(space.at('forget-0.jsonl'), [{ id: 'a', text: words('a') }]);
  await writeLines(space.at('forget-1.jsonl'), [{ id: 7, text: words('b') }, { text: words('c') }]);
  await writeLines(space.at('retain.jsonl'), [{ id: 'r', text: words('r') }, { text: words('s') }]);
  await writeLines(space.at('unseen.jsonl'), [
    { id: 'u', text: words('u') },
    { id: 'v', text: `${words('c')}; secret` },
    { id: '7', text: words('w') },
    { id: 'x', text: words('r') },
  ]);
});
afterAll(() => space[Symbol.asyncDispose]());

const check = (...args: string[]) => lethe(['set', 'check', ...args]);

test('disjoint sets, of several files', async () => {
  const { code, stdout, stderr } = await check(
    ...[
      '--forget',
      space.at('forget-0.jsonl'),
      space.at('forget-1.jsonl'),
      '--retain',
      space.at('retain.jsonl'),
    ],
  );
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('Disjoint, near-duplicates included: forget (3 documents), retain (2 documents).');
});

test('says which documents collide and how, and no text of them', async () => {
  const { code, stdout, stderr } = await check(
    ...[
      '--forget',
      space.at('forget-0.jsonl'),
      space.at('forget-1.jsonl'),
      '--retain',
      space.at('retain.jsonl'),
    ],
    ...['--unseen', space.at('unseen.jsonl')],
  );
  expect(code).toBe(3);
  expect(stderr).toContain(
    'Not disjoint: 3 collisions of forget (3 documents), retain (2 documents), unseen (4',
  );
  const unseen = (place: number, id: string) => ({ file: space.at('unseen.jsonl'), place, id });
  expect(parseLines(stdout)).toEqual([
    {
      sets: ['forget', 'unseen'],
      documents: [{ file: space.at('forget-1.jsonl'), place: 2 }, unseen(2, 'v')],
      ...{ same: 'near', similarity: 46 / 48 },
    },
    {
      sets: ['forget', 'unseen'],
      documents: [{ file: space.at('forget-1.jsonl'), place: 1, id: '7' }, unseen(3, '7')],
      same: 'id',
    },
    {
      sets: ['retain', 'unseen'],
      documents: [{ file: space.at('retain.jsonl'), place: 1, id: 'r' }, unseen(4, 'x')],
      ...{ same: 'text', similarity: 1 },
    },
  ]);
  const strict = await check(
    ...['--forget', space.at('forget-1.jsonl'), '--unseen', space.at('unseen.jsonl'), '--similarity', '1'],
  );
  expect(parseLines(strict.stdout).map(({ same }) => same)).toEqual(['id']);
});

test.each([
  [[], 'Expected two sets at least'],
  [['--forget', 'a.jsonl'], 'Expected two sets at least'],
  [['--forget', 'none.jsonl', '--retain', 'none.jsonl'], 'none.jsonl'],
  [['--similarity', '0'], '--similarity'],
])('refuses %j', async (args, words) => {
  const { code, stderr } = await check(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(words);
});

test('what is held out is near to nothing else', async () => {
  const documents = Array.from({ length: 12 }, (_, i) => ({
    id: i,
    text: words(`d${i % 9}_`) + ' !'.repeat(i),
  }));
  await writeLines(space.at('all.jsonl'), [...documents, { id: 'f', text: words('a') }]);
  const { code, stderr } = await lethe([
    ...['set', 'holdout', '--input', space.at('all.jsonl'), '--output', space.at('split'), '--size', '12'],
    ...['--without', space.at('forget-0.jsonl')],
  ]);
  expect(code, stderr).toBe(0);
  const read = async (name: string) => parseLines(await readFile(space.at(`split/${name}.jsonl`), 'utf8'));
  expect((await read('rest')).map(({ id }) => id)).toEqual(['f']);
  expect(await read('holdout')).toEqual(documents);
  const again = await lethe([
    ...['set', 'holdout', '--input', space.at('all.jsonl'), '--output', space.at('few'), '--size', '5'],
  ]);
  expect(again.code, again.stderr).toBe(0);
  const checked = await check(
    '--holdout',
    space.at('few/holdout.jsonl'),
    '--retain',
    space.at('few/rest.jsonl'),
  );
  expect(checked.code, checked.stdout).toBe(0);
});
