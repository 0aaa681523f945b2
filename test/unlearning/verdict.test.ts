import { describe, expect, test } from 'vitest';
import { isBelow } from '../../lib/report/verdict.js';
import { decideStop, type UnlearnStopReason } from '../../lib/unlearning/stop-rule.js';
import { isDamaged, judge, type Verdict } from '../../lib/unlearning/verdict.js';

const rule = {
  thresholds: { memorizationAccuracy: 0.4, extractionLikelihood: { 5: 0.9, 10: 0.1 } },
  elN: 10,
  margin: 0.1,
  patience: 5,
  maxEpochs: 100,
};

type Findings = readonly [accuracy: number, extraction: number | null, retained: number | null];

const historyOf = (rows: readonly Findings[]) =>
  rows.map(([memorizationAccuracy, extractionLikelihood, retainedLoss], epoch) => ({
    epoch,
    memorizationAccuracy,
    extractionLikelihood,
    retainedLoss,
  }));

describe('judge', () => {
  test.each<[string, Findings[], number, UnlearnStopReason, Verdict['reason']]>([
    [
      'below both',
      [
        [0.9, null, 1],
        [0.39, 0.09, 1],
      ],
      1,
      'forgotten',
      'below-thresholds',
    ],
    [
      'below both, whatever was lost',
      [
        [0.9, null, 1],
        [0.39, 0.09, 9],
      ],
      1,
      'forgotten',
      'below-thresholds',
    ],
    ['below both from the start', [[0.3, 0.05, 1]], 0, 'forgotten', 'below-thresholds'],
    [
      'MA at its threshold',
      [
        [0.9, null, 1],
        [0.4, 0.05, 1],
      ],
      1,
      'epochs',
      'unfinished',
    ],
    [
      'EL_10 at its threshold',
      [
        [0.9, null, 1],
        [0.3, 0.1, 1],
      ],
      1,
      'stalled',
      'stalled',
    ],
    [
      'EL_10 above when the epochs ran out',
      [
        [0.45, 0.3, 1],
        [0.39, 0.2, 1],
      ],
      1,
      'epochs',
      'unfinished',
    ],
    [
      'no change',
      [
        [0.9, null, 1],
        [0.9, null, 1],
      ],
      1,
      'epochs',
      'unchanged',
    ],
    [
      'hardly a change',
      [
        [0.9, null, 1],
        [0.86, null, 1],
      ],
      1,
      'epochs',
      'unchanged',
    ],
    [
      'a tenth of the way',
      [
        [0.9, null, 1],
        [0.84, null, 1],
      ],
      1,
      'epochs',
      'unfinished',
    ],
    [
      'no change, but what was to stay is lost',
      [
        [0.9, null, 1],
        [0.9, null, 2],
      ],
      1,
      'epochs',
      'damaged',
    ],
    [
      'lost in the last epoch, not in the one kept',
      [
        [0.9, null, 1],
        [0.6, null, 1.5],
        [0.7, null, 3],
      ],
      1,
      'epochs',
      'damaged',
    ],
    [
      'less than a nat',
      [
        [0.9, null, 1],
        [0.6, null, 1.99],
      ],
      1,
      'epochs',
      'unfinished',
    ],
    [
      'nothing to retain',
      [
        [0.9, null, null],
        [0.6, null, null],
      ],
      1,
      'epochs',
      'unfinished',
    ],
    ['NaN in the first step', [[0.9, null, 1]], 0, 'not-finite', 'not-finite'],
    [
      'NaN after damage',
      [
        [0.9, null, 1],
        [0.6, null, 8],
      ],
      1,
      'not-finite',
      'not-finite',
    ],
  ])('%s', (_, rows, bestEpoch, stopReason, reason) => {
    expect(judge(historyOf(rows), bestEpoch, stopReason, rule)).toEqual({
      forgotten: reason === 'below-thresholds',
      reason,
    });
  });
});

test.each([
  [1, 2, true],
  [1, 1.9, false],
  [3, 1, false],
  [null, 5, false],
  [1, null, false],
])('from %s to %s nats: damaged %s', (before, after, expected) => {
  expect(isDamaged({ retainedLoss: before }, { retainedLoss: after })).toBe(expected);
});

test('at thresholds of 0 the run, its verdict and the report judge alike', () => {
  const thresholds = { memorizationAccuracy: 0, extractionLikelihood: { 10: 0 } };
  const values = [0, 1e-9, 0.5, 1];
  for (const accuracy of values)
    for (const extraction of values) {
      const history = historyOf([
        [1, null, null],
        [accuracy, extraction, null],
      ]);
      const stop = decideStop(history, { ...rule, thresholds });
      const { forgotten } = judge(history, 1, stop ?? 'epochs', { ...rule, thresholds });
      expect(forgotten).toBe(stop === 'forgotten');
      expect(forgotten).toBe(isBelow(accuracy, 0) && isBelow(extraction, 0));
    }
});
