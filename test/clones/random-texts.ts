/** Seeded pairs of files in which blocks, overlaps, runs and hash collisions are common. */
import type { Random } from '../../lib/random.js';
import type { NamedFile } from './brute-force.js';

// Includes lines that hash alike (`c0`, `an`), collide in pairs (foo 3/4, y = 5/4), and have no tokens.
const LINES = [
  ...['alpha', 'bravo(x)', 'return foo.bar', '}', '{', 'if (a == b):', 'zz  top', '"""', '', '   ', '\tEcho'],
  ...[
    'echo,',
    'é',
    'É',
    '中文',
    'c0',
    'an',
    '#',
    'x = foo 3',
    'x = foo 4',
    'y = 5)',
    'y = 4)',
    'a\rb',
    '😀 x',
  ],
  ...[
    '0,',
    '1,',
    'ΑΣ',
    'ας',
    'İx',
    'a\u0000b',
    'a\u2028b',
    '\u0085',
    '\u00a0',
    '\ufeffx',
    '𐐀',
    'K',
    'ΑΣ\u0301 x',
  ],
];

export interface RandomCase {
  readonly threshold: number;
  readonly outputs: NamedFile[];
  readonly shards: NamedFile[];
}

/** `small`: short runs and few pieces, so that many cases can be compared in little time. */
export function randomCase(random: Random, small = false): RandomCase {
  const upTo = (length: number) => random.integer(small ? Math.ceil(length / 4) : length);
  const alphabet = random.shuffle(LINES).slice(0, random.pick([2, 3, 4, 6, 10, 20]));
  const line = () => random.pick(alphabet);
  const piece = (length: number) => Array.from({ length }, line);
  const base = [0, 1, 2].map(() => piece(4 + random.integer(small ? 10 : 20)));
  const text = (name: string): NamedFile => {
    const lines: string[] = [];
    for (let parts = 1 + random.integer(small ? 4 : 6); parts > 0; parts--) {
      const block = random.pick(base);
      const kind = random.next();
      if (kind < 0.35) lines.push(...block);
      else if (kind < 0.6) lines.push(...block.slice(random.integer(block.length)));
      else if (kind < 0.7) lines.push(`unique ${random.integer(1e9)}`);
      else if (kind < 0.8) lines.push(...piece(1 + random.integer(12)));
      else if (kind < 0.92) lines.push(...repeat([line()], 3 + upTo(40)));
      else if (kind < 0.96) lines.push(...repeat([line(), line()], 3 + upTo(120)));
      else if (kind < 0.97) lines.push(...repeat(piece(4), 3 + upTo(250)));
      else lines.push(...progression(random.pick(['', 'x = ', '# ']), 3 + random.integer(24)));
    }
    const end = random.pick(['\n', '\n', '\n', '\r\n', '\r']);
    const bytes = Buffer.from(lines.join(end) + (random.next() < 0.7 ? end : ''));
    if (random.next() < 0.25 && bytes.length > 0) {
      for (let damage = 0; damage < 4; damage++) {
        bytes[random.integer(bytes.length)] = random.pick([
          random.integer(256),
          0xe2,
          0xf0,
          0xc3,
          0xed,
          10,
          13,
        ]);
      }
    }
    return { name, bytes };
  };
  return {
    threshold: random.pick([6, 6, 2, 3, 4, 8]),
    outputs: random.next() < 0.8 ? [text('all')] : [text('all'), text('more')],
    shards: random.next() < 0.7 ? [text('train')] : [text('train'), text('0'), text('1')],
  };
}

function repeat(lines: readonly string[], length: number): string[] {
  return Array.from({ length }, (_, i) => lines[i % lines.length]!);
}

/** `a`, `b`, `c`, ...: their hashes are an arithmetic progression. */
function progression(prefix: string, length: number): string[] {
  return Array.from({ length }, (_, i) => prefix + String.fromCharCode(0x61 + i));
}
