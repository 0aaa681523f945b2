/** No command says a secret: what it found wrong is quoted in messages, and may hold one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hideInMessage } from '../../lib/secrets/masking/hide-in-message.js';
import { lethe, writeTinyModel } from './run-cli.js';

const SECRET = 'ghp_Kq8zTn4wXy2LrVb6Jd7mPs3hGc9FuWa5Be1x';
const BODY = SECRET.slice(4, 12);

let directory: string;
const at = (name: string) => join(directory, name);
const FILES: Readonly<Record<string, string>> = {
  'torn.jsonl': `{"id": "a", "text": "x ${SECRET} y"\n`,
  'id.jsonl': `{"id": {"k": "${SECRET}"}, "text": "x"}\n`,
  'text.jsonl': `{"id": "a", "text": ["${SECRET}"]}\n`,
  'value.jsonl': `{"id": "a", "text": "x", "secrets": ["${SECRET}"]}\n`,
  'elsewhere.jsonl': `{"id": "a", "text": "x ${SECRET}", "secrets": [{"tag": "KEY", "type": "t", "value": "${SECRET}", "start": 0, "end": 40}]}\n`,
  'key.jsonl': `{"id": "a", "text": "x", "${SECRET}": 1, "secrets": 5}\n`,
  'rows.csv': `id,text\na,"${SECRET}" b\n`,
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-messages-'));
  await writeTinyModel(at('model'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(at(name), text);
  await writeFile(at('report.json'), `{"version": 1, "run": "${SECRET}"}`);
  await writeFile(at('analysis.json'), `{"version": "${SECRET}"}`);
  await writeFile(at('clones.log'), `Found ${SECRET}\n Between lines 1 and ${SECRET}\n`);
  await writeFile(at('map_0-0.json'), `{"0": {"md5": ["${SECRET}"], "start": 1, "end": 2}}`);
  await writeFile(at('all_0-0'), `${SECRET}\n`);
});
afterAll(() => rm(directory, { recursive: true }));

// `@name` is a file of the directory.
const COMMANDS: readonly (readonly string[])[] = [
  ...Object.keys(FILES).flatMap((name) => [
    ['secrets', 'scan', `@${name}`, '--output', '@scan.out'],
    ['corpus', 'build', `@${name}`, '--output', `@corpus-${name}`],
    ['measure', '--model', '@model', '--input', `@${name}`, '--output', '@measure.out'],
  ]),
  ['report', '@report.json'],
  ['report', '@analysis.json'],
  ['analyze', '@clones.log', '--outputs', '@all_0-0', '--map', '@map_0-0.json', '--output', '@analysis'],
  ['unlearn', '--model', '@model', '--forget', '@id.jsonl', '--thresholds', SECRET, '--output', '@o'],
  ['unlearn', '--model', '@model', '--forget', '@value.jsonl', '--thresholds', '0,0', '--output', '@o'],
  ['measure', '--model', '@model', '--input', '@id.jsonl', '--output', '@o', '--el', SECRET],
  [SECRET],
];

describe('messages', () => {
  it.each(COMMANDS.map((argv) => [argv.join(' ').replace(SECRET, 'SECRET'), argv] as const))(
    'lethe %s',
    async (_, argv) => {
      const { stdout, stderr } = await lethe(argv.map((each) => each.replace(/^@/, `${directory}/`)));
      expect(stderr).not.toBe('');
      expect(stderr).not.toContain(BODY);
      expect(stdout).not.toContain(BODY);
    },
  );

  it('are left as they are where they hold none', () => {
    const message = 'Expected a number >= 0 for temperature but received "hot" of type string.';
    expect(hideInMessage(message)).toBe(message);
    expect(hideInMessage(`received "${SECRET}".`)).not.toContain(BODY);
  });
});
