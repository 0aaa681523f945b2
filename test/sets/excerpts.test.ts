/** Documents cut to a number of tokens, around their secrets or from their beginning. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';
import type { Secret } from '../../lib/secrets/secret.js';
import { excerptsOf, firstLines } from '../../lib/sets/excerpts.js';

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await Tokenizer.load('assets/tokenizer');
});

const LINES = Array.from({ length: 200 }, (_, i) => `const value${i} = compute(${i}, "line ${i}");\n`);
const TEXT = LINES.join('');

function secretIn(text: string, value: string): Secret {
  const start = text.indexOf(value);
  return { tag: 'KEY', type: 'made up', value, start, end: start + value.length };
}

const count = (text: string) => tokenizer.encode(text, { addSpecialTokens: true }).tokens.length;

describe('firstLines', () => {
  test('keeps a text that fits, and whole lines of one that does not', () => {
    expect(firstLines('a = 1\nb = 2', tokenizer, 100)).toBe('a = 1\nb = 2');
    const cut = firstLines(TEXT, tokenizer, 64);
    expect(TEXT.startsWith(cut)).toBe(true);
    expect(cut.endsWith('\n')).toBe(true);
    expect(count(cut)).toBeLessThanOrEqual(64);
    expect(count(cut + LINES[cut.split('\n').length - 1]!)).toBeGreaterThan(64);
  });

  test('cuts a first line that is longer than all', () => {
    const cut = firstLines('x '.repeat(500), tokenizer, 32);
    expect(count(cut)).toBeLessThanOrEqual(33);
    expect(cut.length).toBeGreaterThan(16);
  });
});

describe('excerptsOf', () => {
  test('a document that fits is its own excerpt', () => {
    const secrets = [secretIn(LINES[0]!, 'compute')];
    expect(excerptsOf(LINES[0]!, secrets, tokenizer, 64)).toEqual({
      excerpts: [{ start: 0, text: LINES[0], secrets }],
      tooLong: 0,
    });
  });

  test.each([48, 96, 200])(
    'every secret is in one excerpt of at most %i tokens, after code where there is some',
    (maxTokens) => {
      const values = ['value0 ', 'value3 ', 'value80', 'value81', 'value150', 'value199'];
      const secrets = values.map((value) => secretIn(TEXT, value));
      const { excerpts, tooLong } = excerptsOf(TEXT, secrets, tokenizer, maxTokens);
      expect(tooLong).toBe(0);
      expect(excerpts.flatMap((excerpt) => excerpt.secrets.map(({ value }) => value))).toEqual(values);
      for (const { start, text, secrets: inside } of excerpts) {
        expect(TEXT.slice(start, start + text.length)).toBe(text);
        expect(count(text)).toBeLessThanOrEqual(maxTokens);
        for (const secret of inside) expect(text.slice(secret.start, secret.end)).toBe(secret.value);
        // Whole lines, and of the room most lies before the first secret.
        expect(start === 0 || TEXT[start - 1] === '\n').toBe(true);
        // A line that reaches beyond the room is cut.
        expect(text.endsWith('\n') || !text.slice(inside.at(-1)!.end).includes('\n')).toBe(true);
        if (start > 0 && maxTokens > 48)
          expect(count(text.slice(0, inside[0]!.start))).toBeGreaterThan(maxTokens / 3);
      }
    },
  );

  test('secrets that stand close together share an excerpt', () => {
    const secrets = ['value80', 'value81'].map((value) => secretIn(TEXT, value));
    expect(excerptsOf(TEXT, secrets, tokenizer, 200).excerpts).toHaveLength(1);
  });

  test('a secret of more tokens than an excerpt has is counted and left out, the others are not', () => {
    const long = 'k3yZ9'.repeat(60);
    const text = `${TEXT}key = "${long}"\n${TEXT}`;
    const secrets = [secretIn(text, 'value80'), secretIn(text, long)];
    const { excerpts, tooLong } = excerptsOf(text, secrets, tokenizer, 64);
    expect(tooLong).toBe(1);
    expect(excerpts.map((excerpt) => excerpt.secrets[0]!.value)).toEqual(['value80']);
  });

  test('lines without an end are cut where they must be', () => {
    const text = `${'word '.repeat(400)}S3CRET ${'word '.repeat(400)}`;
    const { excerpts } = excerptsOf(text, [secretIn(text, 'S3CRET')], tokenizer, 64);
    expect(excerpts).toHaveLength(1);
    expect(count(excerpts[0]!.text)).toBeLessThanOrEqual(64);
    expect(excerpts[0]!.text).toContain('S3CRET');
  });
});
