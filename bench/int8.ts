/** Would int8 weights pay for decoding on the CPU? `npm run bench -- int8 [--batches 1,8,32]`; the answer is in README.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../lib/random.js';
import { alternate, checkpoint, medianSeconds, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { readSettings } from './settings.js';
import { randomTokens } from './workload.js';

const settings = readSettings({ batches: '1,8,32' });
const steps = settings.smoke ? 2 : 64;
const directory = checkpoint(settings.smoke ? 'tiny' : 'gpt2', settings);
const memorizing = checkpoint(settings.smoke ? 'memorizing-tiny' : 'memorizing', settings);

await using lethe = await Contestant.lethe(settings);
await using int8 = await Contestant.int8(settings);
await lethe.ask({ do: 'load', directory, dtype: 'float32' });

const rows: string[][] = [];
for (const batch of settings.own.batches!.split(',').map(Number)) {
  const random = new Random(batch);
  const generate = {
    do: 'generate',
    rows: Array.from({ length: batch }, () => ({ prompt: randomTokens(random, 1, 512), maxTokens: steps })),
    slots: batch,
  } as const;
  const { ours, theirs } = await alternate(
    [lethe, int8],
    [generate, { do: 'products', directory, batch, steps }],
    settings,
  );
  const [whole, products] = [medianSeconds(ours), medianSeconds(theirs)];
  rows.push([
    String(batch),
    ...[whole, products].map((seconds) => ((1000 * seconds) / steps).toFixed(1)),
    ratio(whole / products),
  ]);
}

const documents = JSON.parse(await readFile(join(memorizing, 'documents.json'), 'utf8')) as number[][];
const { values } = await int8.ask({ do: 'agreement', directory: memorizing, documents });
const [[before, after], [apart]] = values as [[number, number], [number]];
const percent = (share: number) => `${(100 * share).toFixed(2)}%`;
await present(
  {
    name: 'int8',
    work: `${steps} greedy steps, GPT-2 124M shape: all of Lethe's step in float32 against nothing but the matrix products of one with int8 weights (libtorch's _weight_int8pack_mm, bfloat16 activations), which bounds what int8 could gain. On the memorizing model of elicit, rounding the weights to int8 by rows moves MA from ${percent(before)} to ${percent(after)} and changes ${percent(apart)} of the greedy tokens.`,
    columns: ['batch', 'Lethe, whole step, ms', 'int8 products alone, ms', 'at most'],
    rows,
  },
  [lethe, int8],
  settings,
);
