/** A variable of the shell that was never set is no path, and no name either. */
import { afterEach, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/program.js';

afterEach(() => vi.restoreAllMocks());

async function run(...args: readonly string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const code = await main(args);
  // Node warns of so many command lines in one process.
  return { code, said: said.filter((line) => line.startsWith('lethe:')).join('') };
}

const SCORE = ['score', '--model', 'm', '--input', 'in.jsonl'];
test.each([
  ['--output', [...SCORE, '--output', '']],
  ['--input', ['score', '--model', 'm', '--input', '', '--output', 'out.jsonl']],
  ['<model>', ['model', 'info', '']],
  ['--output', ['train', '--model', 'm', '--input', 'i', '--output', '']],
  ['--output', ['set', 'forget', '--input', 'i', '--output', '']],
  ['--without', ['set', 'documents', 's', '--tokenizer', 't', '--output', 'o', '--without', 'w', '']],
  ['<shards>', ['clones', 'outputs', 'shard', '']],
  ['<directory>', ['merge', '']],
  ['<run>', ['report', '']],
  ['<mission>', ['run', '']],
])('%s', async (name, args) => {
  const { code, said } = await run(...args);
  expect(code).toBe(1);
  expect(said).toBe(`lethe: Expected a value for ${name} but received "".\n`);
});

test('a text may be empty', async () => {
  const { said } = await run('sample', '--model', 'no/such/model', '--prompt', '', '--output', 'o');
  expect(said).not.toContain('Expected a value');
});
