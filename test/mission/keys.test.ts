/** Every key of a mission file has its effect: a changed value changes the command lines of the stages that it names. */
import { describe, expect, test } from 'vitest';
import { type Mission, missionSchema } from '../../lib/mission/mission.js';
import { stagesOf } from '../../lib/mission/stages.js';

/** A value that is not the default, and the stages that must see it. */
type Change = readonly [value: unknown, stages: readonly string[]];

const SAMPLED = ['sample-before', 'sample-after'];
const PROBED = ['probe-before', 'probe-after'];
const SCORED = ['retained', 'unseen', 'forget'].flatMap((set) => [
  `score-${set}-before`,
  `score-${set}-after`,
]);
const ON_MODEL_BEFORE = ['sample-before', 'rank', 'thresholds', 'probe-before', 'erase'];
const ON_HUB = [...ON_MODEL_BEFORE, 'unseen', 'candidates', 'retained'];
const ON_DEVICE = [...ON_MODEL_BEFORE, 'sample-after', ...PROBED, ...SCORED];
// Thresholds are drawn where there is a sample size.
const SEEDED = [...SAMPLED, 'unseen', 'candidates', 'retained', 'forget', 'retain'];

/** Keys that only the report reads have no stage. */
const CHANGES: Readonly<Record<string, Change>> = {
  title: ['A title', []],
  name: ['a-name', []],
  notes: [['A note.'], []],
  model: ['other', ON_HUB],
  revision: ['v2', ON_HUB],
  localFilesOnly: [true, ON_HUB],
  device: ['cuda', ON_DEVICE],
  threads: [1, ON_DEVICE],
  corpus: ['elsewhere', ['corpus', 'scan', 'candidates', 'retained']],
  directory: ['else', ['corpus', 'erase', 'report']],
  seed: [7, SEEDED],
  'samples.count': [5, SAMPLED],
  'samples.maxTokens': [5, SAMPLED],
  'samples.temperature': ['decaying', SAMPLED],
  'samples.topK': [5, SAMPLED],
  'samples.topP': [0.5, SAMPLED],
  'samples.prompt': ['def', SAMPLED],
  'samples.batchRows': [5, SAMPLED],
  'clones.threshold': [9, ['clones-before', 'clones-after']],
  'unseen.source': ['unseen', ['unseen']],
  'unseen.count': [5, ['unseen']],
  'unseen.maxTokens': [99, ['unseen']],
  'unseen.minTokens': [9, ['unseen']],
  'secrets.file': ['spans.jsonl', ['candidates', 'retained', 'unseen']],
  'secrets.types': [['KEY'], ['scan']],
  'secrets.filter': [false, ['scan']],
  'secrets.count': [5, ['candidates']],
  'secrets.maxTokens': [99, ['candidates', 'erase']],
  'secrets.prefixTokens': [9, [...PROBED, 'erase']],
  'secrets.secretTokens': [9, [...PROBED, 'erase']],
  'secrets.el': [[4], PROBED],
  'thresholds.maxTokens': [9, ['thresholds']],
  'thresholds.runs': [9, ['thresholds']],
  'thresholds.sampleSize': [9, ['thresholds']],
  'thresholds.el': [[4], ['thresholds']],
  'forget.size': [5, ['forget']],
  'forget.minAccuracy': [0.1, ['forget']],
  'forget.minTokens': [9, ['forget']],
  'retain.candidates': [5, ['retained']],
  'retain.maxTokens': [99, ['retained', 'erase']],
  'retain.minTokens': [9, ['retained']],
  'retain.size': [5, ['retain']],
  'retain.minAccuracy': [0.1, ['retain']],
  'unlearn.method': ['ga', ['erase']],
  ...Object.fromEntries(
    Object.entries({
      ...{ gamma: 0.5, lambda: 0.5, alpha: 0.5, schedule: 'joint', reduction: 'mean', microBatch: 4 },
      ...{ retainTokens: 9, learningRate: 0.5, maxGradNorm: 0.5, maxEpochs: 9, margin: 0.5, patience: 9 },
    }).map(([key, value]) => [`unlearn.${key}`, [value, ['erase']] as const]),
  ),
};

/** `section.key`, or the key alone, of all keys there are. */
function keysOf(schema: typeof missionSchema): string[] {
  return Object.entries(schema.shape).flatMap(([key, type]) => {
    const inner = 'innerType' in type.def ? type.def.innerType : type;
    return 'shape' in inner ? Object.keys(inner.shape as object).map((each) => `${key}.${each}`) : [key];
  });
}

function linesOf(values: Readonly<Record<string, unknown>>): Map<string, string> {
  const settings = missionSchema.parse({ model: 'org/model', corpus: 'src', ...values });
  const mission: Mission = { ...settings, directory: settings.directory ?? 'out' };
  return new Map(stagesOf(mission).map(({ name, argv }) => [name, JSON.stringify(argv)]));
}

function withValue(path: string, value: unknown): Record<string, unknown> {
  const [section, key] = path.split('.') as [string, string | undefined];
  return { [section]: key === undefined ? value : { [key]: value } };
}

test('all keys are tried', () => {
  expect(Object.keys(CHANGES).sort()).toEqual(keysOf(missionSchema).sort());
});

describe('a changed value is seen by its stages', () => {
  const before = linesOf({});
  test.each(Object.entries(CHANGES))('%s', (path, [value, stages]) => {
    const after = linesOf(withValue(path, value));
    const changed = [...before.keys()].filter((name) => after.get(name) !== before.get(name));
    expect(changed).toEqual(expect.arrayContaining([...stages]));
    if (stages.length === 0) expect(changed).toEqual([]);
  });
});

test('all that is drawn of a retained document is learned from, unless that is to be less', () => {
  expect(linesOf({ retain: { maxTokens: 300 } }).get('erase')).toContain('"--retain-tokens","300"');
  expect(linesOf({ unlearn: { retainTokens: 64 } }).get('erase')).toContain('"--retain-tokens","64"');
  expect(linesOf({ unlearn: { method: 'ga' } }).get('erase')).not.toContain('--retain-tokens');
});
