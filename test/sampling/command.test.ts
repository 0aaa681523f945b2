import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMergeCommand } from '../../lib/cli/commands/merge.js';
import { createSampleCommand } from '../../lib/cli/commands/sample.js';
import { digestDirectory } from '../../lib/data/digest.js';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { promptHash } from '../../lib/sampling/results-directory.js';

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
    expect((await readdir(output)).sort()).toEqual([
      'all_0-1',
      'all_0-1.run.json',
      'campaign.json',
      'map_0-1.json',
      'run.json',
      'separate',
    ]);
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

  it('goes where the published scripts put it, when not told', async () => {
    const before = process.cwd();
    const there = await mkdtemp(join(directory, 'work-'));
    process.chdir(there);
    try {
      await sample('--top-k', '5');
      await sample('--prompt', 'def f():');
    } finally {
      process.chdir(before);
    }
    const results = join(there, 'results');
    expect((await readdir(results)).sort()).toEqual([
      'model-temp1.0-len10-k40',
      'model-temp1.0-len10-k5-npg',
    ]);
    expect(await readdir(join(results, 'model-temp1.0-len10-k40'))).toEqual([promptHash('def f():')]);
  });

  it('keep log-probabilities in files of a thousand, and say how they were made', async () => {
    const output = join(directory, 'lines');
    await sample('--output', output, '--layout', 'jsonl', '--log-probs');
    await createMergeCommand().parseAsync([output], { from: 'user' });
    expect((await readdir(output)).sort()).toEqual([
      'all_0-2',
      'all_0-2.run.json',
      'campaign.json',
      'logprobs-000000.jsonl',
      'map_0-2.json',
      'outputs-000000.jsonl',
      'run.json',
    ]);
    const read = async (name: string) => JSON.parse(await readFile(join(output, name), 'utf8'));
    const digest = await digestDirectory(saved);
    expect(await read('campaign.json')).toMatchObject({
      model: { name: saved, digest, dtype: 'float32' },
      settings: { prompt: null, maxTokens: 10, layout: 'jsonl', logProbs: true },
      runs: [{ round: 1, first: 0, count: 3, seed: 42, versions: { libtorch: expect.any(String) } }],
    });
    expect(await read('run.json')).toMatchObject({
      command: 'sample',
      seed: 42,
      model: { path: saved, digest },
      results: { first: 0, last: 2, made: 3 },
    });
    expect((await read('run.json')).model).not.toHaveProperty('stamp');
  });

  it('continue a prompt by its hash, and the functions of Python files', async () => {
    const prompt = 'def f():\n    """Doc."""';
    const prompts = join(directory, 'extract_prompt.json');
    await writeFile(
      prompts,
      JSON.stringify({ [promptHash(prompt)]: { prompt, occurrence: 2, fingerprints: [] } }),
    );
    const [hashed, many] = [join(directory, 'hashed'), join(directory, 'many')];
    await sample('--output', hashed, '--prompts', prompts, '--prompt-hash', promptHash(prompt));

    const source = join(directory, 'source');
    await mkdir(source);
    await writeFile(join(source, 'a.py'), `${prompt}\n    return 1\n`);
    await writeFile(join(source, 'b.py'), 'def g(x):\n    return x\n');
    await writeFile(join(source, 'c.py'), `x = [${'1, '.repeat(100)}]\ndef h(): pass\n`);
    await writeFile(join(source, 'd.py'), 'x = 1\n');
    await sample('--output', many, '--function-prompts', source);
    const found = [promptHash(prompt), promptHash('def g(x):')];
    expect((await readdir(many)).sort()).toEqual([...found, 'run.json'].sort());
    const first = (of: string) => readFile(join(of, 'separate', '0'), 'utf8');
    expect(await first(join(many, promptHash(prompt)))).toBe(await first(hashed));

    const long = ['--output', join(directory, 'long'), '--function-prompts', join(source, 'c.py')];
    await expect(sample(...long)).rejects.toThrow(/but all 1 are too long/);
  });

  it('go on with the same model only', async () => {
    const output = join(directory, 'same');
    await sample('--output', output);
    const other = join(directory, 'other');
    await cp(saved, other, { recursive: true });
    await sample('--output', output, '--model', other);
    expect(await readdir(join(output, 'separate'))).toHaveLength(6);
    await writeFile(join(other, 'generation_config.json'), '{}');
    await expect(sample('--output', output, '--model', other)).rejects.toThrow(
      /Expected the model of the outputs/,
    );
    await expect(sample('--output', output, '--dtype', 'bfloat16')).rejects.toThrow(/bfloat16/);
  });

  it.each([
    [['--temperature', 'hot'], /a number >= 0 for --temperature but received "hot"/],
    [['--count', '0'], /an integer >= 1 for --count but received "0"/],
    [['--prompt', 'a', '--prompt-file', 'b'], /received --prompt and --prompt-file/],
    [['--prompt', 'a', '--function-prompts', 'b'], /received --prompt and --function-prompts/],
    [['--prompt-hash', 'a'], /together but received only --prompt-hash/],
    [['--prompts', 'a'], /together but received only --prompts/],
    [['--prompt-hash', 'a', '--prompts', 'b'], /40 hexadecimal digits/],
    [['--function-prompts', 'no/such/file'], /no\/such\/file: it does not exist/],
    [['--revision', 'main'], /Expected a name on the hub beside --revision but received the directory/],
    [['--prompt-file', 'no/such/file'], /no\/such\/file: it does not exist/],
  ])('refuse %j', async (args, message) => {
    await expect(sample('--output', join(directory, 'bad'), ...args)).rejects.toThrow(message);
  });
});
