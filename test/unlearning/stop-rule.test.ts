import { describe, expect, test } from 'vitest';
import { decideStop, isBetter, needsExtraction, type StopRule } from '../../lib/unlearning/stop-rule.js';

const rule: StopRule = {
  thresholds: { memorizationAccuracy: 0.4, extractionLikelihood: { 10: 0.05 } },
  elN: 10,
  margin: 0.1,
  patience: 3,
  maxEpochs: 8,
};

/** Evaluations from pairs of MA and EL_10, epoch 0 first. */
const historyOf = (pairs: [number, number | null][]) =>
  pairs.map(([memorizationAccuracy, extractionLikelihood], epoch) => ({
    epoch,
    memorizationAccuracy,
    extractionLikelihood,
  }));

describe('needsExtraction', () => {
  test.each([
    [0.9, false],
    [0.51, false],
    [0.5, true],
    [0.45, true],
    [0.4, true],
    [0, true],
  ])('at MA %d: %s', (accuracy, expected) => {
    expect(needsExtraction(accuracy, rule)).toBe(expected);
  });
});

describe('decideStop', () => {
  test.each<[string, [number, number | null][], string | undefined]>([
    ['nothing yet', [], undefined],
    ['MA far above', [[0.9, null]], undefined],
    [
      'MA near, EL_10 below already',
      [
        [0.9, null],
        [0.45, 0.01],
      ],
      undefined,
    ],
    [
      'both below',
      [
        [0.9, null],
        [0.39, 0.04],
      ],
      'forgotten',
    ],
    ['both below from the start', [[0.3, 0.01]], 'forgotten'],
    [
      'MA at its threshold',
      [
        [0.9, null],
        [0.4, 0.01],
      ],
      undefined,
    ],
    [
      'EL_10 at its threshold',
      [
        [0.9, null],
        [0.3, 0.05],
      ],
      undefined,
    ],
    [
      'EL_10 falling',
      [
        [0.9, null],
        [0.39, 0.4],
        [0.38, 0.3],
        [0.37, 0.2],
        [0.36, 0.1],
      ],
      undefined,
    ],
    [
      'EL_10 without improvement twice',
      [
        [0.39, 0.3],
        [0.38, 0.3],
        [0.37, 0.31],
      ],
      undefined,
    ],
    [
      'EL_10 without improvement three times',
      [
        [0.39, 0.3],
        [0.38, 0.3],
        [0.37, 0.31],
        [0.36, 0.3],
      ],
      'stalled',
    ],
    [
      'an improvement starts the count anew',
      [
        [0.3, 0.3],
        [0.3, 0.4],
        [0.3, 0.29],
        [0.3, 0.3],
        [0.3, 0.3],
      ],
      undefined,
    ],
    [
      'evaluations without EL_10 do not count',
      [
        [0.45, 0.3],
        [0.6, null],
        [0.6, null],
        [0.39, 0.3],
      ],
      undefined,
    ],
    [
      'stalled, but MA above its threshold',
      [
        [0.45, 0.3],
        [0.45, 0.3],
        [0.45, 0.3],
        [0.45, 0.3],
      ],
      undefined,
    ],
    [
      'stalled above, then MA falls below',
      [
        [0.45, 0.3],
        [0.45, 0.3],
        [0.45, 0.3],
        [0.39, 0.3],
      ],
      'stalled',
    ],
    ['the last epoch', Array.from({ length: 9 }, () => [0.9, null]), 'epochs'],
    ['the last but one', Array.from({ length: 8 }, () => [0.9, null]), undefined],
    [
      'forgotten in the last epoch',
      [...Array.from({ length: 8 }, () => [0.9, null] as [number, null]), [0.3, 0.01]],
      'forgotten',
    ],
  ])('%s', (_, pairs, expected) => {
    expect(decideStop(historyOf(pairs), rule)).toBe(expected);
  });
});

test.each<[string, number, number, [number, number | null], string | undefined]>([
  ['0 is below a threshold of 0', 0, 0, [0, 0], 'forgotten'],
  ['EL_10 alone', 0.4, 0, [0.3, 0], 'forgotten'],
  ['more than 0 is not', 0.4, 0, [0.3, 1e-9], undefined],
  ['nor is MA', 0, 0.1, [1e-9, 0], undefined],
  ['what was not measured is not 0', 0.4, 0, [0.3, null], undefined],
])('thresholds of 0: %s', (_, accuracy, extraction, pair, expected) => {
  const thresholds = { memorizationAccuracy: accuracy, extractionLikelihood: { 10: extraction } };
  expect(decideStop(historyOf([pair]), { ...rule, thresholds })).toBe(expected);
});

describe('isBetter', () => {
  test.each<[string, [number, number | null], [number, number | null], boolean]>([
    ['the lower MA above the threshold', [0.7, null], [0.8, null], true],
    ['the higher MA above the threshold', [0.8, null], [0.7, null], false],
    ['the same', [0.7, null], [0.7, null], false],
    ['below the threshold over above it, whatever EL_10', [0.39, 0.5], [0.45, 0.1], true],
    ['above the threshold', [0.45, 0.1], [0.39, 0.5], false],
    ['below it the lower EL_10, though MA is higher', [0.39, 0.1], [0.3, 0.2], true],
    ['below it the lower MA for the same EL_10', [0.3, 0.2], [0.39, 0.2], true],
  ])('%s', (_, a, b, expected) => {
    const [first, second] = historyOf([a, b]);
    expect(isBetter(first!, second!, rule)).toBe(expected);
  });
});
