import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCloneLog, readCloneLog } from '../../../lib/clones/log/log.js';
import { detectClones } from '../../../lib/clones/search/detect.js';
import { readShardMap } from '../../../lib/data/corpus/shard-map.js';
import { InputError } from '../../../lib/errors.js';
import {
  type AnalyzeOptions,
  type AnalyzeResult,
  analyzeClones,
} from '../../../lib/memorization/analysis/analyze.js';
import {
  type FingerprintRecord,
  type OutputRecord,
  readAnalysedOutputs,
  readAnalysis,
  readFingerprints,
} from '../../../lib/memorization/analysis/summary.js';
import { drain } from '../../../lib/progress.js';
import { outputSeparator } from '../../../lib/sampling/published-text.js';

const FIXTURE = new URL('../../fixtures/memorization/analysis/', import.meta.url).pathname;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lethe-analysis-'));
});

afterAll(() => rm(root, { recursive: true }));

function optionsIn(directory: string, more: Partial<AnalyzeOptions> = {}): AnalyzeOptions {
  return {
    logs: [0, 1, 2].map((shard) => join(directory, `logs/${shard}.log`)),
    outputs: join(directory, 'all_0-23'),
    map: join(directory, 'map_0-23.json'),
    directory: join(root, 'analysis'),
    name: 'fixture',
    ...more,
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe.each(['distinct', 'published'] as const)('%s counting', (counting) => {
  const expected = join(FIXTURE, 'expected', counting);
  let result: AnalyzeResult;
  let directory: string;

  beforeAll(async () => {
    directory = join(root, counting);
    const shards = counting === 'distinct' ? { shards: join(FIXTURE, 'corpus') } : {};
    result = await drain(analyzeClones(optionsIn(FIXTURE, { counting, directory, ...shards })));
  });

  test.each([
    'memorization.json',
    'begin_end_list.txt',
    'extract_prompt.json',
    'fixture_all_memorization.csv',
    'analyze/0.txt',
    'analyze/1.txt',
    'analyze/2.txt',
    'analyze/all.txt',
  ])('writes %s byte for byte as the published analysis', async (name) => {
    expect(await readFile(join(directory, name), 'utf8')).toBe(await readFile(join(expected, name), 'utf8'));
  });

  test('correlates as scipy and numpy do', async () => {
    const figures = JSON.parse(await readFile(join(expected, 'correlation.json'), 'utf8'));
    for (const [key, value] of Object.entries(figures))
      expect(result.analysis.correlation[key as 'pearson'], key).toBeCloseTo(value as number, 12);
  });

  test('hands the report what the schemas say', async () => {
    expect(await readAnalysis(directory)).toEqual(result.analysis);
    const fingerprints = await collect(readFingerprints(directory));
    const memorization = JSON.parse(await readFile(join(directory, 'memorization.json'), 'utf8'));
    expect(
      Object.fromEntries(
        fingerprints.map(({ fingerprint, train, extract, lines }) => [
          fingerprint,
          { train, extract, len: lines },
        ]),
      ),
    ).toEqual(memorization);
    const counts = fingerprints.map(({ extract }) => extract);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    const { analysis } = result;
    const places = counts.reduce((sum, count) => sum + count, 0);
    for (const parts of [analysis.lengthDistribution, analysis.categories]) {
      expect(parts.reduce((sum, part) => sum + part.fingerprints, 0)).toBe(fingerprints.length);
      expect(parts.reduce((sum, part) => sum + part.places, 0)).toBe(places);
    }
    expect(analysis.growth.points.at(-1)).toEqual({ outputs: 24, fingerprints: fingerprints.length });
  });
});

describe('records', () => {
  let directory: string;
  let fingerprints: FingerprintRecord[];
  let outputs: OutputRecord[];
  let result: AnalyzeResult;

  beforeAll(async () => {
    directory = join(root, 'records');
    const log = { logs: [join(FIXTURE, 'logs/0.log')], shards: join(FIXTURE, 'corpus'), directory };
    result = await drain(analyzeClones(optionsIn(FIXTURE, log)));
    fingerprints = await collect(readFingerprints(directory));
    outputs = await collect(readAnalysedOutputs(directory));
  });

  test('name the lines of the outputs that hold a block', async () => {
    const lines = (await readFile(join(FIXTURE, 'all_0-23'), 'utf8')).split('\n');
    const map = JSON.parse(await readFile(join(FIXTURE, 'map_0-23.json'), 'utf8'));
    const { groups } = await readCloneLog(join(FIXTURE, 'logs/0.log'));
    const listed = new Set(
      groups.flatMap(({ fingerprint, occurrences }) =>
        occurrences
          .filter(({ file }) => file === 'all_0-23')
          .map(({ start, end }) => `${fingerprint} ${start} ${end}`),
      ),
    );
    const spans = outputs.flatMap(({ id, spans }) =>
      spans.map(
        ({ fingerprint, start, end }) =>
          `${fingerprint} ${start + map[id].start - 1} ${end + map[id].start - 1}`,
      ),
    );
    expect(new Set(spans)).toEqual(listed);
    expect(spans).toHaveLength(listed.size);
    for (const { text, outputs: places } of fingerprints) {
      const { id, start, end } = places[0]!;
      const first = map[id].start - 1;
      expect(lines.slice(first + start - 1, first + end)).toEqual(text.slice(0, -1).split('\n'));
    }
    for (const { id, md5, lines: count } of outputs) {
      expect(md5).toBe(map[id].md5);
      expect(count).toBe(map[id].end - map[id].start);
    }
    expect(result.analysis.outputs.withBlocks).toBe(outputs.length);
  });

  test('say how long the longest block of each output is', () => {
    const lengths = new Map(fingerprints.map(({ fingerprint, lines }) => [fingerprint, lines]));
    const byLongest: Record<number, number> = {};
    for (const { spans } of outputs) {
      const longest = Math.max(...spans.map(({ fingerprint }) => lengths.get(fingerprint)!));
      byLongest[longest] = (byLongest[longest] ?? 0) + 1;
    }
    expect(
      Object.fromEntries(
        result.analysis.outputsByLongestBlock.map(({ lines, outputs: count }) => [lines, count]),
      ),
    ).toEqual(byLongest);
  });

  test('name the documents that hold a block', async () => {
    const shard = join(FIXTURE, 'corpus/0');
    const entries = await readShardMap(shard);
    let checked = 0;
    let licensed = 0;
    for (const { documents, train } of fingerprints) {
      expect(documents).toHaveLength(Math.min(20, train));
      for (const { shard: name, id, path, licence, start } of documents) {
        const entry = entries.find((candidate) => candidate.start <= start && start <= candidate.end)!;
        const { id: expectedId, path: expectedPath, licence: expectedLicence } = entry;
        expect([name, id, path, licence]).toEqual(['corpus/0', expectedId, expectedPath, expectedLicence]);
        if (licence !== undefined) licensed++;
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(20);
    expect(licensed).toBeGreaterThan(0);
  });
});

test('the order of groups and occurrences of a log changes no count', async () => {
  const directory = join(root, 'reversed');
  await cp(FIXTURE, directory, { recursive: true });
  const path = join(directory, 'logs/0.log');
  const text = await readFile(path, 'utf8');
  const [totals, ...groups] = text
    .split(/^(?=Found )/m)
    .reverse()
    .slice(1);
  const turned = [totals, ...groups]
    .map((group) => {
      const [head, ...occurrences] = group!.trimEnd().split('\n');
      return `${[head, ...occurrences.reverse()].join('\n')}\n`;
    })
    .join('');
  await writeFile(path, turned + text.slice(text.lastIndexOf('Found ')));
  const logs = [path];
  const there = await drain(analyzeClones(optionsIn(directory, { logs, directory: join(root, 'turned') })));
  const here = await drain(
    analyzeClones(
      optionsIn(FIXTURE, { logs: [join(FIXTURE, 'logs/0.log')], directory: join(root, 'straight') }),
    ),
  );
  const { fingerprints, correlation, growth, categories } = there.analysis;
  expect({ fingerprints, growth, categories, sample: correlation.sample }).toEqual({
    fingerprints: here.analysis.fingerprints,
    growth: here.analysis.growth,
    categories: here.analysis.categories,
    sample: here.analysis.correlation.sample,
  });
});

test("gzip'd logs and logs of JSON lines say the same", async () => {
  const texts = new Set<string>();
  const { groups, totals } = await readCloneLog(join(FIXTURE, 'logs/0.log'));
  const published = await readFile(join(FIXTURE, 'logs/0.log'));
  const json = [...formatCloneLog({ groups, totals }, 'jsonl')].join('');
  for (const [name, bytes] of [
    ['0.log', published],
    ['0.log.gz', gzipSync(published)],
    ['0.jsonl', json],
    ['0.jsonl.gz', gzipSync(json)],
  ] as const) {
    const log = join(root, name);
    await writeFile(log, bytes);
    const directory = join(root, `from-${name}`);
    await drain(analyzeClones(optionsIn(FIXTURE, { logs: [log], directory })));
    const files = ['memorization.json', 'analyze/0.txt', 'fingerprints.jsonl', 'outputs.jsonl'];
    texts.add((await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))).join());
  }
  expect(texts.size).toBe(1);
});

test('the filtered table keeps the texts within the limits, with the ids of the whole table', async () => {
  const directory = join(root, 'filtered');
  // Words stand in for tokens.
  const tokenizer = {
    encode: (text: string) => ({
      tokens: new Int32Array(text.split(/\s+/).length),
      offsets: new Int32Array(),
      truncated: false,
    }),
  };
  const options = optionsIn(FIXTURE, {
    directory,
    tokenizer,
    minTokens: 40,
    maxTokens: 80,
    corpus: 'a, "b"',
  });
  const { filtered } = await drain(analyzeClones(options));
  const rows = (await readFile(join(directory, 'fixture_filtered_memorization.csv'), 'utf8')).split('\r\n');
  const all = (await readFile(join(directory, 'fixture_all_memorization.csv'), 'utf8')).split('\r\n');
  const kept = all.filter((row, i) => i === 0 || (row !== '' && isBetween(row, 40, 80)) || row === '');
  expect(rows).toEqual(kept);
  expect(filtered).toBe(rows.length - 2);
  expect(filtered).toBeGreaterThan(0);
  expect(filtered).toBeLessThan(all.length - 2);
  expect(rows[1]).toContain('"a, ""b"""');

  function isBetween(row: string, min: number, max: number): boolean {
    const text = row.slice(row.indexOf('"\n') + 1, -1).replaceAll('""', '"');
    const words = text.split(/\s+/).length;
    return min <= words && words <= max;
  }
});

test('without a tokenizer there is no filtered table', async () => {
  const directory = join(root, 'unfiltered');
  const { filtered } = await drain(analyzeClones(optionsIn(FIXTURE, { directory })));
  expect(filtered).toBeUndefined();
  expect(await readdir(directory)).not.toContain('fixture_filtered_memorization.csv');
});

test('logs without a block give empty files and figures', async () => {
  const directory = join(root, 'none');
  const log = join(root, 'none.log');
  await writeFile(
    log,
    'Found 0 duplicate lines in 0 blocks in 0 files\nProcessed a total of 500 significant (900 raw) lines in 2 files\n',
  );
  const { analysis } = await drain(analyzeClones(optionsIn(FIXTURE, { logs: [log], directory })));
  expect(analysis.fingerprints).toBe(0);
  expect(analysis.correlation).toMatchObject({ pearson: null, spearman: null, slope: null, points: 0 });
  expect(analysis.growth.fit).toBeNull();
  expect(await readFile(join(directory, 'memorization.json'), 'utf8')).toBe('{}');
  expect(await readFile(join(directory, 'analyze/none.txt'), 'utf8')).toBe('');
});

describe('files that do not belong together', () => {
  const edit = (path: string, change: (text: string) => string) => async (directory: string) => {
    const text = await readFile(join(directory, path), 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    await writeFile(join(directory, path), changed);
  };
  const shards = { corpus: true };

  test.each<[string, (directory: string) => Promise<unknown>, RegExp, { corpus?: boolean }?]>([
    [
      'a map with another md5',
      edit('map_0-23.json', (text) => text.replace(/"md5": "./, '"md5": "x')),
      /belongs to other outputs/,
    ],
    [
      'outputs that were changed after the merge',
      edit('all_0-23', (text) => text.replace('alpha', 'alphe')),
      /Expected md5 .* of output .* belongs to other outputs/,
    ],
    [
      'a map with too few lines',
      edit('map_0-23.json', (text) => text.replace(/, "23".*/, '}')),
      /lines by the map/,
    ],
    [
      'outputs cut short',
      edit('all_0-23', (text) => text.slice(0, text.length / 2)),
      /belongs to other outputs/,
    ],
    ['a log cut short', edit('logs/1.log', (text) => text.slice(0, 3000)), /cut short/],
    [
      'a log of other outputs',
      edit('logs/1.log', (text) => text.replaceAll('all_0-23', 'all_0-99')),
      /it names all_0-99: it was made from other outputs/,
    ],
    [
      'a log of outputs called otherwise',
      edit('logs/1.log', (text) => text.replaceAll('all_0-23', 'samples.txt')),
      /it names samples.txt and corpus\/1: it was made from other outputs/,
    ],
    [
      'blocks beyond the outputs',
      edit('logs/1.log', (text) => text.replace(/and \d+ in all_0-23/, 'and 99999 in all_0-23')),
      /has one in lines \d+ to 99999: it was made from other outputs/,
    ],
    [
      'a block with fewer lines than its length',
      edit('logs/1.log', (text) => text.replace(/and \d+ in all_0-23/, 'and 1 in all_0-23')),
      /Expected \d+ lines at least in a block/,
    ],
    [
      'a log given twice',
      (directory) => cp(join(directory, 'logs/0.log'), join(directory, 'logs/1.log')),
      /would count twice/,
    ],
    [
      'two logs in one file',
      edit('logs/1.log', (text) => text + text),
      /twice: are these several logs in one file/,
    ],
    [
      'a missing log',
      (directory) => rm(join(directory, 'logs/2.log')),
      /Could not read .*2\.log: it does not exist/,
    ],
    [
      'a missing shard',
      (directory) => rm(join(directory, 'corpus/2')),
      /Could not read .*corpus\/2: it does not exist/,
      shards,
    ],
    [
      'a missing shard map',
      (directory) => rm(join(directory, 'corpus/2.documents.jsonl')),
      /Could not read .*2\.documents\.jsonl: it does not exist/,
      shards,
    ],
    [
      'a shard of fewer lines',
      edit('corpus/2.documents.jsonl', (text) => text.split('\n').slice(0, 2).join('\n')),
      /where a block ends.*not of the same build/,
      shards,
    ],
    [
      'a shard of more lines',
      async (directory) => {
        const md5 = '0'.repeat(32);
        const end = (await readShardMap(join(directory, 'corpus/2'))).at(-1)!.end;
        await edit('corpus/2', (text) => `${text}more\n\n${md5}\n`)(directory);
        await edit(
          'corpus/2.documents.jsonl',
          (text) => `${text}{"id": "more", "md5": "${md5}", "start": ${end + 1}, "end": ${end + 3}}\n`,
        )(directory);
      },
      /in the log: log and shards are not of the same build/,
      shards,
    ],
    [
      'a shard whose documents moved',
      edit('corpus/2', (text) => `\n${text}`),
      /Expected md5 .* of document 2-\d in line \d+ .* not of the same build/,
      shards,
    ],
    [
      'a shard cut short',
      edit('corpus/2', (text) => text.slice(0, 200)),
      /lines at least in .*corpus\/2 by its map but found fewer/,
      shards,
    ],
  ])('%s', async (name, spoil, message, { corpus } = {}) => {
    const directory = join(root, name);
    await cp(FIXTURE, directory, { recursive: true });
    await spoil(directory);
    const target = join(directory, 'analysis');
    const options = optionsIn(directory, {
      directory: target,
      ...(corpus ? { shards: join(directory, 'corpus') } : {}),
    });
    const error = await drain(analyzeClones(options)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(message);
    expect((error as InputError).message).not.toMatch(/\n/);
    expect(await readdir(directory)).not.toContain('analysis');
  });

  test.each<[Partial<AnalyzeOptions>, RegExp]>([
    [{ logs: [] }, /Expected an array of >= 1 items for logs/],
    [{ logs: ['a/0.log', 'b/0.log.gz'] }, /Expected logs of different names .* analyze\/0\.txt/],
    [{ logs: ['all.log'] }, /the file of all texts would both be written to analyze\/all\.txt/],
    [{ name: 'codeparrot/codeparrot' }, /Expected a name without \/ or \\ for name/],
    [{ counting: 'twice' as 'distinct' }, /Expected one of "distinct", "published" for counting/],
    [{ minTokens: 600 }, /Expected at most 512, maxTokens, for minTokens but received 600/],
  ])('options %o', async (more, message) => {
    await expect(drain(analyzeClones(optionsIn(FIXTURE, more)))).rejects.toThrow(message);
  });

  test('an aborted analysis writes nothing', async () => {
    const directory = join(root, 'aborted');
    const options = optionsIn(FIXTURE, { directory, signal: AbortSignal.abort() });
    await expect(drain(analyzeClones(options))).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(await readdir(root)).not.toContain('aborted');
  });
});

describe('blocks that do not agree as text', () => {
  const lines = (line: string) => `${line}\n`.repeat(20);

  async function analyse(name: string, more: Partial<AnalyzeOptions> = {}): Promise<AnalyzeResult> {
    const directory = join(root, name);
    await mkdir(directory, { recursive: true });
    const text = `${lines('0, 0,').slice(0, -1)}`;
    const md5 = createHash('md5').update(text).digest('hex');
    const [all, shard] = [join(directory, 'all_0-0'), join(directory, '0')];
    await writeFile(all, `${text}\n${outputSeparator(md5)}\n`);
    await writeFile(join(directory, 'map_0-0.json'), JSON.stringify({ 0: { md5, start: 1, end: 21 } }));
    await writeFile(shard, lines('# ----'));
    const { groups, totals } = await drain(detectClones({ outputs: [all], shards: [shard] }));
    await writeFile(join(directory, '0.log'), [...formatCloneLog({ groups, totals })].join(''));
    return drain(
      analyzeClones({
        logs: [join(directory, '0.log')],
        outputs: all,
        map: join(directory, 'map_0-0.json'),
        directory: join(directory, 'analysis'),
        ...more,
      }),
    );
  }

  test('are left out and counted', async () => {
    const { analysis } = await analyse('unlike');
    expect(analysis).toMatchObject({ fingerprints: 0, outputs: { withBlocks: 0 } });
    expect(analysis.agreement).toMatchObject({ places: 0, unchecked: 0, missing: [] });
    expect(analysis.agreement!.groups).toBeGreaterThan(0);
    expect(await readAnalysis(join(root, 'unlike/analysis'))).toEqual(analysis);
  });

  test('are kept as published', async () => {
    const { analysis } = await analyse('kept', { counting: 'published' });
    expect(analysis.outputs.withBlocks).toBe(1);
    expect(analysis.fingerprints).toBeGreaterThan(0);
    expect(analysis.agreement).toBeUndefined();
  });
});
