import { describe, expect, it } from 'vitest';
import { Random } from '../../../lib/random.js';
import { cutTokens } from '../../../lib/report/sections/tokens.js';

const shape = (pieces: ReturnType<typeof cutTokens>) =>
  pieces.map(({ text, token, secret }) => [text, token, secret]);

describe('cutTokens', () => {
  it('cuts at token borders and marks what overlaps a secret', () => {
    const pieces = cutTokens(
      { text: 'abcdef', offsets: [0, 2, 2, 4, 4, 6], secrets: [{ start: 2, end: 4, type: 'x' }] },
      'ab••ef',
    );
    expect(pieces.map(({ masked }) => masked)).toEqual(['ab', '••', 'ef']);
    expect(shape(pieces)).toEqual([
      ['ab', 0, undefined],
      ['cd', 1, 0],
      ['ef', 2, undefined],
    ]);
  });

  it('gives a shared letter to its first token and keeps what no token covers', () => {
    const text = 'a\u00e9 b';
    expect(shape(cutTokens({ text, offsets: [0, 1, 1, 2, 1, 2, 3, 4], secrets: [] }, text))).toEqual([
      ['a', 0, undefined],
      ['\u00e9', 1, undefined],
      [' ', undefined, undefined],
      ['b', 3, undefined],
    ]);
  });

  it('loses no character, whatever the offsets', () => {
    const random = new Random(11);
    for (let round = 0; round < 300; round++) {
      const text = 'x'.repeat(random.integer(20));
      const offsets = Array.from({ length: 2 * random.integer(10) }, () => random.integer(25));
      const pieces = cutTokens({ text, offsets, secrets: [{ start: 3, end: 9, type: '' }] }, text);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      expect(pieces.every((piece) => piece.masked.length === piece.text.length)).toBe(true);
    }
  });
});
