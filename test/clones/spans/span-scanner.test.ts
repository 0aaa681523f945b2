import { expect, it } from 'vitest';
import { NAMED_PLACES } from '../../../lib/clones/spans/match-list.js';
import { plainSpan } from './brute-force-spans.js';
import { spansInMemory } from './spans-in-memory.js';

const rule = { minBytes: 150, anyWhiteSpace: false };
const whole = { chunkBytes: 2 ** 16, partBytes: 2 ** 30 };

async function search(outputs: string, corpus: string, cuts = whole) {
  const found = await spansInMemory(
    Buffer.from(outputs, 'latin1'),
    [Buffer.from(corpus, 'latin1')],
    rule,
    cuts,
  );
  return found.map(plainSpan);
}

// Were a place looked at for each byte of its match, these would take minutes.
it.each([
  ['a run longer than the outputs', 'a'.repeat(30_000), 'a'.repeat(120_000), 30_000, 90_001],
  ['a period', 'ab'.repeat(15_000), 'ba'.repeat(60_000), 30_000, 45_000],
  ['a run that something cuts', 'a'.repeat(30_000), `${'a'.repeat(1000)}-`.repeat(400), 1000, 400],
])(
  'is done with %s, and counts every place',
  async (_, outputs, corpus, end, count) => {
    const [first] = await search(outputs, corpus);
    expect(first).toMatchObject({ start: 0, end, count });
    expect(first!.places).toHaveLength(NAMED_PLACES);
    // What is cut into parts is not counted twice at the cuts.
    const parts = await search(outputs, corpus, { chunkBytes: 2 ** 16, partBytes: 70_000 });
    expect(parts[0]).toEqual(first);
  },
  60_000,
);

it('is done with outputs that are all alike, and with text that nearly matches everywhere', async () => {
  const piece = Array.from({ length: 140 }, (_, i) => String.fromCharCode(97 + ((i * i) % 26))).join('');
  const outputs = `${piece}${'x'.repeat(20)}\nSubmission>>>>>>${'0'.repeat(32)}>>>>>>Submission\n`.repeat(
    2000,
  );
  expect(await search(outputs, `${piece}yy`.repeat(20_000))).toEqual([]);
  const found = await search(outputs, `${piece}${'x'.repeat(30)}`.repeat(1000));
  expect(found).toHaveLength(2000);
  expect(found[1999]).toMatchObject({ start: 0, end: 160, count: 1000 });
}, 60_000);

it('lets no malformed byte match, and no span cross outputs or documents', async () => {
  const text = 'x'.repeat(100);
  const separator = `\nSubmission>>>>>>${'0'.repeat(32)}>>>>>>Submission\n`;
  const outputs = `${text}${separator}${text}${separator}`;
  expect(await search(outputs, `${text}\xff${text}`)).toEqual([]);
  expect(await search(outputs, `${text}${separator}${text}${separator}`)).toEqual([]);
  expect(await search(`${text}\n\n${text}`, `${text}\n\n${'0'.repeat(32)}\n${text}`)).toEqual([]);
  expect(await search(`${text}\n\n${text}`, `${text}\n\n${text}`)).toHaveLength(1);
  expect(await search(`${text}\n\n${text}`, '\xff'.repeat(10_000))).toEqual([]);
});
