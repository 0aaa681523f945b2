/** An analysis directory made up by the dice, of any size, with hostile text in it: what the page must stay quick with. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Analysis,
  CATEGORIES,
  type FingerprintRecord,
  type OutputRecord,
} from '../../../lib/memorization/analysis/summary.js';
import type { Ranking } from '../../../lib/memorization/ranking/records.js';
import { Random } from '../../../lib/random.js';

export const HOSTILE_LINE =
  '</script><!-- <img src=x onerror="alert(1)"> \u202eevil\u2066 \u2028 \u0007 & `y`';

const WORDS = 'self value data index result request model import return config path name parser node'.split(
  ' ',
);

export interface GeneratedSize {
  readonly blocks: number;
  readonly outputs: number;
  readonly seed: number;
}

/** Writes `analysis.json`, `fingerprints.jsonl`, `outputs.jsonl`, `run.json`, `ranking.json` and the merged outputs. */
export async function writeGeneratedAnalysis(directory: string, size: GeneratedSize): Promise<void> {
  const random = new Random(size.seed);
  const texts = Array.from({ length: size.blocks }, (_, i) => blockText(random, i));
  const uses = texts.map((): FingerprintRecord['outputs'] => []);
  const { records, entries, merged } = composeOutputs(random, texts, uses, size.outputs);
  const blocks = texts
    .map((text, i) => blockRecord(random, text, i, uses[i]!))
    .filter(({ extract }) => extract > 0)
    .sort((a, b) => b.extract - a.extract || b.train - a.train);

  const write = (name: string, text: string) => writeFile(join(directory, name), text);
  const jsonLines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await mkdir(directory, { recursive: true });
  await write('all_0', merged);
  await write('map_0.json', JSON.stringify(Object.fromEntries(entries)));
  await write('fingerprints.jsonl', jsonLines(blocks));
  await write('outputs.jsonl', jsonLines(records));
  await write('analysis.json', JSON.stringify(summarize(blocks, records, size.outputs, merged)));
  await write('ranking.json', JSON.stringify(ranking(random, size.outputs)));
  await write('run.json', JSON.stringify(run()));
}

const fingerprintOf = (index: number) => createHash('md5').update(String(index)).digest('hex');

function blockText(random: Random, index: number): string {
  const lines = 6 + Math.min(80, Math.floor(-5 * Math.log(1 - random.next())));
  const text = Array.from({ length: lines }, (_, i) => {
    const words = Array.from({ length: 2 + random.integer(5) }, () => random.pick(WORDS));
    return `${'    '.repeat(random.integer(3))}${words.join(random.pick([' = ', '.', ' ', ', ']))}  # ${index}.${i}`;
  });
  if (index % 100 === 0) text[1] = HOSTILE_LINE;
  return `${text.join('\n')}\n`;
}

function composeOutputs(
  random: Random,
  texts: readonly string[],
  uses: FingerprintRecord['outputs'][],
  count: number,
) {
  const records: OutputRecord[] = [];
  const entries: [string, { md5: string; start: number; end: number }][] = [];
  let merged = '';
  let line = 1;
  for (let id = 0; id < count; id++) {
    const lines: string[] = [];
    const spans: OutputRecord['spans'] = [];
    const plain = () => {
      for (let i = random.integer(8); i >= 0; i--) lines.push(`def ${random.pick(WORDS)}_${id}(x): return x`);
    };
    plain();
    for (let i = random.integer(4); i > 0; i--) {
      // Few blocks stand in many outputs, many in few.
      const index = Math.floor(texts.length * random.next() ** 3);
      const start = lines.length + 1;
      lines.push(...texts[index]!.trimEnd().split('\n'));
      spans.push({ start, end: lines.length, fingerprint: fingerprintOf(index) });
      uses[index]!.push({ id: String(id), start, end: lines.length });
      plain();
    }
    const text = lines.join('\n');
    const md5 = createHash('md5').update(text).digest('hex');
    merged += `${text}\nSubmission>>>>>>${md5}>>>>>>Submission\n`;
    // Clone detection ends lines at \n, \r and \r\n only, and so does the text above.
    entries.push([String(id), { md5, start: line, end: line + lines.length }]);
    line += lines.length + 1;
    if (spans.length > 0) records.push({ id: String(id), md5, lines: lines.length, spans });
  }
  return { records, entries, merged };
}

function blockRecord(
  random: Random,
  text: string,
  index: number,
  uses: FingerprintRecord['outputs'],
): FingerprintRecord {
  const train = Math.max(1, Math.round(uses.length * Math.exp(3 * random.next())));
  return {
    fingerprint: fingerprintOf(index),
    lines: text.split('\n').length - 1,
    train,
    extract: uses.length,
    category: random.pick([...CATEGORIES, 'code', 'code', 'licence']),
    text,
    texts: 1 + random.integer(2),
    outputs: uses.slice(0, 20),
    documents: Array.from({ length: Math.min(20, train) }, (_, i) => {
      const start = 1 + random.integer(1_000_000);
      const place = { shard: String(random.integer(53)), start, end: start + 7 };
      if (i === 3) return place;
      const name = random.pick(WORDS);
      return {
        ...place,
        id: `d${i}`,
        path: `owner/${name}/src/${name}_${random.integer(2000)}.py`,
        licence: random.pick(['mit', 'apache-2.0']),
      };
    }),
  };
}

function summarize(
  blocks: readonly FingerprintRecord[],
  records: readonly OutputRecord[],
  outputs: number,
  merged: string,
): Analysis {
  const lengths = [...new Set(blocks.map(({ lines }) => lines))].sort((a, b) => a - b);
  const places = (some: readonly FingerprintRecord[]) => some.reduce((sum, { extract }) => sum + extract, 0);
  const k = 2 * (blocks.length / outputs ** 0.8);
  const lengthOf = new Map(blocks.map(({ fingerprint, lines }) => [fingerprint, lines]));
  const longest = new Map<number, number>();
  for (const { spans } of records) {
    const lines = Math.max(...spans.map(({ fingerprint }) => lengthOf.get(fingerprint)!));
    longest.set(lines, (longest.get(lines) ?? 0) + 1);
  }
  return {
    version: 1,
    name: 'generated',
    counting: 'distinct',
    threshold: 6,
    outputs: {
      file: 'all_0',
      map: 'map_0.json',
      count: outputs,
      lines: merged.split('\n').length - 1,
      withBlocks: records.length,
    },
    shards: Array.from({ length: 53 }, (_, i) => ({ log: `logs/${i}`, files: [`corpus/${i}`] })),
    fingerprints: blocks.length,
    lengthDistribution: lengths.map((lines) => {
      const some = blocks.filter((block) => block.lines === lines);
      return { lines, fingerprints: some.length, places: places(some) };
    }),
    correlation: {
      pearson: 0.41,
      spearman: 0.63,
      slope: 0.05,
      intercept: 1.2,
      points: blocks.length,
      sample: blocks.slice(0, 3000).map(({ train, extract }) => [train, extract, 1]),
    },
    growth: {
      points: Array.from({ length: 40 }, (_, i) => {
        const at = Math.round(((i + 1) / 40) * outputs);
        return { outputs: at, fingerprints: Math.round((k / 2) * at ** 0.8) };
      }),
      fit: {
        model: 'heaps',
        parameters: { k: k / 2, beta: 0.8, r2: 0.998 },
        at: [2, 5, 10, 100].map((factor) => ({
          outputs: factor * outputs,
          fingerprints: (k / 2) * (factor * outputs) ** 0.8,
        })),
      },
    },
    outputsByLongestBlock: [...longest]
      .sort(([a], [b]) => a - b)
      .map(([lines, count]) => ({ lines, outputs: count })),
    categories: CATEGORIES.map((category) => {
      const some = blocks.filter((block) => block.category === category);
      return { category, fingerprints: some.length, places: places(some) };
    }),
  };
}

function ranking(random: Random, outputs: number): Ranking {
  const names = [
    '-log ppl',
    'small-first',
    'lower / ppl',
    'zlib / log ppl',
    'Min-K 20%',
    'Min-K++ 20%',
    HOSTILE_LINE,
  ];
  return {
    version: 1,
    outputs,
    memorized: Math.floor(outputs / 3),
    scores: names.map((name) => {
      const power = 1 + 3 * random.next();
      return {
        name,
        precisionAt: [10, 100, 500, 1000].map((n) => ({
          n,
          precision: Math.max(0, 0.9 - Math.log10(n) * 0.1 * power),
        })),
        auc: power / (power + 1),
        roc: Array.from({ length: 400 }, (_, i) => [i / 399, 1 - (1 - i / 399) ** power]),
      };
    }),
  };
}

function run() {
  return {
    version: 1,
    command: 'analyze',
    options: { logs: 'logs', outputs: 'all_0', counting: 'distinct', name: HOSTILE_LINE },
    versions: { lethe: '0.1.0', node: '20.17.0', platform: 'linux-x64' },
    inputs: [{ path: 'all_0', digest: 'a'.repeat(64) }],
    startedAt: '2025-11-03T14:05:00.000Z',
    finishedAt: '2025-11-03T14:06:30.000Z',
    steps: [
      { name: 'read logs', seconds: 61 },
      { name: 'write', seconds: 12 },
    ],
    peakMemoryBytes: 412_000_000,
    results: {},
  };
}
