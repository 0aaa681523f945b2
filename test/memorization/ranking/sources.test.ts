/** Texts before they are scored, where outputs are read from, and which of them clone logs confirm. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CloneGroup, formatCloneLog } from '../../../lib/clones/log/log.js';
import { openOutputs } from '../../../lib/memorization/ranking/outputs.js';
import { collapseNewlines, windowsOf } from '../../../lib/memorization/ranking/texts.js';
import { readVerdicts } from '../../../lib/memorization/ranking/verdicts.js';
import { drain } from '../../../lib/progress.js';
import { Random } from '../../../lib/random.js';
import { mergeOutputs } from '../../../lib/sampling/merge.js';
import { mergedOutput } from '../../../lib/sampling/published-text.js';

describe('texts', () => {
  test.each([
    ['a\n\n\nb\n\n', 'a\nb\n'],
    ['a\r\n\r\nb\rc', 'a\nb\nc'],
    ['\n\na \n \nb', '\na \n \nb'],
    ['', ''],
  ])('runs of line ends in %j are one', (text, expected) => {
    expect(collapseNewlines(text)).toBe(expected);
  });

  test.each([
    ['a\nb\nc', 2, ['a\nb', 'b\nc']],
    ['a\nb\nc\n', 2, ['a\nb', 'b\nc']],
    ['a\nb\n', 6, ['a\nb']],
    ['a\nb\nc\n', 3, ['a\nb\nc']],
    ['', 6, ['']],
    ['\n', 6, ['']],
  ])('windows of %j', (text, size, expected) => {
    expect(windowsOf(text, size)).toEqual(expected);
  });

  test('windows hold every run of so many lines once', () => {
    const random = new Random(3);
    for (let i = 0; i < 300; i++) {
      const lines = Array.from({ length: 1 + random.integer(20) }, (_, n) => `line ${n}`);
      const size = 1 + random.integer(8);
      const windows = windowsOf(lines.join('\n') + random.pick(['', '\n']), size);
      expect(windows).toHaveLength(Math.max(1, lines.length - size + 1));
      for (const [first, window] of windows.entries())
        expect(window.split('\n')).toEqual(lines.slice(first, first + size));
    }
  });
});

const TEXTS = ['a\n\nb\n', '', 'x\r\n \ny', '\u2028one\nline\n', 'z'];
let directory: string;
const at = (name: string) => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lethe-ranking-'));
  await mkdir(at('campaign/separate'), { recursive: true });
  for (const [i, text] of TEXTS.entries()) await writeFile(at(`campaign/separate/${i}`), text);
  await mergeOutputs(at('campaign'));
});
afterAll(() => rm(directory, { recursive: true }));

const readAll = async (path: string) => {
  const out: (readonly [string, string])[] = [];
  for await (const { id, text } of (await openOutputs(path)).read()) out.push([id, text]);
  return out;
};

describe('openOutputs', () => {
  const merged = TEXTS.map((text, i) => [String(i), mergedText(text)]);

  /** What stands in a merged file before the separator. */
  function mergedText(text: string): string {
    return mergedOutput(text).text.replace(/\nSubmission>{6}[0-9a-f]{32}>{6}Submission\n$/, '');
  }

  test('a directory of a campaign', async () => {
    expect(await readAll(at('campaign'))).toEqual(TEXTS.map((text, i) => [String(i), text]));
  });

  test('an unfinished one', async () => {
    await mkdir(at('gaps/separate'), { recursive: true });
    for (const id of [0, 1, 5, 10]) await writeFile(at(`gaps/separate/${id}`), `text ${id}`);
    expect((await readAll(at('gaps'))).map(([id]) => id)).toEqual(['0', '1', '5', '10']);
  });

  test('one with a thousand outputs a file', async () => {
    await mkdir(at('shards'));
    const record = (id: number) => ({ id, text: `text ${id}`, tokenCount: 2, stopReason: 'length' });
    const write = (name: string, ids: readonly number[]) =>
      writeFile(at(`shards/${name}`), ids.map((id) => `${JSON.stringify(record(id))}\n`).join(''));
    await write('outputs-000000.jsonl', [0, 1]);
    await write('outputs-000002.jsonl', [2000]);
    expect(await readAll(at('shards'))).toEqual([0, 1, 2000].map((id) => [String(id), `text ${id}`]));
    expect((await openOutputs(at('shards'))).parts).toEqual(
      ['000000', '000002'].map((number) => at(`shards/outputs-${number}.jsonl`)),
    );
  });

  test('a merged file, gzipped or not, numbered as it is called', async () => {
    expect(await readAll(at('campaign/all_0-4'))).toEqual(merged);
    const { readFile } = await import('node:fs/promises');
    const bytes = await readFile(at('campaign/all_0-4'));
    await writeFile(at('all_100-104.gz'), gzipSync(bytes));
    expect((await readAll(at('all_100-104.gz'))).map(([id]) => id)).toEqual([
      '100',
      '101',
      '102',
      '103',
      '104',
    ]);
  });

  test('a merged file larger than one read', async () => {
    const random = new Random(1);
    const texts = Array.from({ length: 900 }, () =>
      Array.from({ length: random.integer(30) }, () => random.pick(['a', 'ä€', '', 'word'])).join('\n'),
    );
    await writeFile(at('all_0-899'), texts.map((text) => mergedOutput(text).text).join(''));
    expect((await readAll(at('all_0-899'))).map(([, text]) => text)).toEqual(texts.map(mergedText));
  });

  test('a pipe is refused: outputs are read more than once', async () => {
    await expect(openOutputs('/dev/null')).rejects.toThrow(
      'Expected outputs that can be read more than once but /dev/null is a pipe or a device.',
    );
  });

  test('CSV', async () => {
    await writeFile(at('some.csv'), 'doc_id,text\np,"a\nb"\n');
    expect(await readAll(at('some.csv'))).toEqual([['p', 'a\nb']]);
  });

  test('JSON lines', async () => {
    await writeFile(at('some.jsonl'), '{"id":"p","text":"a"}\n{"content":"b"}\n');
    expect(await readAll(at('some.jsonl'))).toEqual([
      ['p', 'a'],
      ['some.jsonl:2', 'b'],
    ]);
  });

  test('what is none of these, or cut short, is refused', async () => {
    await writeFile(at('plain.txt'), 'just text\n');
    await expect(readAll(at('plain.txt'))).rejects.toThrow(
      /^Expected outputs, each with a separator line after it, in .*plain\.txt but found no separator\.$/,
    );
    await writeFile(at('torn'), `${mergedOutput('a\n').text}b\n`);
    await expect(readAll(at('torn'))).rejects.toThrow(/but the last one has none\.$/);
    await expect(readAll(at('nothing'))).rejects.toThrow(/it does not exist/);
  });
});

describe('readVerdicts', () => {
  const totals = {
    duplicateLines: 0,
    blocks: 0,
    filesWithBlocks: 0,
    significantLines: 0,
    rawLines: 0,
    files: 0,
  };
  const group = (...places: [string, number, number][]): CloneGroup => ({
    length: 2,
    fingerprint: '0'.repeat(32),
    occurrences: places.map(([file, start, end]) => ({ file, start, end })),
  });
  const writeLog = (name: string, groups: readonly CloneGroup[]) =>
    writeFile(at(name), [...formatCloneLog({ groups, totals })].join(''));
  const verdicts = async (outputs: string, logs: readonly string[], map = 'campaign/map_0-4.json') =>
    drain(readVerdicts(await openOutputs(at(outputs)), { logs: logs.map(at), maps: [at(map)] }));

  // Lines of all_0-4, separators last: 0 is 1..4, 1 is 5..6, 2 is 7..10, 3 is 11..14, 4 is 15..16.
  test('an output is memorized if it shares a line with a block that is in the corpus too', async () => {
    await writeLog('one.log', [
      group(['out/all_0-4', 1, 2], ['corpus/0', 9, 10]),
      group(['out/all_0-4', 12, 12], ['out/all_0-4', 15, 15]),
    ]);
    await writeLog('two.log', [
      group(['corpus/1', 1, 2], ['all_0-4', 10, 12]),
      group(['c', 1, 2], ['c', 3, 4]),
    ]);
    const { readFile } = await import('node:fs/promises');
    const map = JSON.parse(await readFile(at('campaign/map_0-4.json'), 'utf8')) as Record<string, object>;
    expect(Object.values(map).map((entry) => Object.values(entry).slice(1))).toEqual([
      [1, 4],
      [5, 6],
      [7, 10],
      [11, 14],
      [15, 16],
    ]);
    for (const outputs of ['campaign', 'campaign/all_0-4']) {
      const found = await verdicts(outputs, ['one.log', 'two.log']);
      // Line 10 is the separator of output 2, which is none of its lines.
      expect([...found.memorized].sort()).toEqual(['0', '3']);
      expect(found.outputs).toBe(5);
    }
  });

  test('a block that does not agree as text confirms nothing, unless as published', async () => {
    await writeFile(at('shard'), 'a\nb\nx\ny\nONE\nline\n');
    const places: [string, number, number][] = [
      [at('shard'), 1, 2],
      [at('shard'), 5, 6],
    ];
    await writeLog('unlike.log', [group(['all_0-4', 1, 3], ['all_0-4', 12, 13], ...places)]);
    for (const outputs of ['campaign', 'campaign/all_0-4']) {
      const found = await verdicts(outputs, ['unlike.log']);
      expect([...found.memorized]).toEqual(['0']);
      expect(found.agreement).toEqual({ groups: 0, places: 2, unchecked: 0, missing: [] });
    }
    const source = await openOutputs(at('campaign'));
    const options = { logs: [at('unlike.log')], maps: [at('campaign/map_0-4.json')] };
    const published = await drain(readVerdicts(source, { ...options, counting: 'published' }));
    expect([...published.memorized].sort()).toEqual(['0', '3']);
    expect(published.agreement).toBeUndefined();
    const elsewhere = await drain(readVerdicts(source, { ...options, shards: at('gone') }));
    expect(elsewhere.agreement).toMatchObject({ groups: 1, missing: [at('shard')] });
  });

  test('a log without blocks confirms nothing', async () => {
    await writeLog('none.log', []);
    expect((await verdicts('campaign', ['none.log'])).memorized.size).toBe(0);
  });

  test('outputs, map and log must belong together', async () => {
    await writeLog('other.log', [group(['all_5-9', 1, 2], ['corpus/0', 3, 4])]);
    await expect(verdicts('campaign', ['other.log'])).rejects.toThrow(
      /^Expected blocks of all_0-4 in .*other\.log but it names all_5-9 and corpus\/0: it was made from other outputs\.$/,
    );
    await writeLog('long.log', [group(['all_0-4', 16, 17], ['corpus/0', 3, 4])]);
    await expect(verdicts('campaign', ['long.log'])).rejects.toThrow(/within the 16 lines of .*16 to 17/);
    await writeFile(at('cut.log'), 'Found 2 duplicate lines with');
    await expect(verdicts('campaign', ['cut.log'])).rejects.toThrow(/cut short/);
    await expect(verdicts('gaps', ['none.log'])).rejects.toThrow(
      /output "0" has another md5: the map belongs to other outputs\.$/,
    );
    await expect(verdicts('all_100-104.gz', ['none.log'])).rejects.toThrow(/output "100" is not in the map/);
  });
});
