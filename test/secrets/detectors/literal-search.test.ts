import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/random.js';
import { LiteralSearch } from '../../../lib/secrets/detectors/literal-search.js';

const find = (literals: readonly string[], text: string): string[] => {
  const found: string[] = [];
  new LiteralSearch(literals).search(text, (literal, start) => found.push(`${literal} at ${start}`));
  return found.sort();
};

/** The definition: every literal at every offset, ASCII letters folded. */
const fold = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const naive = (literals: readonly string[], text: string): string[] => {
  const found: string[] = [];
  for (let start = 0; start < text.length; start++)
    for (const [number, literal] of literals.entries())
      if (fold(text).startsWith(fold(literal), start)) found.push(`${number} at ${start}`);
  return found.sort();
};

describe('literals in a text', () => {
  test('by hand', () => {
    expect(find(['he', 'she', 'hers', '.'], 'uSHErs.')).toEqual(['0 at 2', '1 at 1', '2 at 2', '3 at 6']);
  });

  test('a letter that only lower-cases to ASCII is none', () => {
    expect(find(['k'], '\u212a')).toEqual([]);
    expect(find(['a'], '\u0141')).toEqual([]);
  });

  test('as many as are there, on random texts of few letters', () => {
    const random = new Random(5);
    const some = (count: number): string =>
      Array.from({ length: count }, () => random.pick(['a', 'b', 'A', '-', 'é', '😀'])).join('');
    const ascii = (): string =>
      Array.from({ length: 1 + random.integer(4) }, () => random.pick(['a', 'b', '-'])).join('');
    for (let round = 0; round < 300; round++) {
      const literals = [...new Set(Array.from({ length: 6 }, ascii))];
      const text = some(40);
      expect([literals, text, find(literals, text)]).toEqual([literals, text, naive(literals, text)]);
    }
  });

  test('across the borders of what is looked at in one go', () => {
    const text = `${'x'.repeat((1 << 15) - 2)}key${'x'.repeat((1 << 16) - 3)}key`;
    expect(find(['key'], text)).toEqual([`0 at ${(1 << 15) - 2}`, `0 at ${text.length - 3}`].sort());
  });
});
