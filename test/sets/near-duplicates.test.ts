/** Near-duplicates against the exact Jaccard similarity of sets of strings. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/random.js';
import { NearDuplicates } from '../../lib/sets/near-duplicates.js';
import { jaccard, shinglesOf } from '../../lib/sets/shingles.js';

/** By the definition: strings in sets. */
function exact(a: string, b: string): number {
  const runs = (text: string) => {
    const tokens = text.match(/[\p{L}\p{N}_]+|[^\s]/gu) ?? [];
    const size = Math.min(5, tokens.length);
    return new Set(
      size === 0
        ? []
        : tokens.slice(0, tokens.length - size + 1).map((_, i) => tokens.slice(i, i + size).join('\0')),
    );
  };
  const [left, right] = [runs(a), runs(b)];
  const shared = [...left].filter((run) => right.has(run)).length;
  const all = left.size + right.size - shared;
  return all === 0 ? 1 : shared / all;
}

const WORDS = [
  'if',
  'x',
  '=',
  'return',
  '(',
  ')',
  'self',
  '.',
  '\u8bcd',
  'caf\u00e9',
  '0',
  ':',
  '+',
  'name',
  'for',
  '"a b"',
];

/** Pairs of every similarity: some tokens of a text replaced, its end cut, its white space changed. */
function pairs(count: number): [string, string][] {
  const random = new Random(11);
  const word = () => random.pick(WORDS) + (random.next() < 0.5 ? String(random.integer(50)) : '');
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: random.integer(120) }, word);
    const changes = random.pick([0, 0, 1, 2, 4, 8, 30]);
    const changed = [...words];
    for (let i = 0; i < changes; i++)
      if (changed.length > 0) changed[random.integer(changed.length)] = word();
    if (random.next() < 0.3) changed.length = Math.floor(changed.length * random.next());
    return [words.join(' '), changed.join(random.pick([' ', '\n', '  \t']))];
  });
}

test('2000 pairs: the similarity is exact, and found are those that have it', () => {
  const given = pairs(2000);
  const similarities = given.map(([a, b]) => exact(a, b));
  for (const [i, [a, b]] of given.entries())
    expect(jaccard(shinglesOf(a), shinglesOf(b))).toBe(similarities[i]);
  expect(similarities.filter((value) => value > 0.5 && value < 0.9).length).toBeGreaterThan(200);
  for (const similarity of [0.5, 0.7, 0.9, 1]) {
    // All of them at the default; the others take as long for every one.
    for (const [i, [a, b]] of given.slice(0, similarity === 0.7 ? 2000 : 300).entries()) {
      const index = new NearDuplicates({ similarity });
      expect(index.add(a)).toEqual([]);
      const wanted = similarities[i]! >= similarity ? [{ index: 0, similarity: similarities[i] }] : [];
      expect(index.add(b)).toEqual(wanted);
    }
  }
}, 120_000);

test('among many texts the near ones are found, each in its place', () => {
  const random = new Random(3);
  const texts = Array.from({ length: 300 }, (_, i) =>
    Array.from({ length: 60 }, () => `${random.pick(WORDS)}${i}`).join(' '),
  );
  const index = new NearDuplicates();
  for (const text of texts) expect(index.add(text)).toEqual([]);
  for (const at of [0, 17, 299]) {
    const [found, ...more] = index.add(`${texts[at]} and so on`);
    expect(more.filter(({ index: other }) => other < 300)).toEqual([]);
    expect(found).toEqual({ index: at, similarity: exact(texts[at]!, `${texts[at]} and so on`) });
  }
});

describe('edges', () => {
  test.each([
    ['', ' \n', 1],
    ['a', 'a', 1],
    ['a b', 'a c', 0],
    ['a', '', 0],
    ['f(x)', 'f ( x )', 1],
  ])('%j and %j', (a, b, similarity) => {
    expect(jaccard(shinglesOf(a), shinglesOf(b))).toBe(similarity);
    expect(exact(a, b)).toBe(similarity);
  });

  test.each([0, 1.1, Number.NaN])('a similarity of %d is refused', (similarity) => {
    expect(() => new NearDuplicates({ similarity })).toThrow('similarity');
  });
});
