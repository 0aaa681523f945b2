/** The stages of a mission as command lines, and which of them are asked for. */
import { describe, expect, test } from 'vitest';
import { secondsOf, workOf } from '../../lib/mission/estimate.js';
import type { Mission } from '../../lib/mission/mission.js';
import { missionPaths } from '../../lib/mission/paths.js';
import { parseMission } from '../../lib/mission/read-mission.js';
import { selectStages } from '../../lib/mission/select-stages.js';
import { stagesOf } from '../../lib/mission/stages.js';
import { missionTemplate } from '../../lib/mission/template.js';

function missionOf(text = ''): Mission {
  return { ...parseMission(`model: gpt\ncorpus: src\n${text}`, 'm.yaml'), directory: 'out' };
}

const stage = (mission: Mission, name: string) => stagesOf(mission).find((each) => each.name === name)!;

describe('stagesOf', () => {
  test('every input is given or made by a stage before', () => {
    const mission = missionOf();
    const paths = missionPaths(mission);
    const made: string[] = [];
    for (const { name, inputs, output } of stagesOf(mission)) {
      for (const input of inputs)
        expect(
          ['gpt', 'src', paths.directory].includes(input) ||
            made.some((path) => input.startsWith(path) || path.startsWith(input)),
          `${input} of ${name}`,
        ).toBe(true);
      made.push(output);
    }
  });

  test('no two stages write the same place, and what a command line names as input is an input', () => {
    const stages = stagesOf(missionOf());
    expect(new Set(stages.map(({ output }) => output)).size).toBe(stages.length);
    expect(new Set(stages.map(({ name }) => name)).size).toBe(stages.length);
    for (const { argv, inputs } of stages) {
      const named = argv.filter((_, i) =>
        ['--input', '--forget', '--retain', '--thresholds'].includes(argv[i - 1]!),
      );
      expect(inputs).toEqual(expect.arrayContaining(named));
    }
  });

  test('options go to the commands as they stand in the file, and what is left out is left to the command', () => {
    const { argv } = stage(missionOf('unlearn: {learningRate: 1e-4, maxGradNorm: 0}\n'), 'erase');
    expect(argv.join(' ')).toContain('--method codeeraser --learning-rate 0.0001 --max-grad-norm 0 --output');
    expect(argv).not.toContain('--alpha');
    expect(stage(missionOf(), 'probe-after').argv).toEqual(
      expect.arrayContaining(['--model', 'out/unlearned', '--el', '3,5,10']),
    );
  });

  test('a small corpus is shared by the unseen documents that are held out of it and those to retain', () => {
    expect(stage(missionOf(), 'unseen').argv.join(' ')).toContain('--share 0.5');
    expect(stage(missionOf('unseen: {source: other}\n'), 'unseen').argv).not.toContain('--share');
  });

  test('a method without terms on retained documents gets none', () => {
    expect(stage(missionOf('unlearn: {method: ga}\n'), 'erase').argv).not.toContain('--retain');
    expect(stage(missionOf(), 'erase').argv).toContain('--retain');
  });

  test('spans of a user stand for the scan, and unseen code is held out of the corpus where none is named', () => {
    const own = missionOf('secrets: {file: spans.jsonl}\nunseen: {source: other}\n');
    expect(stage(own, 'scan')).toBeUndefined();
    expect(stage(own, 'candidates').argv.join(' ')).toContain('--secrets spans.jsonl');
    expect(stage(own, 'unseen').argv.slice(0, 3)).toEqual(['set', 'documents', 'other']);
    expect(stage(own, 'unseen').argv).not.toContain('--without');
    expect(stage(missionOf(), 'unseen').argv.slice(-2)).toEqual(['--without', 'out/secrets/secrets.jsonl']);
  });
});

describe('selectStages', () => {
  const stages = ['corpus', 'sample-before', 'erase', 'sample-after', 'report'].map((name) => ({ name }));
  const names = (selection: Parameters<typeof selectStages>[1]) =>
    selectStages(stages, selection).map(({ name }) => name);

  test.each<[Parameters<typeof selectStages>[1], string[]]>([
    [{}, ['corpus', 'sample-before', 'erase', 'sample-after', 'report']],
    [{ only: ['erase'] }, ['erase']],
    [{ only: ['sample'] }, ['sample-before', 'sample-after']],
    [{ from: 'erase' }, ['erase', 'sample-after', 'report']],
    [{ from: 'sample' }, ['sample-before', 'erase', 'sample-after', 'report']],
    [{ skip: ['sample', 'report'] }, ['corpus', 'erase']],
    [{ from: 'erase', skip: ['report'] }, ['erase', 'sample-after']],
  ])('%j', (selection, expected) => {
    expect(names(selection)).toEqual(expected);
  });

  test.each(['only', 'from', 'skip'])('a name that no stage has is refused by --%s', (option) => {
    const value = option === 'from' ? 'erasure' : ['erasure'];
    expect(() => names({ [option]: value })).toThrow(
      `Expected the name of a stage for --${option} but received "erasure".`,
    );
  });
});

describe('missionTemplate', () => {
  const options = { model: 'a model', corpus: '../src', parameters: 135e6, contextLength: 2048, cores: 2 };

  test('is a mission that parses, for models of any size', () => {
    for (const [parameters, contextLength] of [
      [1e5, 32],
      [135e6, 2048],
      [70e9, 8192],
    ] as const) {
      const mission = parseMission(missionTemplate({ ...options, parameters, contextLength }), 'm.yaml');
      expect(mission.model).toBe('a model');
      expect(mission.samples.maxTokens).toBeLessThan(contextLength);
      expect(mission.secrets.maxTokens).toBeLessThanOrEqual(contextLength);
      expect(mission.unseen.source).toBeUndefined();
    }
    expect(parseMission(missionTemplate({ ...options, unseen: 'u' }), 'm').unseen.source).toBe('u');
  });

  test('a larger model gets less work, a faster machine more', () => {
    const samples = (more: object) =>
      parseMission(missionTemplate({ ...options, ...more }), 'm').samples.count;
    expect(samples({ parameters: 500e6 })).toBeLessThan(samples({}));
    expect(samples({ cores: 16 })).toBeGreaterThan(samples({}));
  });
});

test('work grows with what is asked for, and stages without a model have none', () => {
  const seconds = (name: string, text = '') => secondsOf(workOf({ name }, missionOf(text))!, 100);
  expect(seconds('sample-before', 'samples: {count: 400}\n')).toBeCloseTo(2 * seconds('sample-after'), 6);
  expect(seconds('erase', 'unlearn: {maxEpochs: 200}\n')).toBeCloseTo(2 * seconds('erase'), 6);
  expect(workOf({ name: 'merge-before' }, missionOf())).toBeUndefined();
});
