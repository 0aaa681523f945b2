/** JSON as Python writes it. */
import { expect, test } from 'vitest';
import { formatJson, parseJson } from '../lib/json.js';

test('numbers that JSON does not have are read and written as Python has them', () => {
  const text =
    '{\n  "a": NaN,\n  "b": [\n    Infinity,\n    -Infinity\n  ],\n  "c": "NaN, \\"Infinity\\"",\n  "NaN": 1.5\n}\n';
  const value = parseJson(text);
  expect(value).toEqual({
    a: Number.NaN,
    b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    c: 'NaN, "Infinity"',
    NaN: 1.5,
  });
  expect(formatJson(value)).toBe(text);
});

test('all else is written as ever', () => {
  const value = { a: null, b: [1e21, -0, 'é\n'], c: { d: undefined, e: true } };
  expect(formatJson(value)).toBe(`${JSON.stringify(value, null, 2)}\n`);
});
