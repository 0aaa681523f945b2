import { expect, test } from 'vitest';
import { AbortedError } from '../../lib/errors.js';
import { drain } from '../../lib/progress.js';
import { type ScanEvent, scanDocuments } from '../../lib/secrets/scan-documents.js';

const KEY = `ghp_${'x9Kq2ZvT7wLp4RjX8bNc5GfD3hYs6MkV1QzW'}`;
const documents = [
  { id: 'a', text: `t = "${KEY}"; u = "${KEY}";` },
  { id: 'b', text: '// jana@example.com 10.0.0.1' },
  { id: 'c', text: '// jana@nordwind.invalid' },
];

const scan = async (options?: Parameters<typeof scanDocuments>[1]) => {
  const events: ScanEvent[] = [];
  const summary = await drain(scanDocuments(documents, options), (event) => events.push(event));
  const found = events.flatMap((event) =>
    event.type === 'scanned' ? [[event.document.id, event.document.secrets.map(({ tag }) => tag)]] : [],
  );
  return { events, summary, found };
};

test('one event a document, in order, filtered, and a summary', async () => {
  const { found, summary, events } = await scan();
  expect(found).toEqual([
    ['a', ['KEY', 'KEY']],
    ['b', []],
    ['c', ['EMAIL']],
  ]);
  expect(summary).toEqual({
    documents: 3,
    sensitiveDocuments: 2,
    counts: { 'GitHub Token': 2, 'Email Address': 1 },
  });
  expect(events.filter(({ type }) => type === 'progress').at(-1)).toMatchObject({
    done: 3,
    unit: 'documents',
  });
});

test('without the filter, and some tags only', async () => {
  expect((await scan({ filter: false, tags: ['IP_ADDRESS'] })).found).toEqual([
    ['a', []],
    ['b', ['IP_ADDRESS']],
    ['c', []],
  ]);
});

test('any number of threads gives the same events, in the same order', async () => {
  // Enough for threads to be started, and for several batches of theirs.
  const many = Array.from({ length: 60 }, (_, i) => ({
    id: `${i}`,
    text: `${'x = 1\n'.repeat(20_000)}// a${i}@nordwind.invalid\n${i % 3 === 0 ? documents[0]!.text : ''}`,
  }));
  const run = async (workers: number) => {
    const events: ScanEvent[] = [];
    const summary = await drain(scanDocuments(many, { workers }), (event) => events.push(event));
    return { events, summary };
  };
  const alone = await run(1);
  expect(alone.summary.counts).toEqual({ 'Email Address': 60, 'GitHub Token': 40 });
  expect(await run(3)).toEqual(alone);
});

test('an aborted signal stops it', async () => {
  const controller = new AbortController();
  const events = scanDocuments(documents, { signal: controller.signal });
  await events.next();
  controller.abort();
  await expect(drain(events)).rejects.toThrow(AbortedError);
});

test('bad options are refused', async () => {
  await expect(scan({ tags: ['NAME'] } as never)).rejects.toThrow(/one of "EMAIL", "IP_ADDRESS", "KEY"/);
  await expect(scan({ filters: true } as never)).rejects.toThrow(/"filters"/);
});
