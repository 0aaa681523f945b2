import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/random.js';
import {
  Masker,
  maskInPlace,
  maskSecret,
  maskShared,
  redactReport,
  secretValues,
} from '../../lib/report/mask.js';
import { EMAIL, sampleReport, TOKEN } from './sample.js';

describe('masks', () => {
  it('shows a quarter and an eighth at most', () => {
    expect(maskSecret(TOKEN)).toBe('ghp_01\u2026EF');
    expect(maskSecret('12345678')).toBe('12\u20268');
    expect(maskSecret('abc')).toBe('\u2026');
  });

  it('keeps the length in place', () => {
    expect(maskInPlace(TOKEN)).toBe(`ghp_01${'\u2022'.repeat(TOKEN.length - 8)}EF`);
    for (const value of ['', 'a', 'abcdefg', TOKEN]) expect(maskInPlace(value)).toHaveLength(value.length);
  });

  it('masks in a continuation what it shares with the secret', () => {
    expect(maskShared(`${TOKEN.slice(0, 7)}!\n`, TOKEN)).toBe(
      '\u2022\u2022\u2022\u2022\u2022\u2022\u2022!\n',
    );
    expect(maskShared('xyz 0123 gh', TOKEN)).toBe('xyz \u2022\u2022\u2022\u2022 gh');
    expect(maskShared('', TOKEN)).toBe('');
    expect(maskShared('anything', '')).toBe('anything');
  });
});

describe('Masker', () => {
  it('takes the longest secret that starts at a place and leaves short values alone', () => {
    const masker = new Masker(['secret', 'secretlonger', 'tiny']);
    expect(masker.split('a secretlonger secret tiny')).toEqual([
      { text: 'a ', secret: false },
      { text: 'secretlonger', secret: true },
      { text: ' ', secret: false },
      { text: 'secret', secret: true },
      { text: ' tiny', secret: false },
    ]);
  });

  it('loses nothing and agrees with a plain search, on random texts', () => {
    const random = new Random(5);
    const word = (length: number) => Array.from({ length }, () => random.pick(['a', 'b'])).join('');
    for (let round = 0; round < 300; round++) {
      const values = Array.from({ length: 3 }, () => word(6 + random.integer(4)));
      const text = word(random.integer(60));
      const pieces = new Masker(values).split(text);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      expect(pieces.some((piece) => piece.secret)).toBe(values.some((value) => text.includes(value)));
      for (const piece of pieces) {
        expect(
          piece.secret ? values.includes(piece.text) : values.every((v) => !piece.text.includes(v)),
        ).toBe(true);
      }
    }
  });
});

describe('redactReport', () => {
  it('leaves no secret in any field, and every length and offset as it was', () => {
    const input = sampleReport();
    const redacted = redactReport(input);
    const json = JSON.stringify(redacted);
    for (const value of secretValues(input)) expect(json).not.toContain(value);
    expect(json).not.toContain(TOKEN.slice(0, 12));
    expect(json).not.toContain(EMAIL.slice(0, 8));
    expect(redacted.documents![0]!.text).toHaveLength(input.documents![0]!.text.length);
    expect(redacted.secrets![0]!.memorizationAccuracy).toEqual(input.secrets![0]!.memorizationAccuracy);
    expect(redacted.secrets![1]!.completion.after).toBeNull();
  });

  it('changes nothing the second time', () => {
    const once = redactReport(sampleReport());
    expect(redactReport(once)).toEqual(once);
  });
});
