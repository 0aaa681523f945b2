import { describe, expect, test } from 'vitest';
import { Random } from '../../lib/random.js';
import type { Secret } from '../../lib/secrets/secret.js';
import { maskDocuments, maskTokens } from '../../lib/secrets/token-mask.js';

/** One token per `width` characters. */
const encode = (text: string, width: number, maxTokens = Number.POSITIVE_INFINITY) => {
  const count = Math.min(maxTokens, Math.ceil(text.length / width));
  const offsets = new Int32Array(2 * count);
  for (let i = 0; i < count; i++) offsets.set([i * width, Math.min((i + 1) * width, text.length)], 2 * i);
  return {
    tokens: Int32Array.from({ length: count }, (_, i) => i),
    offsets,
    truncated: count * width < text.length,
  };
};
const secret = (start: number, end: number, value = 'k'.repeat(end - start)): Secret => ({
  tag: 'KEY',
  type: 'x',
  value,
  start,
  end,
});

describe('tokens of three characters: 0-3 3-6 6-9 9-12', () => {
  const encoding = encode('abcdefghijkl', 3);
  test.each([
    ['strict', 3, 9, [0, 1, 1, 0], 1, 2],
    ['strict', 4, 5, [0, 1, 0, 0], 1, 1],
    ['strict', 5, 7, [0, 1, 1, 0], 1, 2],
    ['strict', 0, 1, [1, 0, 0, 0], 0, 0],
    ['strict', 11, 12, [0, 0, 0, 1], 3, 3],
    ['published', 3, 9, [1, 1, 1, 1], 0, 3],
    ['published', 4, 5, [0, 1, 0, 0], 1, 1],
    ['published', 0, 3, [1, 1, 0, 0], 0, 1],
  ] as const)('%s: characters %i to %i', (overlap, start, end, mask, first, last) => {
    const result = maskTokens(encoding, [secret(start, end)], { overlap });
    expect([...result.mask]).toEqual(mask);
    expect(result.spans).toEqual([{ secret: secret(start, end), first, last }]);
  });

  test('strict is the default', () => {
    expect([...maskTokens(encoding, [secret(3, 9)]).mask]).toEqual([0, 1, 1, 0]);
  });
});

test('a cut secret keeps the tokens that are left, one beyond the cut has no span', () => {
  const encoding = encode('abcdefghijkl', 3, 2);
  const { mask, spans } = maskTokens(encoding, [secret(9, 12), secret(5, 8)]);
  expect([...mask]).toEqual([0, 1]);
  expect(spans).toEqual([{ secret: secret(5, 8), first: 1, last: 1 }]);
});

test('special tokens, which hold no character, are never secret', () => {
  const offsets = Int32Array.from([0, 0, 0, 3, 3, 6, 0, 0, 6, 6]);
  const { mask, spans } = maskTokens({ tokens: new Int32Array(5), offsets }, [secret(0, 6)]);
  expect([...mask]).toEqual([0, 1, 1, 0, 0]);
  expect(spans[0]).toMatchObject({ first: 1, last: 2 });
});

test('equals the definition, on random tokens and secrets', () => {
  const random = new Random(11);
  for (let round = 0; round < 300; round++) {
    const bounds = [0];
    while (bounds.length < 20) bounds.push(bounds.at(-1)! + 1 + random.integer(4));
    const offsets = Int32Array.from(bounds.slice(1).flatMap((end, i) => [bounds[i]!, end]));
    const tokens = new Int32Array(offsets.length / 2);
    const secrets = Array.from({ length: random.integer(5) }, () => {
      const start = random.integer(60);
      return secret(start, start + 1 + random.integer(9));
    });
    for (const overlap of ['strict', 'published'] as const) {
      const isSecret = Array.from(tokens, (_, i) => {
        const [start, end] = [offsets[2 * i]!, offsets[2 * i + 1]!];
        return secrets.some((s) =>
          overlap === 'strict' ? start < s.end && end > s.start : start <= s.end && end >= s.start,
        )
          ? 1
          : 0;
      });
      expect([...maskTokens({ tokens, offsets }, secrets, { overlap }).mask]).toEqual(isSecret);
    }
  }
});

test('documents whose secrets lie beyond the cut are dropped', () => {
  const tokenizer = {
    encode: (text: string, options?: { maxTokens?: number }) => encode(text, 3, options?.maxTokens),
  };
  const text = 'abcdefghijkl';
  const documents = [
    { id: 'near', text, secrets: [secret(0, 2, 'ab'), secret(9, 12, 'jkl')] },
    { id: 'far', text, secrets: [secret(9, 12, 'jkl')] },
    { id: 'none', text, secrets: [] },
  ];
  const masked = maskDocuments(documents, tokenizer, { maxTokens: 2 });
  expect(masked.map(({ id, tokens, mask, spans }) => [id, tokens.length, [...mask], spans.length])).toEqual([
    ['near', 2, [1, 0], 1],
  ]);
  expect(maskDocuments(documents, tokenizer).map(({ id }) => id)).toEqual(['near', 'far']);
});

test.each([
  [{ overlap: 'loose' }, /one of "strict", "published" for overlap/],
  [{ overlapp: 'strict' }, /"overlapp"/],
])('%j is refused', (options, message) => {
  expect(() => maskTokens(encode('abc', 1), [], options as never)).toThrow(message);
});
