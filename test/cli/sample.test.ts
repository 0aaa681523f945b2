import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readRunManifest } from '../../lib/data/outputs/run-manifest.js';
import { lethe, workspace, writeTinyModel } from './run-cli.js';

it('goes on after Ctrl-C as if it had never been stopped, and says little without a terminal', async () => {
  await using at = await workspace();
  await writeTinyModel(at.at('model'));
  const sample = (output: string) => [
    ...['sample', '--model', at.at('model'), '--output', at.at(output), '--count', '1100'],
    ...[
      '--max-tokens',
      '24',
      '--layout',
      'jsonl',
      '--log-probs',
      '--threads',
      '1',
      '--temperature',
      'decaying',
    ],
  ];
  const whole = await lethe(sample('whole'));
  expect(whole).toMatchObject({ code: 0, stdout: '' });
  // On a busy machine a line every half minute comes before.
  expect(whole.stderr.replace(/^sample {2}.*\n/gm, '')).toBe(
    `${at.at('whole')} holds outputs 0 to 1099 now; 1100 were made, 26400 tokens.\n`,
  );

  const stopped = await lethe(sample('stopped'), {
    interruptWhen: async () => {
      const begun = () => readdir(at.at('stopped')).catch(() => []);
      while (!(await begun()).some((name) => name.startsWith('outputs-'))) await setTimeout(20);
    },
  });
  expect(stopped.code).not.toBe(0);
  expect(stopped.stderr).toContain('Finished outputs are kept; run the same command to go on.');
  const resumed = await lethe(sample('stopped'));
  expect(resumed.code).toBe(0);
  const made = Number(/; (\d+) were made/.exec(resumed.stderr)?.[1]);
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(1100);

  for (const directory of ['whole', 'stopped'])
    for (const name of ['campaign.json', 'run.json']) await rm(at.at(`${directory}/${name}`));
  const names = await readdir(at.at('whole'));
  expect(names.sort()).toEqual(
    ['logprobs', 'outputs'].flatMap((name) => [`${name}-000000.jsonl`, `${name}-000001.jsonl`]),
  );
  expect((await readdir(at.at('stopped'))).sort()).toEqual(names);
  for (const name of names.filter((file) => file.startsWith('outputs')))
    expect(await readFile(at.at(`stopped/${name}`), 'utf8')).toBe(
      await readFile(at.at(`whole/${name}`), 'utf8'),
    );
});

it('asks by default for as many tokens as a small context leaves', async () => {
  await using at = await workspace();
  await writeTinyModel(at.at('model'));
  const { code, stderr } = await lethe([
    'sample',
    '--model',
    at.at('model'),
    '--output',
    at.at('o'),
    '--count',
    '2',
  ]);
  expect(stderr).toContain('holds outputs 0 to 1 now');
  expect(code).toBe(0);
  const { options } = await readRunManifest(at.at('o'));
  expect(options.maxTokens).toBe(64 - 1);
});
