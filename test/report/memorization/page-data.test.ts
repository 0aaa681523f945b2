import { expect, test } from 'vitest';
import { PAGE_LIMITS } from '../../../lib/report/memorization/input.js';
import { blocksData, outputsData } from '../../../lib/report/memorization/page-data.js';
import { sampleMemorization } from './sample.js';

test('names a corpus document once, and one that is not known by its shard', () => {
  const { documents, blocks } = blocksData(sampleMemorization());
  expect(documents).toHaveLength(2);
  expect(documents[0]!.slice(2)).toEqual(['mit']);
  expect(documents[1]).toEqual(['0', '', '']);
  expect(blocks.map((block) => block.documents)).toEqual([
    [
      [0, 10, 11],
      [1, 20, 21],
    ],
    [[0, 30, 32]],
  ]);
});

test('links spans to the blocks of the page and keeps the fingerprint of others', () => {
  const [output] = outputsData(sampleMemorization()).outputs;
  expect(output!.spans).toEqual([
    [2, 3, 0],
    [3, 4, 'c'.repeat(32)],
  ]);
  expect(output!.memorized).toBe(3);
});

test.each([
  [
    'whole lines',
    `${'x'.repeat(PAGE_LIMITS.textPerBlock - 1)}\nsecond\nthird\n`,
    PAGE_LIMITS.textPerBlock - 1,
    2,
  ],
  [
    'the beginning of an endless line',
    `${'x'.repeat(PAGE_LIMITS.textPerBlock + 9)}\nsecond\n`,
    PAGE_LIMITS.textPerBlock + 1,
    1,
  ],
  ['a text that fits', 'a\nb\n', 3, 0],
])('keeps %s', (_name, text, length, cut) => {
  const input = sampleMemorization();
  const [block] = blocksData({ ...input, blocks: [{ ...input.blocks[0]!, text }] }).blocks;
  expect(block!.text).toHaveLength(length);
  expect(block!.cut).toBe(cut);
});

test('bounds the places of a block', () => {
  const input = sampleMemorization();
  const outputs = Array.from({ length: 20 }, (_, i) => ({ id: String(i), start: 1, end: 2 }));
  const [block] = blocksData({ ...input, blocks: [{ ...input.blocks[0]!, outputs }] }).blocks;
  expect(block!.outputs).toHaveLength(PAGE_LIMITS.placesPerBlock);
});
