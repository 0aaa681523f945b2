import { expect, test } from 'vitest';
import { counted } from '../lib/counted.js';

test.each([
  [0, 'record', undefined, '0 records'],
  [1, 'record', undefined, '1 record'],
  [2, 'record', undefined, '2 records'],
  [1, 'key', 'keys of others', '1 key'],
  [3, 'match', 'matches', '3 matches'],
])('%d %s', (value, noun, plural, expected) => {
  expect(counted(value, noun, plural)).toBe(expected);
});
