import { expect, test } from 'vitest';
import type { OutputRecord } from '../../../lib/memorization/analysis/summary.js';
import { Random } from '../../../lib/random.js';
import { chooseOutputs, memorizedLines } from '../../../lib/report/memorization/choose-outputs.js';
import { sampleMemorization } from './sample.js';

const span = (start: number, end: number) => ({ start, end, fingerprint: 'f'.repeat(32) });
const record = (id: number, lines: number): OutputRecord => ({
  id: String(id),
  md5: '',
  lines,
  spans: [span(1, lines)],
});

async function* each(records: readonly OutputRecord[]) {
  yield* records;
}

test('counts lines under overlapping spans once, as a plain set does', () => {
  expect(memorizedLines({ spans: [span(5, 9), span(1, 3), span(2, 6)] })).toBe(9);
  const random = new Random(3);
  for (let round = 0; round < 200; round++) {
    const spans = Array.from({ length: random.integer(6) }, () => {
      const start = 1 + random.integer(20);
      return span(start, start + random.integer(8));
    });
    const lines = new Set(
      spans.flatMap(({ start, end }) => Array.from({ length: end - start + 1 }, (_, i) => start + i)),
    );
    expect(memorizedLines({ spans })).toBe(lines.size);
  }
});

test('takes half from the first blocks, the rest by memorized lines, in the order of the file', async () => {
  const [block] = sampleMemorization().blocks;
  const blocks = ['7', '3', '7', '5'].map((id) => ({ ...block!, outputs: [{ id, start: 1, end: 2 }] }));
  const records = Array.from({ length: 100 }, (_, id) => record(id, 1 + (id % 50)));
  const chosen = await chooseOutputs(each(records), blocks, 4);
  // 7 and 3 for the blocks; 49 and 99 have the most lines.
  expect(chosen.map(({ id }) => id)).toEqual(['3', '7', '49', '99']);
});

test('takes all there are', async () => {
  const records = [record(0, 2), record(1, 1)];
  expect(await chooseOutputs(each(records), [], 10)).toEqual(records);
});
