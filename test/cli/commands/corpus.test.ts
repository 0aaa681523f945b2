/** `lethe corpus`: options reach the library, talk goes to stderr, a second run finds the first one's shards. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lethe, workspace, writeLines } from '../run-cli.js';

test('builds shards, recognises them, and says what they hold', async () => {
  await using space = await workspace();
  await writeLines(
    space.at('in.jsonl'),
    Array.from({ length: 5 }, (_, i) => ({ code: `x = ${i}\n`, license: 'mit' })),
  );
  const out = space.at('corpus');
  const args = ['corpus', 'build', space.at('in.jsonl'), '--output', out];
  args.push('--documents-per-shard', '3', '--text-field', 'code', '--workers', '1');
  const first = await lethe(args);
  expect(first.stderr.trimEnd().split('\n')).toEqual([
    'Shard 0 is finished: 3 documents.',
    'Shard 1 is finished: 2 documents.',
    `${out} holds 2 shards: 5 documents, 15 lines, 200 bytes.`,
  ]);
  expect([first.code, first.stdout]).toEqual([0, '']);
  const [line] = (await readFile(`${out}/1.documents.jsonl`, 'utf8')).split('\n');
  expect(JSON.parse(line!)).toMatchObject({ id: 'in.jsonl:4', start: 1, end: 3, licence: 'mit' });

  expect((await lethe(args)).stderr).toBe(`${out} holds 2 shards: 5 documents, 15 lines, 200 bytes.\n`);
  const info = await lethe(['corpus', 'info', out]);
  expect(info.stdout).toBe(`${out} holds 2 shards: 5 documents, 15 lines, 200 bytes.\n`);
  const other = await lethe([...args, '--gzip']);
  expect(other.stderr).toMatch(/^lethe: Expected .*corpus\.json to be of the same sources and options/);
  expect(other.code).toBe(1);
});

test('a name that is neither a path nor on the hub is one sentence', async () => {
  await using space = await workspace();
  const cache = space.at('cache');
  const { code, stderr } = await lethe(
    ['corpus', 'build', 'acme/none', '--output', space.at('out'), '--local-files-only'],
    { env: { HF_HUB_CACHE: cache } },
  );
  expect(stderr).toMatch(
    /^lethe: Expected revision main of the data set acme\/none in the cache .* but found none\./,
  );
  expect(code).toBe(1);
});
