import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/random.js';
import { batchesOf, epochOrder, microBatchesOf } from '../../lib/training/batches.js';

const lengthsOf = (batches: { tokens: Int32Array }[][]) =>
  batches.map((batch) => batch.map(({ tokens }) => tokens.length));
const sequences = (...lengths: number[]) => lengths.map((length) => ({ tokens: new Int32Array(length) }));

describe('epochOrder', () => {
  test('is a permutation that its seed and epoch fix', () => {
    const order = epochOrder(50, 1, 0);
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(epochOrder(50, 1, 0)).toEqual(order);
    expect(epochOrder(50, 1, 1)).not.toEqual(order);
    expect(epochOrder(50, 2, 0)).not.toEqual(order);
  });
});

describe('batchesOf', () => {
  test('keeps order, and the rest as a smaller batch', () => {
    expect(batchesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(batchesOf([], 2)).toEqual([]);
  });
});

describe('microBatchesOf', () => {
  test('counts padding', () => {
    expect(lengthsOf(microBatchesOf(sequences(2, 10, 9, 2, 2), 20))).toEqual([
      [10, 9],
      [2, 2, 2],
    ]);
    expect(lengthsOf(microBatchesOf(sequences(10, 1), 19))).toEqual([[10], [1]]);
  });

  test('a sequence over the limit goes alone', () => {
    expect(lengthsOf(microBatchesOf(sequences(3, 50), 8))).toEqual([[50], [3]]);
  });

  test('keeps every sequence once and within the limit', () => {
    const random = new Random(5);
    for (let round = 0; round < 100; round++) {
      const batch = sequences(
        ...Array.from({ length: 1 + random.integer(20) }, () => 2 + random.integer(30)),
      );
      const limit = 1 + random.integer(100);
      const cut = microBatchesOf(batch, limit);
      expect(new Set(cut.flat())).toEqual(new Set(batch));
      expect(cut.flat()).toHaveLength(batch.length);
      for (const micro of cut) {
        const padded = micro.length * Math.max(...micro.map(({ tokens }) => tokens.length));
        expect(micro.length === 1 || padded <= limit).toBe(true);
      }
    }
  });
});
