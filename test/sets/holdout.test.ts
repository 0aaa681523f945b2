import { describe, expect, test } from 'vitest';
import { splitHoldout } from '../../lib/sets/holdout.js';

describe('splitHoldout', () => {
  const documents = Array.from({ length: 30 }, (_, i) => ({ id: i, text: `t${i}` }));

  test('splits by the seed, keeps the order, loses nothing', () => {
    const { train, holdout } = splitHoldout(documents, { count: 7 });
    expect([train.length, holdout.length]).toEqual([23, 7]);
    expect([...train, ...holdout].sort((a, b) => a.id - b.id)).toEqual(documents);
    expect(holdout.map(({ id }) => id)).toEqual(holdout.map(({ id }) => id).sort((a, b) => a - b));
    expect(splitHoldout(documents, { count: 7, seed: 5 })).not.toEqual({ train, holdout });
  });

  test('copies of one text stay together', () => {
    const copies = documents.map(({ id }) => ({ id, text: `t${id % 10}` }));
    const { train, holdout } = splitHoldout(copies, { count: 9 });
    expect(holdout).toHaveLength(9);
    expect(holdout.some(({ text }) => train.some((document) => document.text === text))).toBe(false);
  });

  test('says when there are too few', () => {
    expect(() => splitHoldout(documents, { count: 31 })).toThrow(/at least 31 .* received 30/);
  });

  test('near-duplicates stay together, and with what is near to them', () => {
    const words = (from: number) => Array.from({ length: 60 }, (_, i) => `w${from + i}`).join(' ');
    // Each is near to the next one, the first and the last are not near to each other.
    const chain = [0, 8, 16, 24].map((from, id) => ({ id, text: words(from) }));
    const others = Array.from({ length: 8 }, (_, i) => ({ id: 10 + i, text: words(1000 * (i + 1)) }));
    let held = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { train, holdout } = splitHoldout([...chain, ...others], { count: 6, similarity: 0.7, seed });
      expect(train.length + holdout.length).toBe(12);
      const inside = holdout.filter(({ id }) => id < 10).length;
      expect([0, 4]).toContain(inside);
      held += inside;
    }
    expect(held).toBeGreaterThan(0);
    const torn = Array.from({ length: 20 }, (_, seed) =>
      splitHoldout([...chain, ...others], { count: 6, seed }).holdout.filter(({ id }) => id < 10),
    );
    expect(torn.some(({ length }) => length % 4 !== 0)).toBe(true);
  });

  test('no copy of what is to stay apart is held out', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { train, holdout } = splitHoldout(documents, {
        count: 28,
        apartFrom: ['t3', 't4', 'other'],
        seed,
      });
      expect(holdout).toHaveLength(28);
      expect(train.map(({ text }) => text)).toEqual(['t3', 't4']);
    }
  });
});
