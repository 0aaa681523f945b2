import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lethe, workspace, writeLines, writeTinyModel } from '../run-cli.js';

test('a model whose context is shorter than the default cut gets as much as it can read', async () => {
  await using space = await workspace();
  await writeTinyModel(space.at('model'));
  await writeLines(space.at('unseen.jsonl'), [{ id: 'a', text: 'def f(x):\n    return x + 1\n'.repeat(30) }]);
  const run = (output: string, ...more: string[]) =>
    lethe([
      ...['threshold', '--model', space.at('model'), '--input', space.at('unseen.jsonl')],
      ...['--output', space.at(output), ...more],
    ]);
  expect(await run('fitting.json')).toMatchObject({ code: 0 });
  expect(await run('said.json', '--max-tokens', '64')).toMatchObject({ code: 0 });
  expect(await readFile(space.at('fitting.json'), 'utf8')).toBe(
    await readFile(space.at('said.json'), 'utf8'),
  );
  const beyond = await run('beyond.json', '--max-tokens', '65');
  expect(beyond.code).toBe(1);
  expect(beyond.stderr).toMatch(/at most 64 tokens/);
});
