/** Loading a large checkpoint in fresh processes, time and memory: `npm run bench -- load [--shapes gpt2-1.5b,qwen2-1.5b]`. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpoint, median, megabytes, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { readSettings } from './settings.js';

const settings = readSettings({ shapes: 'gpt2-1.5b,qwen2-1.5b' });
const shapes = settings.smoke ? ['tiny'] : settings.own.shapes!.split(',');

interface Loaded {
  readonly seconds: number;
  /** Until a first pass has touched every weight. */
  readonly usable: number;
  readonly before: number;
  readonly peak: number;
  readonly about: string;
}

async function loadOnce(start: () => Promise<Contestant>, directory: string): Promise<Loaded> {
  await using contestant = await start();
  const before = contestant.residentBytes();
  const { seconds } = await contestant.ask({ do: 'load', directory, dtype: 'float16' });
  const peak = contestant.peakBytes();
  const first = await contestant.ask({ do: 'score', documents: [[1, 2]], batch: 1 });
  return { seconds, usable: seconds + first.seconds, before, peak, about: contestant.about };
}

const rows: string[][] = [];
const about: { about: string }[] = [];
for (const shape of shapes) {
  const directory = checkpoint(shape, settings);
  const files = (await readdir(directory)).filter((file) => file.endsWith('.safetensors'));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file))).size));
  const weights = sizes.reduce((sum, size) => sum + size, 0);
  const sides = { Lethe: [] as Loaded[], transformers: [] as Loaded[] };
  // The first round brings the file into the page cache.
  for (let round = 0; round <= settings.rounds; round++) {
    const ours = await loadOnce(() => Contestant.lethe(settings), directory);
    const theirs = await loadOnce(() => Contestant.peer(settings), directory);
    if (round === 0) continue;
    sides.Lethe.push(ours);
    sides.transformers.push(theirs);
  }
  about.splice(0, 2, sides.Lethe[0]!, sides.transformers[0]!);
  const of = (side: readonly Loaded[], key: 'seconds' | 'usable' | 'before' | 'peak') =>
    median(side.map((each) => each[key]));
  for (const [name, side] of Object.entries(sides)) {
    rows.push([
      `${shape}, ${megabytes(weights)}`,
      name,
      of(side, 'seconds').toFixed(2),
      of(side, 'usable').toFixed(2),
      megabytes(of(side, 'peak')),
      ratio(of(side, 'peak') / weights),
      ratio((of(side, 'peak') - of(side, 'before')) / weights),
      name === 'Lethe' ? ratio(of(sides.transformers, 'seconds') / of(side, 'seconds')) : '',
    ]);
  }
}
await present(
  {
    name: 'load',
    work: 'Loading float16 checkpoints to float16, each time in a fresh process that has loaded its libraries, files in the page cache. Peak memory counts all resident pages, those of mapped files too.',
    columns: [
      'checkpoint',
      'side',
      'load s',
      'to first pass s',
      'peak',
      'of weights',
      'without the process before',
      'ratio',
    ],
    rows,
  },
  about,
  settings,
);
