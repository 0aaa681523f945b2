/** A vocabulary without the symbols of some bytes: the texts are scored without them, and one warning counts them. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lethe, parseLines, workspace, writeLines, writeTinyModel } from './run-cli.js';

let space: Awaited<ReturnType<typeof workspace>>;

beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
  const path = space.at('model/tokenizer.json');
  const file = JSON.parse(await readFile(path, 'utf8')) as {
    model: { vocab: Record<string, number>; merges: (string | string[])[] };
  };
  // The symbol of byte 0xC3, with which é begins in UTF-8.
  const { vocab, merges } = file.model;
  file.model.vocab = Object.fromEntries(Object.entries(vocab).filter(([token]) => !token.includes('Ã')));
  file.model.merges = merges.filter((merge) => ![merge].flat().join('').includes('Ã'));
  await writeFile(path, JSON.stringify(file));
});
afterAll(() => space[Symbol.asyncDispose]());

test('one warning a command, with the count of all its texts', async () => {
  await writeLines(space.at('in.jsonl'), [{ text: 'a = "é"' }, { text: 'b = "éé"' }, { text: 'c = "e"' }]);
  const args = ['--model', space.at('model'), '--input', space.at('in.jsonl')];
  const { code, stdout, stderr } = await lethe(['score', ...args]);
  expect(code).toBe(0);
  expect(parseLines(stdout)).toHaveLength(3);
  expect(stderr.match(/Warning: .*/g)).toEqual([
    `Warning: the vocabulary in ${space.at('model')} has no token for 3 bytes of the texts; they were left out, as transformers does.`,
  ]);

  await writeLines(space.at('plain.jsonl'), [{ text: 'c = "e"' }]);
  const plain = await lethe(['score', '--model', space.at('model'), '--input', space.at('plain.jsonl')]);
  expect(plain.code).toBe(0);
  expect(plain.stderr).not.toContain('Warning');
});
