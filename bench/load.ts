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

const DTYPES = ['float16', 'float32'] as const;

async function loadOnce(
  start: () => Promise<Contestant>,
  directory: string,
  dtype: (typeof DTYPES)[number],
): Promise<Loaded> {
  await using contestant = await start();
  const before = contestant.residentBytes();
  const { seconds } = await contestant.ask({ do: 'load', directory, dtype });
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
  const stored = sizes.reduce((sum, size) => sum + size, 0);
  for (const dtype of DTYPES) {
    const sides = { Lethe: [] as Loaded[], transformers: [] as Loaded[] };
    const reading: number[] = [];
    // The first round brings the file into the page cache.
    for (let round = 0; round <= settings.rounds; round++) {
      const ours = await loadOnce(() => Contestant.lethe(settings), directory, dtype);
      const theirs = await loadOnce(() => Contestant.peer(settings), directory, dtype);
      await using reader = await Contestant.reader(settings);
      const { seconds } = await reader.ask({ do: 'load', directory, dtype });
      if (round === 0) continue;
      reading.push(seconds);
      sides.Lethe.push(ours);
      sides.transformers.push(theirs);
    }
    about.splice(0, 2, sides.Lethe[0]!, sides.transformers[0]!);
    const weights = dtype === 'float16' ? stored : 2 * stored;
    const of = (side: readonly Loaded[], key: 'seconds' | 'usable' | 'before' | 'peak') =>
      median(side.map((each) => each[key]));
    const gain = (side: readonly Loaded[], key: 'seconds' | 'usable') =>
      side === sides.Lethe ? ratio(of(sides.transformers, key) / of(side, key)) : '';
    for (const [name, side] of Object.entries(sides)) {
      rows.push([
        `${shape} to ${dtype}, ${megabytes(weights)}`,
        name,
        of(side, 'seconds').toFixed(2),
        gain(side, 'seconds'),
        of(side, 'usable').toFixed(2),
        gain(side, 'usable'),
        megabytes(of(side, 'peak')),
        ratio(of(side, 'peak') / weights),
        ratio((of(side, 'peak') - of(side, 'before')) / weights),
      ]);
    }
    rows.push(['', 'reading the file alone', median(reading).toFixed(2), '', '', '', '', '', '']);
  }
}
await present(
  {
    name: 'load',
    work: 'Loading float16 checkpoints, each time in a fresh process that has loaded its libraries, files in the page cache. Peak memory of loading counts all resident pages, those of mapped files too. To float16 transformers maps the file and reads nothing before the first pass. The last row of each reads the file into new memory, on all threads, and does nothing with it: on a virtual machine whose host takes free memory back, that is most of a load.',
    columns: [
      'checkpoint',
      'side',
      'load s',
      'ratio',
      'to first pass s',
      'ratio',
      'peak',
      'of weights',
      'without the process before',
    ],
    rows,
  },
  about,
  settings,
);
