/** Expected bytes are those of Python: 'a€😀\n'.encode('utf-32-be') and so on. */
import { expect, test } from 'vitest';
import { decodeText } from '../lib/text-encoding.js';

const TEXT = 'a€😀\n';

test.each([
  ['UTF-8', '61e282acf09f98800a'],
  ['UTF-16, little-endian', 'fffe6100ac203dd800de0a00'],
  ['UTF-16, big-endian', 'feff006120acd83dde00000a'],
  ['UTF-32, little-endian', 'fffe000061000000ac20000000f601000a000000'],
  ['UTF-32, big-endian', '0000feff00000061000020ac0001f6000000000a'],
])('%s', (_, hex) => {
  expect(decodeText(Buffer.from(hex, 'hex'))).toBe(TEXT);
});

test('the mark of UTF-8 is a character of the text', () => {
  expect(decodeText(Buffer.from('\ufeffa'))).toBe('\ufeffa');
  expect(decodeText(Buffer.of())).toBe('');
});

test.each([
  ['a NUL', '610062'],
  ['Latin-1', 'e920'],
  ['half a unit of UTF-16', 'fffe610062'],
  ['half a surrogate pair', 'fffe3dd80a00'],
  ['a NUL in UTF-16', 'fffe61000000'],
  ['a part of a unit of UTF-32', 'fffe00006100'],
  ['what is no code point', 'fffe000000001100'],
  ['a surrogate in UTF-32', 'fffe00003dd80000'],
])('%s is no text', (_, hex) => {
  expect(decodeText(Buffer.from(hex, 'hex'))).toBeUndefined();
});
