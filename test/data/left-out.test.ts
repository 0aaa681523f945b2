import { expect, test } from 'vitest';
import { describeLeftOut, LeftOut, leftOutSchema } from '../../lib/data/left-out.js';

test('what is left out is counted once, in an order of its own, and told by its first names', () => {
  const leftOut = new LeftOut();
  leftOut.add('not-text', 'b.bin');
  for (const name of ['e', 'd', 'c', 'b', 'a', 'e']) leftOut.add('hidden', name);
  const record = leftOut.toJSON();
  expect(record).toEqual({
    hidden: { count: 5, names: ['a', 'b', 'c', 'd', 'e'] },
    'not-text': { count: 1, names: ['b.bin'] },
  });
  expect(describeLeftOut(record)).toEqual([
    'Left out 5 (hidden, --hidden takes them): a, b, c and 2 more.',
    'Left out 1 (no text): b.bin.',
  ]);
  const parsed = leftOutSchema.parse(JSON.parse(JSON.stringify(leftOut)));
  const again = LeftOut.of(parsed);
  again.add('hidden', 'a');
  expect(again.toJSON()).toEqual(record);
  expect(describeLeftOut({})).toEqual([]);
});

test('names that would steer a terminal are not sent to it', () => {
  const [line] = describeLeftOut({ special: { count: 1, names: ['a\u001b[2Jb\nc\u202ed'] } });
  expect(line).toBe('Left out 1 (pipes, sockets or devices): a?[2Jb?c?d.');
});
