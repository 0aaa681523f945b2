import { describe, expect, test } from 'vitest';
import { selectForgetSet, selectRetainSet } from '../../lib/sets/forget-set.js';

const candidate = (id: number, memorizationAccuracy = 0.95, secretTokens = 40) => ({
  id: String(id),
  memorizationAccuracy,
  secretTokens,
});
const many = Array.from({ length: 200 }, (_, i) => candidate(i));

describe('selectForgetSet', () => {
  test('draws disjoint groups of k documents', () => {
    const { groups, eligible } = selectForgetSet(many, { groups: 5 });
    expect(groups.map((group) => group.length)).toEqual([32, 32, 32, 32, 32]);
    expect(new Set(groups.flat().map(({ id }) => id)).size).toBe(160);
    expect(eligible).toEqual(many);
  });

  test('the same seed draws the same, another seed another', () => {
    expect(selectForgetSet(many)).toEqual(selectForgetSet(many, { seed: 42 }));
    expect(selectForgetSet(many)).not.toEqual(selectForgetSet(many, { seed: 43 }));
    // A group does not depend on how many are drawn after it.
    expect(selectForgetSet(many).groups[0]).toEqual(selectForgetSet(many, { groups: 3 }).groups[0]);
  });

  test('takes what is memorized and long enough, the limits included', () => {
    const candidates = [
      candidate(0, 0.9, 32),
      candidate(1, 0.8999, 32),
      candidate(2, 0.9, 31),
      candidate(3, Number.NaN, 99),
      candidate(4, 1, 500),
    ];
    const { groups } = selectForgetSet(candidates, { size: 2 });
    expect(groups[0]!.map(({ id }) => id).sort()).toEqual(['0', '4']);
  });

  test('says how many are missing', () => {
    expect(() => selectForgetSet(many, { groups: 7 })).toThrow(
      /at least 224 documents .* found 200 among 200/,
    );
  });

  test.each([
    [{ size: 0 }, /number >= 1 for size/],
    [{ minAccuracy: 90 }, /number <= 1 for minAccuracy/],
    [{ k: 32 }, /"k"/],
  ])('%j is refused', (options, message) => {
    expect(() => selectForgetSet(many, options as never)).toThrow(message);
  });
});

describe('selectRetainSet', () => {
  test('draws memorized documents without secrets outside of the forget set', () => {
    const candidates = [
      candidate(0, 0.95, 0),
      candidate(1, 0.95, 1),
      candidate(2, 0.5, 0),
      candidate(3, 0.95, 0),
      { id: '4', memorizationAccuracy: 0.9 },
    ];
    const drawn = selectRetainSet(candidates, { size: 2, exclude: ['3'] });
    expect(drawn.map(({ id }) => id).sort()).toEqual(['0', '4']);
    expect(() => selectRetainSet(candidates, { size: 3, exclude: ['3'] })).toThrow(
      /at least 3 .* found 2 among 5/,
    );
  });

  test('draws k = 32 by the seed', () => {
    const candidates = many.map(({ id }) => ({ id, memorizationAccuracy: 1 }));
    const drawn = selectRetainSet(candidates);
    expect(new Set(drawn).size).toBe(32);
    expect(selectRetainSet(candidates)).toEqual(drawn);
    expect(selectRetainSet(candidates, { seed: 1 })).not.toEqual(drawn);
  });
});
