import { expect, test } from 'vitest';
import { hexEntropy, shannonEntropy } from '../../../lib/secrets/detectors/entropy.js';
import { isGibberish, letterSurprise } from '../../../lib/secrets/detectors/gibberish.js';

test.each([
  ['', 0],
  ['aaaa', 0],
  ['abab', 1],
  ['abcd', 2],
  ['aabc', 1.5],
])('%j has %f bits a character', (value, bits) => {
  expect(shannonEntropy(value)).toBeCloseTo(bits, 12);
});

test('a number loses 1.2 / log2(length) bits, other hexadecimal none', () => {
  expect(hexEntropy('0123')).toBeCloseTo(2 - 1.2 / 2, 12);
  expect(hexEntropy('012a')).toBeCloseTo(2, 12);
  expect(hexEntropy('7')).toBe(0);
});

test('surprise is of letters alone, whatever their case and what stands between them', () => {
  expect(letterSurprise('')).toBe(0);
  expect(letterSurprise('x 1')).toBe(0);
  expect(letterSurprise('th')).toBeCloseTo(letterSurprise('T4_-[H'), 12);
  expect(letterSurprise('the')).toBeCloseTo((letterSurprise('th') + letterSurprise('he')) / 2, 12);
  expect(letterSurprise('th')).toBeLessThan(letterSurprise('qx'));
});

test.each([
  ['getElementsByTagName', false],
  ['application/x-www-form-urlencoded', false],
  ['0123456789', false],
  ['kqZ8xVbW3jRtYpLmN5cXvQzK', true],
])('%s is gibberish: %s', (value, gibberish) => {
  expect(isGibberish(value)).toBe(gibberish);
});
