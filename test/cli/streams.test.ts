/** `-` for stdin wherever one input is read, pipes, and inputs that hold nothing. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { InputArgument, InputOption } from '../../lib/cli/inputs/streams.js';
import { lethe, ROOT, workspace, writeLines, writeTinyModel } from './run-cli.js';

const TEXT = 'def add(a, b):\n    return a + b\n';
const KEY = 'AKIAQYLPMN5HFIQR7XYA';
const SECRET = `k = "${KEY}"\n`;
const MERGED = `a = 1\n\nSubmission>>>>>>${'0'.repeat(32)}>>>>>>Submission\n`;

let space: Awaited<ReturnType<typeof workspace>>;

beforeAll(async () => {
  space = await workspace();
  await writeTinyModel(space.at('model'));
  const start = SECRET.indexOf(KEY);
  const secrets = [{ tag: 'KEY', type: 'AWS', value: KEY, start, end: start + KEY.length }];
  await writeLines(space.at('text.jsonl'), [{ id: 'a', text: TEXT }]);
  await writeLines(space.at('secrets.jsonl'), [{ id: 'a', text: SECRET, secrets }]);
  await writeLines(space.at('other.jsonl'), [{ id: 'b', text: `${TEXT}\nadd(1, 2)\n` }]);
  await writeLines(space.at('scores.jsonl'), [{ id: 'a', hits: [1, 0, 1] }]);
  const figures = { first: 3, last: 30 };
  await writeLines(space.at('probes.jsonl'), [
    { id: 'a', text: SECRET, ma: 1, secrets: secrets.map((secret) => ({ ...secret, ...figures })) },
  ]);
  await writeFile(space.at('all_0-0'), MERGED);
});

afterAll(() => space[Symbol.asyncDispose]());

/** Command lines in which the input `-` is that file; `MODEL` and other names in capitals are filled in. */
const READERS: [command: string, file: string][] = [
  ['score --model MODEL --input - --output OUT', 'text.jsonl'],
  ['generate --model MODEL --input - --output OUT --max-tokens 2', 'text.jsonl'],
  ['measure --model MODEL --input - --output OUT', 'text.jsonl'],
  ['secrets scan --input - --output OUT', 'text.jsonl'],
  ['secrets probe --model MODEL --input - --output OUT', 'secrets.jsonl'],
  ['threshold --model MODEL --input - --output OUT', 'text.jsonl'],
  ['train --model MODEL --input - --output OUT', 'text.jsonl'],
  [
    'unlearn --model MODEL --forget - --thresholds 0.9,0.9 --max-epochs 1 --method ga --output OUT',
    'secrets.jsonl',
  ],
  [
    'unlearn --model MODEL --forget SECRETS --retain - --thresholds 0.9,0.9 --max-epochs 1 --output OUT',
    'other.jsonl',
  ],
  [
    'unlearn --model MODEL --forget SECRETS --unseen - --max-epochs 1 --method ga --output OUT',
    'other.jsonl',
  ],
  ['rank --model MODEL --outputs - --output OUT', 'all_0-0'],
  ['set documents - --tokenizer MODEL --output OUT', 'text.jsonl'],
  ['set documents TEXT --tokenizer MODEL --secrets - --output OUT', 'secrets.jsonl'],
  ['set forget --input - --size 1 --min-tokens 1 --output OUT', 'probes.jsonl'],
  ['set retain --input - --scores SCORES --size 1 --min-accuracy 0 --output OUT', 'text.jsonl'],
  ['set retain --input TEXT --scores - --size 1 --min-accuracy 0 --output OUT', 'scores.jsonl'],
];

const FILES: Readonly<Record<string, string>> = {
  MODEL: 'model',
  TEXT: 'text.jsonl',
  SECRETS: 'secrets.jsonl',
  SCORES: 'scores.jsonl',
};

function argsOf(command: string, output: string): string[] {
  return command
    .split(' ')
    .map((word) => (word === 'OUT' ? output : word in FILES ? space.at(FILES[word]!) : word));
}

interface Source {
  readonly path: string;
  readonly digest: string;
}

/** What the record of a run says of its inputs and of the files that it made. */
async function recordOf(output: string): Promise<{ inputs: Source[]; files: unknown }> {
  const text = await readFile(`${output}.run.json`, 'utf8').catch(() =>
    readFile(`${output}/run.json`, 'utf8'),
  );
  const { inputs, results } = JSON.parse(text) as { inputs: Source[]; results: Record<string, unknown> };
  const files = Object.values(results.files as object);
  return { inputs, files: results.verdict === undefined ? files : files.length };
}

describe('-', () => {
  test.each(READERS)('%s', async (command, file) => {
    const input = await readFile(space.at(file), 'utf8');
    const outputs = await mkdtemp(space.at('outputs-'));
    const [piped, named] = [`${outputs}/piped`, `${outputs}/named`];
    const env = { TMPDIR: await mkdtemp(space.at('tmp-')) };
    const ran = await lethe(argsOf(command, piped), { input, env });
    expect([0, 3], ran.stderr).toContain(ran.code);
    await lethe(argsOf(command.replace(/(^| )-( |$)/, ` ${space.at(file)} `).trim(), named));
    const [fromPipe, fromFile] = [await recordOf(piped), await recordOf(named)];
    expect(fromPipe.files).toEqual(fromFile.files);
    // The same contents, called as the user called them.
    expect(fromPipe.inputs.map(({ digest }) => digest)).toEqual(fromFile.inputs.map(({ digest }) => digest));
    expect(fromPipe.inputs.filter(({ path }) => path === '-')).toHaveLength(1);
    // The same input again is recognised, though it came through a pipe.
    const again = await lethe(argsOf(command, piped), { input });
    expect(again.stderr).toMatch(/finished|none is computed again/);
    const empty = await lethe(argsOf(command, `${outputs}/none`), { input: '', env });
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(
      /^lethe: Expected (at least one record|outputs, each with a separator line after it,) in stdin but /,
    );
    expect(readdirSync(env.TMPDIR)).toEqual([]);
  });

  test('of two options at once is refused', async () => {
    const args = argsOf(
      'unlearn --model MODEL --forget - --retain - --thresholds 0.9,0.9 --output OUT',
      space.at('x'),
    );
    const { code, stderr } = await lethe(args);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'lethe: Expected stdin for one of --forget and --retain but received it for both. Save one of them to a file.\n',
    );
  });

  test('is the prompt of sample', async () => {
    const command = 'sample --model MODEL --count 1 --max-tokens 2 --output OUT';
    const piped = [...argsOf(command, space.at('piped')), '--prompt-file', '-'];
    const given = [...argsOf(command, space.at('given')), '--prompt', 'def add('];
    expect((await lethe(piped, { input: 'def add(' })).code).toBe(0);
    expect((await lethe(given)).code).toBe(0);
    const outputs = ['piped', 'given'].map((name) => readFile(space.at(`${name}/separate/0`), 'utf8'));
    expect(await outputs[0]).toBe(await outputs[1]);
  });

  test('is said in the help of the options that take it, and of no others', async () => {
    const commands: Command[] = [];
    const add = (command: Command) => {
      commands.push(command);
      command.commands.forEach(add);
    };
    for (const { load } of Object.values(COMMANDS)) add(await load(async () => 0));
    let found = 0;
    for (const command of commands) {
      for (const option of command.options) {
        if (option instanceof InputOption) found++;
        expect(option.description.includes('- for stdin'), option.flags).toBe(option instanceof InputOption);
      }
      for (const argument of command.registeredArguments)
        expect(argument.description.includes('- for stdin')).toBe(argument instanceof InputArgument);
    }
    expect(found).toBeGreaterThanOrEqual(16);
  });

  test('that is the output, redirected, is refused', async () => {
    const path = space.at('same.jsonl');
    await copyFile(space.at('text.jsonl'), path);
    const command = `"${process.execPath}" build-test/cli/main.js score --model "${space.at('model')}" --input - --output "${path}" < "${path}"`;
    expect(() => execFileSync('sh', ['-c', command], { cwd: ROOT, stdio: 'pipe' })).toThrow(
      /Expected --output and --input to differ/,
    );
    expect(await readFile(path, 'utf8')).toBe(await readFile(space.at('text.jsonl'), 'utf8'));
  });
});

test.runIf(process.platform !== 'win32')('named pipes are read once, and devices are refused', async () => {
  const pipe = space.at('pipe.jsonl');
  execFileSync('mkfifo', [pipe]);
  const records = await readFile(space.at('text.jsonl'));
  for (const output of ['-', space.at('from-pipe')]) {
    const [{ code, stderr }] = await Promise.all([
      lethe(argsOf(`score --model MODEL --input ${pipe} --output ${output}`, '')),
      writeFile(pipe, records),
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Scored 1 record.');
  }
  const { code, stderr } = await lethe(argsOf('score --model MODEL --input /dev/zero', ''));
  expect(code).toBe(1);
  expect(stderr).toBe('lethe: Expected a file or a pipe for --input but /dev/zero is a device.\n');
});
