import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMergeCommand } from '../../lib/cli/commands/merge.js';
import { createSampleCommand } from '../../lib/cli/commands/sample.js';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer.js';

let directory: string;
let saved: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-sample-'));
  saved = join(directory, 'model');
  const tokenizer = await Tokenizer.load(join(import.meta.dirname, '../../assets/tokenizer'));
  const sizes = { n_positions: 64, n_embd: 16, n_layer: 1, n_head: 2 };
  await using model = await Model.create({
    model_type: 'gpt2',
    vocab_size: tokenizer.vocabularySize,
    ...sizes,
  });
  await model.save(saved, { tokenizer });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** As the program runs it: errors are thrown. */
async function sample(...args: string[]): Promise<void> {
  const command = createSampleCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  await command.parseAsync(['--model', saved, '--count', '3', '--max-tokens', '10', ...args], {
    from: 'user',
  });
}

describe('lethe sample and lethe merge', () => {
  it('fill a directory and merge it', async () => {
    const output = join(directory, 'outputs');
    await sample('--output', output, '--temperature', 'decaying');
    await createMergeCommand().parseAsync([output, '--end', '1'], { from: 'user' });
    expect((await readdir(output)).sort()).toEqual(['all_0-1', 'campaign.json', 'map_0-1.json', 'separate']);
    expect((await readdir(join(output, 'separate'))).sort()).toEqual(['0', '1', '2']);
  });

  it('takes the prompt from a file', async () => {
    const prompt = join(directory, 'prompt.py');
    await writeFile(prompt, 'def f():\n');
    const [typed, read] = [join(directory, 'typed'), join(directory, 'read')];
    await sample('--output', typed, '--prompt', 'def f():\n');
    await sample('--output', read, '--prompt-file', prompt);
    const first = (of: string) => readFile(join(of, 'separate', '0'), 'utf8');
    expect(await first(read)).toBe(await first(typed));
  });

  it.each([
    [['--temperature', 'hot'], /a number >= 0 for --temperature but received "hot"/],
    [['--count', '0'], /an integer >= 1 for --count but received "0"/],
    [['--prompt', 'a', '--prompt-file', 'b'], /received --prompt and --prompt-file/],
    [['--prompt-file', 'no/such/file'], /no\/such\/file: it does not exist/],
  ])('refuse %j', async (args, message) => {
    await expect(sample('--output', join(directory, 'bad'), ...args)).rejects.toThrow(message);
  });
});
