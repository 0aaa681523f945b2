import { describe, expect, it } from 'vitest';
import { kernel } from '../../../lib/clones/lines/line-kernel.js';
import { createFileReader } from '../../../lib/clones/lines/line-mode.js';
import { Random } from '../../../lib/random.js';
import { hashLine, splitLines } from '../brute-force.js';

interface Hashed {
  readonly raw: number;
  readonly hash: bigint;
}

function hashLines(bytes: Uint8Array, chunkBytes: number): { lines: Hashed[]; rawLines: number } {
  const lines: Hashed[] = [];
  const hasher = createFileReader('simian', {
    take: (found) => {
      for (let i = 0; i < found; i++) {
        const [low, high] = kernel.hashes.subarray(2 * i);
        lines.push({ raw: kernel.rawLines[i]!, hash: (BigInt(high! >>> 0) << 32n) | BigInt(low! >>> 0) });
      }
    },
    gap: () => expect.unreachable('Simian knows no documents'),
  });
  for (let at = 0; at < bytes.length; at += chunkBytes) hasher.push(bytes.subarray(at, at + chunkBytes));
  hasher.end();
  return { lines, rawLines: hasher.rawLines };
}

function expected(bytes: Uint8Array): { lines: Hashed[]; rawLines: number } {
  const texts = splitLines(bytes);
  const lines = texts.flatMap((text, i) => {
    const hash = hashLine(text);
    return hash === undefined ? [] : [{ raw: i + 1, hash }];
  });
  return { lines, rawLines: texts.length };
}

function expectRules(bytes: Uint8Array): void {
  for (const chunkBytes of [1, 2, 3, 7, 4096]) expect(hashLines(bytes, chunkBytes)).toEqual(expected(bytes));
}

function oneHash(text: string): bigint | undefined {
  return hashLines(Buffer.from(text), 4096).lines[0]?.hash;
}

describe('LineHasher', () => {
  it('hashes what a reader can compute by hand', () => {
    expect(oneHash('a')).toBe(97n);
    expect(oneHash('A.')).toBe(97n);
    expect(oneHash('ab')).toBe(97n * 31n + 98n);
    // a, one space between two words, b
    expect(oneHash('a b')).toBe((97n * 31n + 32n) * 31n + 98n);
    expect(oneHash('a(b')).toBe((97n * 31n + 40n) * 31n + 98n);
    expect(oneHash('c0')).toBe(oneHash('an'));
    expect(oneHash(' \t"\',.:;!?')).toBeUndefined();
  });

  it('takes a token hash as signed', () => {
    // The hash of a long word overflows 32 bits and is negative.
    expectRules(Buffer.from('zzzzzzz zzzzzzzz\nzzzzzzz(zzzzzzzz\n'));
  });

  it.each([
    ['empty file', ''],
    ['no line end at the end', 'a\nb'],
    ['line ends of all kinds', 'a\nb\rc\r\nd\n\re\r\r\nf\n\n\r\n'],
    ['only carriage returns', '\r\r\r'],
    ['carriage return at the end', 'a\r'],
    ['NUL and other controls', 'a\0b\n\0\n\x1f\x7f\n'],
    ['line separators that are none', 'a\u2028b\u2029c\u0085d\n\v\f\n'],
    ['Latin-1', 'é É ÿ\u00a0µ\n'],
    ['letters beyond Latin-1', 'Ÿ Ǆ ǅ İI K Å ẞ Ω中文\n'],
    ['surrogate pairs', '😀𐐀a𐐀 𐐀\n'],
    ['byte order mark', '\ufeffa\n\ufeff\n'],
  ])('%s', (_, text) => {
    expectRules(Buffer.from(text));
  });

  it('lower-cases sigma by its place in the word', () => {
    const words = [
      'ΑΣ',
      'Σ',
      'ΑΣΑ',
      'aΣ',
      'aΣb',
      '1Σ',
      'ΑΣ1',
      'ΑΣ\u0301',
      'ΑΣ\u0301Α',
      'ΑΣ\u0301\u0302中',
      'ΑΣΣ',
    ];
    const rare = [
      '\u02b0Σ',
      'a\u02b0Σ',
      'ΣΣ\u0345a',
      'ΑΣ\u2019Α',
      'ΑΣ\u2019',
      'İΣ',
      '𐐀Σ',
      'ΑΣ𐐀',
      'ΑΣ\u0301(',
      'ΑΣ\u0301é',
    ];
    for (const word of [...words, ...rare]) expectRules(Buffer.from(`${word}\nx ${word} y\n${word}`));
  });

  it('replaces malformed UTF-8 as the WHATWG decoder does', () => {
    const random = new Random(1);
    const bytes = [
      0x41, 0x20, 0x0a, 0x80, 0xbf, 0xc0, 0xc3, 0xe0, 0xa0, 0xed, 0x9f, 0xe2, 0x82, 0xac, 0xf0, 0x90,
    ];
    const leads = [...bytes, 0xf4, 0x8f, 0xf5, 0xff, 0xce, 0xa3, 0x0d];
    for (let round = 0; round < 3000; round++) {
      expectRules(Uint8Array.from({ length: random.integer(14) }, () => random.pick(leads)));
    }
  });

  it('agrees with the plain rules on every code point', () => {
    for (let block = 0; block < 0x110000; block += 0x1000) {
      const codePoints = Array.from({ length: 0x1000 }, (_, i) => block + i);
      const text = codePoints
        .filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff)
        .map((codePoint) => `a${String.fromCodePoint(codePoint)}B`)
        .join('\n');
      const bytes = Buffer.from(text);
      expect(hashLines(bytes, 4096)).toEqual(expected(bytes));
    }
  });

  it('needs no memory for a long line', () => {
    const word = 'Lethe 0x1f = "q"; ';
    const once = Buffer.from(word.repeat(50_000));
    expect(hashLines(once, 1000)).toEqual(expected(once));
  });
});
