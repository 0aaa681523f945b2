import { expect, test } from 'vitest';
import { lengthBins, sumByBin } from '../../../lib/report/memorization/length-bins.js';

test('gives few lengths a bin each', () => {
  expect(lengthBins(6, 9).map(({ label }) => label)).toEqual(['6', '7', '8', '9']);
});

test('widens bins towards the long tail, and leaves the last one open', () => {
  expect(lengthBins(6, 500).map(({ label }) => label)).toEqual([
    '6',
    '7',
    '8',
    '9\u201310',
    '11\u201313',
    '14\u201318',
    '19\u201328',
    '29\u201348',
    '49\u201398',
    '99+',
  ]);
  expect(
    lengthBins(6, 30)
      .map(({ label }) => label)
      .at(-1),
  ).toBe('29\u201348');
});

test.each([
  [2, 2],
  [2, 13],
  [2, 14],
  [6, 106],
  [6, 98],
  [6, 99],
  [1, 5000],
])('puts every length from %i to %i into exactly one bin', (low, high) => {
  const rows = Array.from({ length: high - low + 1 }, (_, i) => ({ lines: low + i }));
  const sums = sumByBin(lengthBins(low, high), rows, () => 1);
  expect(sums.reduce((a, b) => a + b, 0)).toBe(rows.length);
  expect(Math.min(...sums)).toBeGreaterThan(0);
});
