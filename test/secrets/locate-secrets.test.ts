/** Secrets are what their text holds: in every unit of offsets, and for every reader of them. */
import { expect, test } from 'vitest';
import { InputError } from '../../lib/errors.js';
import { locateSecrets, type OffsetUnit } from '../../lib/secrets/locate-secrets.js';
import { redactSecrets } from '../../lib/secrets/masking/redact.js';
import type { Secret } from '../../lib/secrets/secret.js';
import { maskDocuments } from '../../lib/secrets/token-mask.js';

/** UTF-16 / code points / bytes before the value: 10 / 8 / 18; of the value: 7 / 6 / 10. */
const TEXT = '# 😀😀 é€\nka😀bcé = 1';
const VALUE = 'ka😀bcé';

const secret = (start: number, end: number, value = VALUE): Secret => ({
  tag: 'LICENCE',
  type: 'made up',
  value,
  start,
  end,
});
const locate = (found: Secret, unit?: OffsetUnit, text = TEXT) =>
  locateSecrets(text, [found], 'record "r"', unit);
const failure = (work: () => unknown): InputError => {
  try {
    work();
  } catch (error) {
    if (error instanceof InputError) return error;
  }
  throw new Error('Expected an InputError.');
};

test.each<[OffsetUnit | undefined, number, number]>([
  [undefined, 10, 17],
  ['utf16', 10, 17],
  ['codepoints', 8, 14],
  ['bytes', 17, 27],
])('%s: offsets become those of JavaScript', (unit, start, end) => {
  expect(locate(secret(start, end), unit)).toEqual([secret(10, 17)]);
});

test('equals what Python counts', () => {
  expect([...TEXT.slice(0, 10)]).toHaveLength(8);
  expect(Buffer.byteLength(TEXT.slice(0, 10))).toBe(17);
});

test.each<[string, Secret, OffsetUnit | undefined, string, string]>([
  [
    'code points',
    secret(8, 14),
    undefined,
    'the text holds something else there',
    'add --offsets codepoints.',
  ],
  ['bytes', secret(17, 27), undefined, 'the text has 21 UTF-16 code units', 'add --offsets bytes.'],
  ['UTF-16', secret(10, 17), 'codepoints', 'something else there', 'leave --offsets out.'],
  [
    'bytes, not code points',
    secret(17, 27),
    'codepoints',
    'the text has 18 code points',
    'add --offsets bytes.',
  ],
  ['neither', secret(0, 7), undefined, 'something else there', 'stands at 10 to 17'],
  ['a value that is nowhere', secret(0, 2, 'zz'), undefined, 'something else', 'nowhere in that text.'],
  ['the end outside', secret(19, 99, '= 1'), undefined, 'the text has 21 UTF-16', 'stands at 18 to 21'],
  ['a negative start', secret(-1, 2, '#'), undefined, 'the text has 21 UTF-16', 'stands at 0 to 1'],
  ['half a pair', secret(2, 3, '\ud83d'), undefined, 'offset 3 cuts a character in two', 'stands at 2'],
  ['the other half', secret(3, 4, '\ude00'), undefined, 'offset 3 cuts a character in two', 'stands at 3'],
  ['a part of bytes', secret(2, 5, '😀'), 'bytes', 'offset 5 cuts a character in two', 'stands at 2 to 4'],
  ['nothing', secret(3, 3, 'x'), undefined, 'nothing lies there', 'nowhere'],
  ['an end before its start', secret(17, 10), undefined, 'nothing lies there', 'stands at 10 to 17'],
])('refuses %s', (_, found, unit, reason, remedy) => {
  const error = failure(() => locate(found, unit));
  expect(error.code).toBe('ERR_SECRET_MISMATCH');
  expect(error.message).toContain(
    `Expected the value of secret 1 ("LICENCE") at ${found.start} to ${found.end} of the text of record "r" but `,
  );
  expect(error.message).toContain(reason);
  expect(error.remedy).toContain(remedy);
  expect(`${error.message}${error.remedy}`).not.toContain(VALUE);
});

test('half a character after its end is no cut: the pair begins there', () => {
  expect(locate(secret(0, 2, '# '))).toHaveLength(1);
  expect(locate(secret(2, 4, '😀'))).toHaveLength(1);
});

test('the library compares as well: masks and redaction', () => {
  const tokenizer = {
    encode: () => ({ tokens: Int32Array.of(1), offsets: Int32Array.of(0, 21), truncated: false }),
  };
  const mask = (found: Secret) => maskDocuments([{ id: 'd', text: TEXT, secrets: [found] }], tokenizer);
  expect(mask(secret(10, 17))).toHaveLength(1);
  expect(failure(() => mask(secret(8, 14))).message).toContain('of document "d"');
  expect(failure(() => redactSecrets(TEXT, [secret(8, 14)])).code).toBe('ERR_SECRET_MISMATCH');
});
