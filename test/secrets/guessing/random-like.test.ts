import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/random.js';
import { drawerLike } from '../../../lib/secrets/guessing/random-like.js';

const many = (value: string, seed = 1) => {
  const random = new Random(seed);
  const draw = drawerLike(value);
  return Array.from({ length: 200 }, () => draw(random));
};

describe('strings of the format of', () => {
  test.each([
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', /^ghp_\d{2}[A-Z]\d[a-z]\d{2}[A-Z]/],
    ['changeme123', /^[a-z]{8}\d{3}$/],
    ['da39a3ee5e6b4b0d3255bfef95601890afd80709', /^[0-9a-f]{40}$/],
    ['550E8400-E29B-41D4-A716-446655440000', /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/],
    ['AKIALALEMEL33243OLIB', /^AKIA[A-Z]{7}\d{5}[A-Z]{4}$/],
    ['sk-ant-api03-Ab9_x', /^sk-ant-api03-[A-Z][a-z]\d_[a-z]$/],
    ['jane.doe@mail.example.org', /^[a-z]{4}\.[a-z]{3}@mail\.example\.org$/],
    ['postgres://me:pw1@db', /^postgres:\/\/[a-z]{2}:[a-z]{2}\d@[a-z]{2}$/],
    ['4111111111111111', /^\d{16}$/],
    ['\u5bc6\u7801X9\u{1f511}z', /^\u5bc6\u7801[A-Z]\d\u{1f511}[a-z]$/u],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nMIIa\n-----END RSA PRIVATE KEY-----',
      /^-----BEGIN RSA PRIVATE KEY-----\n[A-Z]{3}[a-z]\n-----END RSA PRIVATE KEY-----$/,
    ],
  ])('%s', (value, format) => {
    const drawn = many(value);
    for (const text of drawn) expect(text).toMatch(format);
    expect(new Set(drawn).size).toBeGreaterThan(20);
    expect(many(value)).toEqual(drawn);
    expect(many(value, 2)).not.toEqual(drawn);
  });

  test('an address of four numbers has numbers to 255 and no leading zeros', () => {
    for (const address of many('8.8.127.254'))
      for (const part of address.split('.')) expect(String(Math.min(255, Number(part)))).toBe(part);
  });

  test('every character of an alphabet comes, and the first of a letter is no more frequent', () => {
    const letters = new Map<string, number>();
    for (const text of many('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'))
      for (const letter of text) letters.set(letter, (letters.get(letter) ?? 0) + 1);
    expect(letters.size).toBe(26);
    for (const count of letters.values()) expect(Math.abs(count - 8000 / 26)).toBeLessThan(100);
  });

  test('punctuation alone stays as it is', () => {
    expect(new Set(many('***-***'))).toEqual(new Set(['***-***']));
  });
});
