/** Random small cases against the definition: small alphabets, cut into chunks and parts anywhere. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { Random } from '../../../lib/random.js';
import { outputSeparator } from '../../../lib/sampling/published-text.js';
import { findSpans, plainSpan } from './brute-force-spans.js';
import { spansInMemory } from './spans-in-memory.js';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

const ALPHABETS = [
  ['a'],
  ['a', 'b'],
  ['a', 'b', ' '],
  ['a', '\n'],
  ['a', 'é', '中', '😀'],
  ['0', '\n', ' \t', 'x\r\n'],
  // Characters that share bytes.
  ['é', 'è', '中', '丮', 'Ù'],
];

function randomText(random: Random, alphabet: readonly string[], most: number): string {
  const size = random.integer(random.pick([3, 12, most]));
  const piece = Array.from({ length: size }, () => random.pick(alphabet));
  // Some texts repeat themselves.
  const text =
    random.integer(4) === 0 ? Array.from({ length: 1 + random.integer(6) }, () => piece).flat() : piece;
  return text.slice(0, most).join('');
}

/** Pieces of texts between pieces of their own. */
function mixture(random: Random, texts: readonly string[], own: string): string {
  const characters = [...random.pick(texts)];
  const start = random.integer(characters.length + 1);
  return characters.slice(start, start + random.integer(characters.length + 1)).join('') + own;
}

function randomCase(random: Random) {
  const alphabet = random.pick(ALPHABETS);
  const text = () => randomText(random, alphabet, random.pick([20, 40, 100]));
  const outputs = Array.from({ length: 1 + random.integer(4) }, text);
  const documents = () => {
    const made = text();
    const mixed =
      random.integer(3) === 0 ? made : mixture(random, outputs, made) + mixture(random, outputs, '');
    // As a shard holds them: with their last line ended.
    return mixed === '' || mixed.endsWith('\n') ? mixed : `${mixed}\n`;
  };
  const files = Array.from({ length: 1 + random.integer(2) }, () =>
    Array.from({ length: 1 + random.integer(4) }, documents),
  );
  return {
    outputs,
    files,
    outputsFile: Buffer.from(outputs.map((each) => `${each}\n${outputSeparator(md5(each))}\n`).join('')),
    shards: files.map((all) => Buffer.from(all.map((each) => `${each}\n${md5(each)}\n`).join(''))),
    rule: { minBytes: 8 + random.integer(10), anyWhiteSpace: random.integer(3) === 0 },
    cuts: { chunkBytes: random.pick([1, 2, 7, 31, 4096]), partBytes: random.pick([1, 5, 40, 97, 4096]) },
  };
}

const CASES = Number(process.env.LETHE_SPAN_CASES ?? 2000);

it.each([1, 2, 3, 4])(
  'equals the definition (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    let spans = 0;
    for (let i = 0; i < CASES / 4; i++) {
      const { outputs, files, outputsFile, shards, rule, cuts } = randomCase(random);
      const found = await spansInMemory(outputsFile, shards, rule, cuts);
      const expected = findSpans(outputs, files, rule);
      spans += expected.length;
      expect(found.map(plainSpan), JSON.stringify({ outputs, files, rule, cuts })).toEqual(expected);
    }
    expect(spans).toBeGreaterThan(CASES / 8);
  },
  600_000,
);
