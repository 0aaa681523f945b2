/** `score`, `generate` and `measure`: record shapes, agreement with the library, stdout, going on. */
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measureMemorization } from '../../lib/memorization/measure.js';
import { measureSecrets } from '../../lib/memorization/measure-secrets.js';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import { drain } from '../../lib/progress.js';
import { deriveSeed } from '../../lib/random.js';
import { lethe, parseLines, workspace, writeLines, writeTinyModel } from './run-cli.js';

const TEXT = 'export function add(a, b) {\n  return a + b;\n}\n';
let space: Awaited<ReturnType<typeof workspace>>;
let model: Model;
let tokenizer: Tokenizer;

beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
  model = await Model.load(space.at('model'));
  tokenizer = await Tokenizer.load(space.at('model'));
  await writeLines(space.at('in.jsonl'), [
    { id: 'text', text: TEXT },
    { id: 7, tokens: [5, 6, 7, 8] },
    { id: 'content', content: 'const x = 1;' },
  ]);
});

afterAll(async () => {
  await model?.dispose();
  await space[Symbol.asyncDispose]();
});

const run = (command: string, ...args: string[]) => lethe([command, '--model', space.at('model'), ...args]);

describe('score', () => {
  test('writes what the library finds, ids as they were given', async () => {
    const { code, stdout } = await run('score', '--input', space.at('in.jsonl'), '--output', '-');
    expect(code).toBe(0);
    const sequences = [
      tokenizer.encode(TEXT, { addSpecialTokens: true }).tokens,
      Int32Array.of(5, 6, 7, 8),
      tokenizer.encode('const x = 1;', { addSpecialTokens: true }).tokens,
    ];
    const scores = await model.score(sequences);
    expect(parseLines(stdout)).toEqual(
      ['text', 7, 'content'].map((id, i) => ({
        id,
        tokens: [...sequences[i]!],
        logprobs: [...scores[i]!.logprobs],
        hits: [...scores[i]!.hits],
        ranks: [...scores[i]!.ranks],
      })),
    );
  });

  test('reads stdin, and stdout holds records only', async () => {
    const input = '{"id":"a","tokens":[1,2,3]}\n';
    const { stdout, stderr } = await lethe(['score', '--model', space.at('model'), '--input', '-'], {
      input,
    });
    expect(parseLines(stdout).map(({ id }) => id)).toEqual(['a']);
    expect(stderr).toBe('Scored 1 record.\n');
  });

  test('needs no tokenizer for tokens, and says so for text', async () => {
    const bare = space.at('bare');
    const { mkdir } = await import('node:fs/promises');
    await mkdir(bare);
    for (const file of ['config.json', 'model.safetensors'])
      await copyFile(space.at(`model/${file}`), `${bare}/${file}`);
    const score = (input: string) => lethe(['score', '--model', bare, '--input', '-'], { input });
    expect((await score('{"id":1,"tokens":[1,2]}\n')).code).toBe(0);
    const { code, stderr } = await score('{"id":1,"text":"a"}\n');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^lethe: Expected tokenizer\.json .* for the text of record 1 but found none\./);
  });

  test('finished work is recognised, unfinished work is gone on with', async () => {
    const out = space.at('scores.jsonl');
    const args = ['--input', space.at('in.jsonl'), '--output', out];
    await run('score', ...args);
    const whole = await readFile(out, 'utf8');
    const manifest = JSON.parse(await readFile(space.at('scores.jsonl.run.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(manifest).toMatchObject({ command: 'score', results: { records: 3 } });

    expect((await run('score', ...args)).stderr).toContain('is finished: same model, input and options.');

    // As an interruption after the first record leaves it: a part with its key, and no output.
    const { runKey } = (manifest as { results: { runKey: string } }).results;
    await rm(out);
    await rm(space.at('scores.jsonl.run.json'));
    await writeFile(`${out}.part`, `${whole.split('\n')[0]}\n{"id":"torn`);
    await writeFile(`${out}.part.key`, `${runKey}\n`);
    const { stderr } = await run('score', ...args);
    expect(stderr).toContain('Going on after 1 record of');
    expect(await readFile(out, 'utf8')).toBe(whole);
  });

  test.each([
    ['{"id":1}', /Expected one of text, tokens and messages in \/dev\/stdin line 1 but received none\./],
    [
      '{"id":1,"text":"a","tokens":[1]}',
      /Expected one of text, tokens and messages .* but received text and tokens\./,
    ],
    ['{"id":1,"tokens":["a"]}', /Expected .* for tokens\.0 in \/dev\/stdin line 1/],
    ['not json', /Expected JSON in \/dev\/stdin line 1/],
    ['{"id":1,"tokens":[]}', /Expected at least 1 token in record 1 but it has 0\./],
    [
      `{"id":"long","tokens":[${Array(65).fill(1)}]}`,
      /Expected at most 64 tokens, the model's context, in record "long"/,
    ],
    ['{"id":1,"tokens":[1,999999]}', /999999|vocabulary/],
  ])('%s is refused in one sentence', async (input, expected) => {
    const { code, stdout, stderr } = await lethe(['score', '--model', space.at('model'), '--input', '-'], {
      input: `${input}\n`,
    });
    expect(stderr).toMatch(expected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});

describe('generate', () => {
  test('greedy continuations are those of the library', async () => {
    const { stdout } = await run(
      ...(['generate', '--input', space.at('in.jsonl')] as const),
      ...['--max-tokens', '5', '--temperature', '0', '--no-eos'],
    );
    const prompt = Int32Array.of(5, 6, 7, 8);
    const [greedy] = await model.generate([{ prompt }], { maxTokens: 5, temperature: 0 });
    const records = parseLines(stdout);
    expect(records).toHaveLength(3);
    expect(records[1]).toEqual({
      id: 7,
      sample: 0,
      tokens: [...greedy!.tokens],
      text: tokenizer.decode(greedy!.tokens, { skipSpecialTokens: true }),
      stopReason: 'length',
    });
  });

  test('samples depend on seed, id and number alone', async () => {
    const sample = async (seed: string, count: string) =>
      parseLines(
        (
          await run(
            ...(['generate', '--input', space.at('in.jsonl')] as const),
            ...['--max-tokens', '6', '--samples', count, '--seed', seed],
          )
        ).stdout,
      );
    const [two, three, other] = [await sample('1', '2'), await sample('1', '3'), await sample('2', '2')];
    expect(two.map(({ id, sample: number }) => [id, number])).toEqual([
      ['text', 0],
      ['text', 1],
      [7, 0],
      [7, 1],
      ['content', 0],
      ['content', 1],
    ]);
    expect(three.filter(({ sample: number }) => number !== 2)).toEqual(two);
    expect(other).not.toEqual(two);
  });
});

describe('generate: what ends a continuation, and what is drawn', () => {
  const generate = async (...args: string[]) =>
    parseLines(
      (await run('generate', ...['--input', space.at('in.jsonl'), '--max-tokens', '12'], ...args)).stdout,
    ) as { tokens: number[]; text: string; stopReason: string; logprobs?: number[] }[];

  test('a stop string ends it, and its text is cut before the string', async () => {
    const args = ['--temperature', '1', '--no-eos'];
    const free = (await generate(...args))[0]!;
    expect(free.logprobs).toBeUndefined();
    const stop = free.text.slice(3, 6);
    const at = free.text.indexOf(stop);
    const ended = (await generate(...args, '--stop', 'no such text', '--stop', stop))[0]!;
    expect(ended.stopReason).toBe('stop');
    expect(ended.text).toBe(free.text.slice(0, at));
    expect(ended.tokens).toEqual(free.tokens.slice(0, ended.tokens.length));
    expect(tokenizer.decode(ended.tokens, { skipSpecialTokens: true })).toContain(stop);
    expect(tokenizer.decode(ended.tokens.slice(0, -1), { skipSpecialTokens: true })).not.toContain(stop);
  });

  test('the ids of generation_config.json end it, all of them', async () => {
    const path = space.at('model/generation_config.json');
    const free = (await generate('--no-eos'))[0]!;
    const [second, third] = [free.tokens[1]!, free.tokens[2]!];
    try {
      await writeFile(path, JSON.stringify({ eos_token_id: [third, second] }));
      const ended = (await generate())[0]!;
      const end = free.tokens.findIndex((token) => token === second || token === third);
      expect(ended.tokens).toEqual(free.tokens.slice(0, end + 1));
      expect(ended.stopReason).toBe('stop');
      expect((await generate('--no-eos'))[0]!.stopReason).toBe('length');
    } finally {
      await rm(path);
    }
  });

  test('log-probabilities, min-p and repetition penalty are those of the library', async () => {
    const args = ['--min-p', '0.9', '--repetition-penalty', '1.5', '--logprobs', '--no-eos'];
    const record = (await generate(...args, '--temperature', '0.7', '--seed', '5', '--batch-rows', '2'))[1]!;
    const [expected] = await model.generate(
      [{ prompt: Int32Array.of(5, 6, 7, 8), seed: deriveSeed(5, 7, 0) }],
      { maxTokens: 12, temperature: 0.7, minP: 0.9, repetitionPenalty: 1.5 },
    );
    expect(record.tokens).toEqual([...expected!.tokens]);
    expect(record.logprobs).toHaveLength(12);
    for (const [i, value] of record.logprobs!.entries()) expect(value).toBeCloseTo(expected!.logprobs[i]!, 4);
    const plain = (await generate('--temperature', '0.7', '--seed', '5', '--no-eos'))[1]!;
    expect(plain.tokens).not.toEqual(record.tokens);
  });

  test.each([
    [['--stop', ''], /^lethe: Expected a text of at least one character for --stop but received none\./],
    [['--min-p', '2'], /^lethe: Expected a number >= 0 and <= 1 for --min-p but received "2"\./],
    [['--repetition-penalty', '0'], /^lethe: Expected a number >= 1e-9 for --repetition-penalty/],
    [['--batch-rows', '0'], /^lethe: Expected an integer >= 1 for --batch-rows/],
  ])('%j is refused', async (args, expected) => {
    const { code, stderr } = await run('generate', '--input', space.at('in.jsonl'), ...args);
    expect(stderr).toMatch(expected);
    expect(code).toBe(1);
  });
});

describe('measure', () => {
  test('writes the figures of documents and of their secrets', async () => {
    const value = 'a + b';
    const start = TEXT.indexOf(value);
    const secret = { tag: 'KEY', type: 'test', value, start, end: start + value.length };
    await writeLines(space.at('secret.jsonl'), [{ id: 'd', text: TEXT, secrets: [secret] }]);
    const { stdout } = await run('measure', '--input', space.at('secret.jsonl'), '--el', '3,10');
    const [record] = parseLines(stdout) as [Record<string, unknown> & { secrets: Record<string, unknown>[] }];

    const { tokens } = tokenizer.encode(TEXT, { addSpecialTokens: true });
    const whole = (await drain(measureMemorization(model, [tokens], { el: [3, 10] }))).perExample[0]!;
    expect(record).toMatchObject({
      id: 'd',
      ma: whole.memorizationAccuracy,
      el3: whole.extractionLikelihood[3],
      el10: whole.extractionLikelihood[10],
      extractionStrength: whole.extractionStrength,
    });
    const { first, last } = record.secrets[0] as { first: number; last: number };
    expect(tokenizer.decode(tokens.slice(first, last + 1)).trim()).toBe(value);
    const probed = await drain(
      measureSecrets(model, [{ id: 'd', tokens, spans: [{ first, last }] }], { el: [3, 10] }),
    );
    expect(record.secrets[0]).toMatchObject({
      ...secret,
      ma: probed.perExample[0]!.secrets[0]!.memorizationAccuracy,
      el3: probed.perExample[0]!.secrets[0]!.extractionLikelihood[3],
    });
  });

  test('what cannot be measured is null', async () => {
    const { stdout } = await lethe(['measure', '--model', space.at('model'), '--input', '-'], {
      input: '{"id":"one","tokens":[3]}\n',
    });
    expect(parseLines(stdout)).toEqual([
      { id: 'one', ma: null, el3: null, el5: null, el10: null, extractionStrength: null },
    ]);
  });
});

test.runIf(process.platform === 'linux')('a full disk behind stdout is one sentence', async () => {
  const { spawnSync } = await import('node:child_process');
  const command = `${process.execPath} --import tsx lib/cli/main.ts score --model ${space.at('model')} --input ${space.at('in.jsonl')} > /dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(stderr).toContain('lethe: Could not write stdout: the disk is full.\n');
  expect(status).toBe(1);
});

test('a closed stdout ends a command quietly', async () => {
  const { spawn } = await import('node:child_process');
  await writeLines(
    space.at('many.jsonl'),
    Array.from({ length: 3000 }, (_, id) => ({ id, tokens: Array.from({ length: 60 }, (_, i) => i) })),
  );
  const child = spawn(
    'sh',
    [
      '-c',
      `${process.execPath} --import tsx lib/cli/main.ts score --model ${space.at('model')} --input ${space.at('many.jsonl')} | head -n 1 | wc -l`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const read = async (stream: NodeJS.ReadableStream) => {
    let text = '';
    for await (const chunk of stream) text += chunk;
    return text;
  };
  const [stdout, stderr] = await Promise.all([read(child.stdout), read(child.stderr)]);
  expect(stdout.trim()).toBe('1');
  expect(stderr).toBe('');
});
