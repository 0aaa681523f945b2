/** Spans of the outputs that stand in a corpus: `npm run bench -- spans [--sources DIR,DIR] [--rounds 3]`. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defaultSources,
  endlessUnlike,
  madeFile,
  nearDuplicates,
  onceEach,
  sampledOutputs,
  takeSources,
} from './clones-corpus.js';
import { type Measured, type Search, searchByLethe } from './clones-process.js';
import { median, megabytes, present } from './compare.js';
import { readSettings } from './settings.js';

const settings = readSettings({ sources: '' });
const interpreter = existsSync(settings.python) ? settings.python : 'python3';
const sources = settings.own.sources === '' ? defaultSources(interpreter) : settings.own.sources!.split(',');
const MB = settings.smoke ? 20_000 : 1_000_000;
const directory = join(settings.directory, settings.smoke ? 'clones-smoke' : 'clones');
const documents = takeSources(sources, 80 * MB);
const few = documents.slice(0, Math.max(2, Math.ceil(documents.length / 100)));

const outputs = await madeFile(directory, `outputs-2`, () => sampledOutputs(documents, 2 * MB));
const ofFew = await madeFile(directory, 'outputs-few', () => sampledOutputs(few, 2 * MB));
const single = await madeFile(directory, 'one-version', () => onceEach(documents));
const near = await madeFile(directory, 'near-duplicates', () => nearDuplicates(few, 80 * MB));
const long = await madeFile(directory, 'unlike-800', () => endlessUnlike(documents, 800 * MB));
const empty = await madeFile(directory, 'nothing', () => [Buffer.from('\n')]);
/** Periodic text on both sides: every place of the corpus has a match, in which all the others overlap. */
const run = await madeFile(directory, 'one-character', () => [Buffer.alloc(20 * MB, 'a')]);
const runOutputs = await madeFile(directory, 'outputs-one-character', () => [Buffer.alloc(2 * MB, 'a')]);

const cases: readonly (readonly [string, Search])[] = [
  ['nothing', { outputs, shard: empty }],
  ['80 MB of code, from which the outputs are', { outputs, shard: single }],
  ['800 MB of code, most of it unlike the outputs', { outputs, shard: long }],
  ['800 MB, two workers', { outputs, shard: long, workers: 2 }],
  ['80 MB of near-duplicates, which the outputs are of', { outputs: ofFew, shard: near }],
  ['20 MB of one character, as the outputs', { outputs: runOutputs, shard: run }],
];
const measured = cases.map((): Measured[] => []);
for (let round = 0; round < settings.rounds; round++)
  for (const [i, [, search]] of cases.entries())
    measured[i]!.push(await searchByLethe({ ...search, spans: true }));

const middle = (all: readonly Measured[], key: 'seconds' | 'processorSeconds') =>
  median(all.map((each) => each[key]));
const sizes = await Promise.all(cases.map(async ([, { shard }]) => (await stat(shard)).size));
const start = middle(measured[0]!, 'processorSeconds');
const rows = cases.map(([name, { workers = 1 }], i) => {
  const all = measured[i]!;
  const scanning = middle(all, 'processorSeconds') - start;
  return [
    name,
    String(all[0]!.groups),
    String(all[0]!.occurrences),
    middle(all, 'seconds').toFixed(2),
    middle(all, 'processorSeconds').toFixed(2),
    i === 0 ? '' : (sizes[i]! / 1e6 / middle(all, 'seconds') / workers).toFixed(0),
    i === 0 ? '' : (sizes[i]! / 1e6 / Math.max(0.01, scanning)).toFixed(0),
    megabytes(Math.max(...all.map(({ peakBytes }) => peakBytes))),
  ];
});
await present(
  {
    name: 'spans',
    work: `Spans of at least 150 bytes of ${2 * MB} bytes of outputs, one worker unless it says otherwise; the files are in memory. The first row is the start of Node and the index of the outputs. MB/s a worker count the whole process; the next column counts processor time without that of the first row.`,
    columns: [
      'corpus',
      'spans',
      'occurrences',
      's',
      'processor s',
      'MB/s a worker',
      'MB/s of a processor beyond the start',
      'peak',
    ],
    rows,
  },
  [{ about: `lethe clones --mode spans, Node ${process.version}, started anew each time` }],
  settings,
);
