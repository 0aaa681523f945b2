/** What every command has in common: help, one sentence for what went wrong, exit codes. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { lethe, workspace, writeTinyModel } from './run-cli.js';

describe('help', () => {
  test('lists every command, on stdout', async () => {
    const { code, stdout, stderr } = await lethe(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const name of Object.keys(COMMANDS)) expect(stdout).toContain(`\n  ${name}`);
  });

  test('needs no addon', async () => {
    const { code } = await lethe(['--version'], { env: { LETHE_LIBTORCH: '/nowhere' } });
    expect(code).toBe(0);
  });

  test.each([
    [['-h'], /Usage: lethe /],
    [['help'], /Usage: lethe /],
    [['help', 'score'], /Usage: lethe score /],
    [['score', '-h'], /Usage: lethe score /],
    [['help', 'clones', 'merge'], /Usage: lethe clones merge /],
    [['help', 'secrets', 'scan'], /Usage: lethe secrets scan /],
    [['-V'], /^\d+\.\d+\.\d+\n$/],
  ])('%j', async (args, expected) => {
    const { code, stdout } = await lethe(args);
    expect(stdout).toMatch(expected);
    expect(code).toBe(0);
  });

  test.each(Object.entries(COMMANDS))('of %s has a description and examples', async (name, { load }) => {
    const command = await load(async () => 0);
    expect(command.name()).toBe(name);
    expect(command.description()).not.toBe('');
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    expect(help).toContain('Examples:');
  });
});

/** Arguments and what the one sentence says. */
const MISUSE: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
  [['scroe'], /^lethe: Unknown command 'scroe' \(did you mean score\?\)\./],
  [['score', '--modle', 'x'], /^lethe: Unknown option '--modle' \(did you mean --model\?\)\./],
  [['score', '--input', '-'], /^lethe: Required option '--model <name>' not specified\./],
  [
    ['generate', '--model', 'x', '--input', '-', '--max-tokens', 'many'],
    /^lethe: Expected an integer >= 1 for --max-tokens but received "many"\.\n$/,
  ],
  [
    ['generate', '--model', 'x', '--input', '-', '--top-p', '1.5'],
    /^lethe: Expected a number >= 1e-9 and <= 1 for --top-p but received "1\.5"\.\n$/,
  ],
  [
    ['measure', '--model', 'x', '--input', '-', '--el', '3,5,3'],
    /^lethe: Expected each integer once for --el but received "3,5,3"\.\n$/,
  ],
  [
    ['measure', '--model', 'x', '--input', '-', '--el', '3,x'],
    /^lethe: Expected integers separated by commas >= 1 for --el but received "x"\.\n$/,
  ],
  [
    ['score', '--model', './no-such-model', '--input', '-'],
    /^lethe: Expected a model directory, or a name of the hub such as org\/name, but found no \.\/no-such-model\.\n$/,
  ],
  [
    ['unlearn', '--model', 'x', '--forget', 'f', '--output', 'o'],
    /^lethe: Expected --unseen or --thresholds, so that the run knows when to stop, but received neither\.\n$/,
  ],
  [
    ['unlearn', '--model', 'x', '--forget', 'f', '--output', 'o', '--thresholds', '0.4'],
    /^lethe: Expected MA and EL_10, .* but received "0\.4"\.\n$/,
  ],
  [
    ['train', '--input', 'package.json', '--output', 'o'],
    /^lethe: Expected --model or --config to say what to train but received neither\.\n$/,
  ],
  // Training takes float32 and offers nothing else.
  [['train', '--dtype', 'bfloat16'], /^lethe: Unknown option '--dtype'/],
  [['unlearn', '--dtype', 'float32'], /^lethe: Unknown option '--dtype'/],
  [
    ['score', '--model', 'x', '--input', '-', '--device', 'gpu'],
    /^lethe: Expected cpu, cuda or cuda:N for --device but received "gpu"\.\n$/,
  ],
];

test.each(MISUSE)('%j is refused in one sentence', async (args, expected) => {
  const { code, stdout, stderr } = await lethe(args);
  expect(stderr).toMatch(expected);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stdout).toBe('');
  expect(code).toBe(1);
});

test('an option that the library refuses is called as the user typed it', async () => {
  await using space = await workspace();
  await writeTinyModel(space.at('model'));
  const { code, stderr } = await lethe(
    ['generate', '--model', space.at('model'), '--input', '-', '--max-tokens', '3000000000'],
    { input: '{"id":1,"tokens":[1]}\n' },
  );
  expect(stderr).toBe(
    'lethe: Expected a number <= 2147483647 for --max-tokens but received 3000000000 of type number.\n',
  );
  expect(code).toBe(1);
});

test('a libtorch that is not there is one sentence with its remedy', async () => {
  await using space = await workspace();
  await writeTinyModel(space.at('model'));
  const { code, stderr } = await lethe(['score', '--model', space.at('model'), '--input', '-'], {
    env: { LETHE_LIBTORCH: space.at('nowhere') },
    input: '{"id":1,"text":"a b"}\n',
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^lethe: .*nowhere/);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('an option that a command and its subcommand both have is read by the one it follows', async () => {
  await using space = await workspace();
  const fixture = 'test/fixtures/clones/cases/03';
  const search = await lethe(['clones', `${fixture}/all`, `${fixture}/train`, '--log', space.at('one.log')]);
  expect(search.code).toBe(0);
  const merge = await lethe(['clones', 'merge', space.at('one.log'), '--log', space.at('all.log')]);
  expect(merge).toMatchObject({ code: 0, stdout: '' });
  expect(await readFile(space.at('all.log'), 'utf8')).toBe(await readFile(space.at('one.log'), 'utf8'));
});

test('LETHE_DEBUG shows where an error came from', async () => {
  const { stderr } = await lethe(['score', '--model', './x', '--input', '-'], { env: { LETHE_DEBUG: '1' } });
  expect(stderr).toContain('lethe: Expected a model directory');
  expect(stderr).toMatch(/\n {4}at .*hub/);
});

test('Ctrl-C ends with 130, says how to go on, and leaves the state that the next run needs', async () => {
  await using space = await workspace();
  await writeTinyModel(space.at('model'));
  const { access } = await import('node:fs/promises');
  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  const state = space.at('out.state');
  const { code, stdout, stderr } = await lethe(
    [
      ...['train', '--model', space.at('model'), '--input', 'LICENSE', '--output', space.at('out')],
      ...['--epochs', '10000000', '--max-tokens', '32'],
    ],
    {
      interruptWhen: async () => {
        while (!(await exists(state))) await new Promise((resolve) => setTimeout(resolve, 50));
        await new Promise((resolve) => setTimeout(resolve, 500));
      },
    },
  );
  expect(code).toBe(130);
  expect(stdout).toBe('');
  expect(stderr).toBe(
    `lethe: Stopped. Finished steps are kept in ${state}; run the same command to go on.\n`,
  );
  expect(await exists(`${state}/run-state.json`)).toBe(true);
  expect(await exists(space.at('out'))).toBe(false);
});
