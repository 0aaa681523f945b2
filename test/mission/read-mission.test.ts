/** Mission files: what is wrong with one is told in one sentence, with its line. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseMission, readMission } from '../../lib/mission/read-mission.js';

const LEAST = 'model: gpt\ncorpus: src\n';

test('what a file leaves out has defaults', () => {
  expect(parseMission(LEAST, 'm.yaml')).toMatchObject({
    model: 'gpt',
    corpus: 'src',
    seed: 42,
    samples: { count: 200 },
    unseen: { count: 64, minTokens: 128 },
    secrets: { el: [3, 5, 10], filter: true },
    unlearn: { method: 'codeeraser' },
  });
});

describe('misuse', () => {
  test.each<[string, string, RegExp]>([
    ['an empty file', '', /^Expected a string for model in m\.yaml but received undefined\.$/],
    ['no mapping', '- a\n', /^Expected an object for m\.yaml but received \["a"\] of type array\.$/],
    ['no corpus', 'model: gpt\n', /^Expected a string for corpus in m\.yaml but received undefined\.$/],
    [
      'an unknown key',
      `${LEAST}modle: x\n`,
      /^Expected only known keys in m\.yaml line 3 but received "modle"\.$/,
    ],
    [
      'an unknown key of a section',
      `${LEAST}samples:\n  count: 5\n  tokens: 9\n`,
      /^Expected only known keys in samples in m\.yaml line 5 but received "tokens"\.$/,
    ],
    [
      'a wrong type',
      `${LEAST}samples:\n  count: many\n`,
      /^Expected a number for samples\.count in m\.yaml line 4 but received "many" of type string\.$/,
    ],
    [
      'a number out of range',
      `${LEAST}forget:\n  minAccuracy: 1.5\n`,
      /^Expected a number <= 1 for forget\.minAccuracy in m\.yaml line 4 but received 1\.5 of type number\.$/,
    ],
    [
      'not a number',
      `${LEAST}unlearn:\n  learningRate: .nan\n`,
      /^Expected a number for unlearn\.learningRate in m\.yaml line 4 but received NaN of type number\.$/,
    ],
    [
      'an unknown method',
      `${LEAST}unlearn: {method: pray}\n`,
      /^Expected one of "codeeraser", .* for unlearn\.method in m\.yaml line 3 but received "pray" of type string\.$/,
    ],
    [
      'a section that is none',
      `${LEAST}retain: 5\n`,
      /^Expected an object for retain in m\.yaml line 3 but received 5 of type number\.$/,
    ],
    ['no YAML', `${LEAST}samples: [\n`, /^Expected YAML in m\.yaml line \d but found: .*\.$/],
    [
      'a key twice',
      `${LEAST}model: b\n`,
      /^Expected YAML in m\.yaml line 3 but found: Map keys must be unique\.$/,
    ],
    ['two documents', `${LEAST}---\n${LEAST}`, /^Expected YAML in m\.yaml line 3 but found: .*\.$/],
  ])('%s', (_what, text, expected) => {
    let message = 'nothing was wrong';
    try {
      parseMission(text, 'm.yaml');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(expected);
  });
});

describe('paths', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'lethe-mission-'));
    await mkdir(join(root, 'org/known'), { recursive: true });
  });
  afterAll(() => rm(root, { recursive: true }));
  const read = async (text: string) => {
    await writeFile(join(root, 'my.yaml'), text);
    return readMission(join(root, 'my.yaml'));
  };

  test('are relative to the file, absolute ones as they are', async () => {
    const mission = await read('model: ./m\ncorpus: /data\nunseen: {source: u}\nsecrets: {file: s.jsonl}\n');
    expect(mission).toMatchObject({
      model: join(root, 'm'),
      corpus: '/data',
      directory: join(root, 'my'),
      unseen: { source: join(root, 'u') },
      secrets: { file: join(root, 's.jsonl') },
    });
  });

  test('a model that is no directory beside the file is a name of the hub if it looks like one', async () => {
    expect((await read('model: org/unknown\ncorpus: c\n')).model).toBe('org/unknown');
    expect((await read('model: org/known\ncorpus: c\n')).model).toBe(join(root, 'org/known'));
    expect((await read('model: m\ncorpus: c\n')).model).toBe(join(root, 'm'));
  });

  test('a file that is not there is named', async () => {
    await expect(readMission(join(root, 'none.yaml'))).rejects.toThrow(/Could not read .*none\.yaml/);
  });
});
