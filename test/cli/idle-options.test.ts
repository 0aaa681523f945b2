/** Options without an effect beside others are refused by every command, before anything is read. */
import { afterEach, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/program.js';

const RECORDS = '--model m --input in.jsonl --output out.jsonl';

const IDLE: [command: string, flag: string, beside: string][] = [
  [`generate ${RECORDS} --temperature 0 --top-k 5`, '--top-k', 'with --temperature 0'],
  [`generate ${RECORDS} --temperature 0 --top-p 0.5`, '--top-p', 'with --temperature 0'],
  [`generate ${RECORDS} --temperature 0 --min-p 0.5`, '--min-p', 'with --temperature 0'],
  [`generate ${RECORDS} --temperature 0 --seed 1`, '--seed', 'with --temperature 0'],
  ['sample --model m --temperature 0 --top-k 5', '--top-k', 'with --temperature 0'],
  ['sample --model m --temperature 0 --seed 5', '--seed', 'with --temperature 0'],
  ['sample --model m --hidden', '--hidden', 'without --function-prompts'],
  ['sample --model m --exclude x', '--exclude', 'without --function-prompts'],
  [`measure ${RECORDS} --encoding apart --overlap published`, '--overlap', 'with --encoding apart'],
  ...['score', 'measure', 'generate'].flatMap((command): [string, string, string][] => [
    [
      `${command} ${RECORDS} --format csv`,
      '--format',
      'with names of --input and --output that say the format',
    ],
    [`${command} --model m --input in.jsonl --force`, '--force', 'with --output -'],
  ]),
  ['secrets scan --input in.jsonl --force', '--force', 'with --output -'],
  ['secrets probe --model m --input in.jsonl --force', '--force', 'with --output -'],
  ['report run --output - --force', '--force', 'with --output -'],
  ...['--runs 5', '--seed 1'].map((given): [string, string, string] => [
    `threshold ${RECORDS} ${given}`,
    given.split(' ')[0]!,
    'without --sample-size, which takes all documents in every run,',
  ]),
  ['train --model m --tokenizer t --input i --output o', '--tokenizer', 'with --model, which has one,'],
  ['train --config c --revision r --input i --output o', '--revision', 'without --model'],
  ['train --config c --local-files-only --input i --output o', '--local-files-only', 'without --model'],
  [
    'unlearn --model m --forget f --thresholds 1,1 --output o --retain-tokens 9',
    '--retain-tokens',
    'without --retain',
  ],
  [
    'unlearn --model m --forget f --thresholds 1,1 --output o --allow-overlap',
    '--allow-overlap',
    'without --retain or --unseen',
  ],
  ...(
    [
      ['ssga', '--lambda 1'],
      ['ssga', '--alpha 1'],
      ['ssga', '--schedule joint'],
      ['cu', '--gamma 1'],
      ['cu', '--prefix-tokens 9'],
      ['ga', '--gamma 1'],
      ['ga', '--secret-tokens 9'],
    ] as const
  ).map(([method, given]): [string, string, string] => [
    `unlearn --model m --forget f --thresholds 1,1 --output o --method ${method} ${given}`,
    given.split(' ')[0]!,
    `with --method ${method}`,
  ]),
  ['rank --model m --outputs o --output r --counting published', '--counting', 'without --log'],
  ['rank --model m --outputs o --output r --shards s', '--shards', 'without --log'],
  ['analyze l --outputs o --map m --output a --min-tokens 1', '--min-tokens', 'without --tokenizer'],
  ['analyze l --outputs o --map m --output a --max-tokens 1', '--max-tokens', 'without --tokenizer'],
  ['clones o s --force', '--force', 'without a file for --log'],
  ['clones o s --json --format simian', '--format', 'without --log'],
  ['clones o s --shard 1/2 --separately', '--separately', 'with --shard, which does so,'],
  ['run m.yaml --model m', '--model', 'without --init'],
  ['run --init --only x', '--only', 'with --init'],
  ['run m.yaml --dry-run --json', '--json', 'with --dry-run'],
];

afterEach(() => vi.restoreAllMocks());

test.each(IDLE)('%s', async (command, flag, beside) => {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  expect(await main(command.split(' '))).toBe(1);
  // Node warns of so many command lines in one process.
  expect(said.filter((line) => line.startsWith('lethe:')).join('')).toBe(
    `lethe: Expected ${flag} to have an effect but ${beside} it has none. Leave ${flag} out.\n`,
  );
});

test.each([
  `generate ${RECORDS} --temperature 0.5 --top-k 5 --seed 1`,
  'score --model m --input in --output out.csv --format csv',
  'unlearn --model m --forget f --thresholds 1,1 --output o --method codeeraser --retain r --retain-tokens 9',
  'threshold --model m --input in.jsonl --output o --runs 2 --sample-size 3 --seed 4',
  'train --config c --tokenizer t --input i --output o --seed 3',
])('%s has effects', async (command) => {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  // Nothing of what it names is there.
  expect(await main(command.split(' '))).toBe(1);
  expect(said.join('')).not.toContain('to have an effect');
});
