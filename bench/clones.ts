/**
 * Clone detection against Simian, its memory, its threads, and a corpus that streams by:
 * `SIMIAN_JAR=... npm run bench -- clones [--tables simian,memory,workers,stream] [--sources DIR,DIR] [--rounds 3]`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  defaultSources,
  endlessUnlike,
  madeFile,
  nearDuplicates,
  onceEach,
  sampledOutputs,
  takeSources,
} from './clones-corpus.js';
import { type Measured, searchByLethe, searchBySimian } from './clones-process.js';
import { median, megabytes, present, ratio } from './compare.js';
import { readSettings } from './settings.js';

const settings = readSettings({ tables: 'simian,memory,workers,stream', sources: '' });
const tables = settings.own.tables!.split(',');
const interpreter = existsSync(settings.python) ? settings.python : 'python3';
const sources = settings.own.sources === '' ? defaultSources(interpreter) : settings.own.sources!.split(',');
const jar = process.env.SIMIAN_JAR;

const MB = settings.smoke ? 20_000 : 1_000_000;
const directory = join(settings.directory, settings.smoke ? 'clones-smoke' : 'clones');
const documents = takeSources(sources, 80 * MB);
const few = documents.slice(0, Math.max(2, Math.ceil(documents.length / 100)));
const single = await madeFile(directory, 'one-version', () => onceEach(documents));
const outputsOf = (size: number) =>
  madeFile(directory, `outputs-${size}`, () => sampledOutputs(documents, size * MB));

/** Each once a round, so that a machine that changes its pace changes it for all of them. */
async function inTurns(runs: readonly (() => Promise<Measured>)[]): Promise<Measured[]> {
  const all = runs.map((): Measured[] => []);
  for (let round = 0; round < settings.rounds; round++) {
    for (const [i, run] of runs.entries()) all[i]!.push(await run());
  }
  return all.map((each) => ({
    seconds: median(each.map(({ seconds }) => seconds)),
    peakBytes: Math.max(...each.map(({ peakBytes }) => peakBytes)),
    processorSeconds: median(each.map(({ processorSeconds }) => processorSeconds)),
    groups: each[0]!.groups,
    occurrences: each[0]!.occurrences,
  }));
}

const about = [{ about: `lethe clones, Node ${process.version}, started anew each time` }];
const seconds = (value: number) => value.toFixed(2);
const speed = (bytes: number, { seconds: time }: Measured) => (bytes / 1e6 / time).toFixed(0);
const hours = (bytes: number, { seconds: time }: Measured) => ((time / bytes) * (50e9 / 3600)).toFixed(2);
const sizeOf = async (path: string) => (await stat(path)).size;

async function againstSimian(): Promise<void> {
  if (jar === undefined) throw new Error('Expected the path of simian-2.5.10.jar in SIMIAN_JAR.');
  const near = await madeFile(directory, 'near-duplicates', () => nearDuplicates(few, 80 * MB));
  // Of the few documents whose versions fill the shard: nearly every output meets many of them.
  const ofFew = await madeFile(directory, 'outputs-few', () => sampledOutputs(few, 2 * MB));
  const rows: string[][] = [];
  for (const [what, shard, outputs] of [
    ['one version per file', single, await outputsOf(2)],
    ['many near-duplicates', near, ofFew],
  ] as const) {
    const bytes = await sizeOf(shard);
    const [ours, theirs] = await inTurns([
      () => searchByLethe({ outputs, shard }),
      () => searchBySimian({ outputs, shard }, jar!),
    ]);
    rows.push([
      what,
      seconds(ours!.seconds),
      seconds(theirs!.seconds),
      ratio(theirs!.seconds / ours!.seconds),
      speed(bytes, ours!),
      (bytes / 1e6 / theirs!.seconds).toFixed(1),
      hours(bytes, ours!),
      megabytes(ours!.peakBytes),
      megabytes(theirs!.peakBytes),
    ]);
  }
  await present(
    {
      name: 'clones-simian',
      work: `A shard of ${80 * MB} bytes of installed code against ${2 * MB} bytes of outputs, threshold 6, one worker; Simian 2.5.10 with a heap of 8 GB. Seconds are those of the whole process; hours are for 50 GB at this speed.`,
      columns: [
        'shard',
        'Lethe s',
        'Simian s',
        'ratio',
        'Lethe MB/s',
        'Simian MB/s',
        'h for 50 GB',
        'Lethe peak',
        'Simian peak',
      ],
      rows,
    },
    about,
    settings,
  );
}

async function memory(): Promise<void> {
  const sizes = [2, 20, 200];
  const files = await Promise.all(sizes.map(outputsOf));
  const found = await inTurns(files.map((outputs) => () => searchByLethe({ outputs, shard: single })));
  const rows = found.map(({ groups, seconds: time, peakBytes }, i) => [
    `${sizes[i]! * (MB / 1e6)} MB`,
    String(groups),
    seconds(time),
    megabytes(peakBytes),
  ]);
  await present(
    {
      name: 'clones-memory',
      work: `Peak memory of one worker by the size of the outputs, on one shard of ${80 * MB} bytes.`,
      columns: ['outputs', 'groups', 's', 'peak'],
      rows,
    },
    about,
    settings,
  );
}

async function workers(): Promise<void> {
  // Long enough for the start of Node and of the threads, the outputs' index and the report to weigh little.
  const shard = await madeFile(directory, 'long-unlike', () => endlessUnlike(documents, 3200 * MB));
  const outputs = await outputsOf(2);
  const bytes = await sizeOf(shard);
  const counts = [1, 2, 4, 8].filter((each) => each <= settings.threads);
  const found = await inTurns(counts.map((count) => () => searchByLethe({ outputs, shard, workers: count })));
  const rows = found.map((each, i) => [
    String(counts[i]),
    seconds(each.seconds),
    ratio(found[0]!.seconds / each.seconds),
    seconds(each.processorSeconds),
    speed(bytes, each),
    (bytes / 1e6 / each.seconds / counts[i]!).toFixed(0),
    hours(bytes, each),
    megabytes(each.peakBytes),
  ]);
  await present(
    {
      name: 'clones-workers',
      work: `A shard of ${3200 * MB} bytes of mutated code, most of it unlike the outputs, against ${2 * MB} bytes of outputs; the file is in memory.`,
      columns: ['workers', 's', 'speed-up', 'processor s', 'MB/s', 'MB/s per worker', 'h for 50 GB', 'peak'],
      rows,
    },
    about,
    settings,
  );
}

type StreamKind = 'unlike' | 'like';

async function streamed(kind: StreamKind, size: number, outputs: string): Promise<Measured> {
  const fifo = join(directory, 'stream');
  await mkdir(directory, { recursive: true });
  await rm(fifo, { force: true });
  execFileSync('mkfifo', [fifo]);
  const script = fileURLToPath(new URL('clones-stream.ts', import.meta.url));
  const args = ['--import', 'tsx', script, fifo, kind, String(size), String(80 * MB), ...sources];
  const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // It says so when its sources are read: that time is not Lethe's.
  await once(writer.stdout, 'data');
  const found = await searchByLethe({ outputs, shard: fifo });
  if (writer.exitCode === null) await once(writer, 'close');
  await rm(fifo);
  return found;
}

async function stream(): Promise<void> {
  const outputs = await outputsOf(2);
  const kinds = { unlike: 'what matches does not grow', like: 'everything matches again' } as const;
  const cases = (['unlike', 'like'] as const).flatMap((kind) => [200, 2000].map((size) => ({ kind, size })));
  const found = await inTurns(
    cases.map(
      ({ kind, size }) =>
        () =>
          streamed(kind, size * MB, outputs),
    ),
  );
  const rows = found.map((each, i) => {
    const { kind, size } = cases[i]!;
    return [
      `${size * (MB / 1e6)} MB, ${kinds[kind]}`,
      String(each.occurrences),
      seconds(each.seconds),
      speed(size * MB, each),
      megabytes(each.peakBytes),
    ];
  });
  await present(
    {
      name: 'clones-stream',
      work: 'Real code with seeded mutations through a pipe, never stored, one worker; another process makes it meanwhile. After the first 80 MB it is either so changed that nothing more matches, or it matches again and again.',
      columns: ['corpus', 'occurrences', 's', 'MB/s', 'peak'],
      rows,
    },
    about,
    settings,
  );
}

const TABLES: Readonly<Record<string, () => Promise<void>>> = {
  simian: againstSimian,
  memory,
  workers,
  stream,
};
for (const name of tables) {
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
  if (table === undefined) {
    throw new Error(`Expected some of ${Object.keys(TABLES).join(',')} for --tables but received ${name}.`);
  }
  await table();
}
