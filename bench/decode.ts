/** Greedy decoding, everything in one batch: `npm run bench -- decode [--batches 1,8,32]`. */
import { Random } from '../lib/random.js';
import { alternate, checkpoint, medianSeconds, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { readSettings } from './settings.js';
import { equalRows, randomTokens } from './workload.js';

const settings = readSettings({ batches: '1,8,32' });
const [promptTokens, newTokens] = settings.smoke ? [4, 6] : [16, 128];
const shape = settings.smoke ? 'tiny' : 'gpt2';
const directory = checkpoint(shape, settings);
const vocabulary = settings.smoke ? 512 : 50257;

await using lethe = await Contestant.lethe(settings);
await using peer = await Contestant.peer(settings);
for (const contestant of [lethe, peer]) await contestant.ask({ do: 'load', directory, dtype: 'float32' });

const rows: string[][] = [];
for (const batch of settings.own.batches!.split(',').map(Number)) {
  const random = new Random(batch);
  const prompts = Array.from({ length: batch }, () => ({
    prompt: randomTokens(random, promptTokens, vocabulary),
    maxTokens: newTokens,
  }));
  const request = { do: 'generate', rows: prompts, slots: batch } as const;
  const { ours, theirs } = await alternate([lethe, peer], request, settings);
  const [mine, other] = [medianSeconds(ours), medianSeconds(theirs)];
  rows.push([
    String(batch),
    ...[mine, other].flatMap((seconds) => [
      ((1000 * seconds) / newTokens).toFixed(1),
      ((batch * newTokens) / seconds).toFixed(0),
    ]),
    ratio(other / mine),
    equalRows(ours[0]!.tokens, theirs[0]!.tokens),
  ]);
}
await present(
  {
    name: 'decode',
    work: `Greedy continuations of ${newTokens} tokens after prompts of ${promptTokens}, ${shape} shape, float32, prefill included; the peer is transformers' generate.`,
    columns: [
      'batch',
      'Lethe ms/step',
      'tokens/s',
      'transformers ms/step',
      'tokens/s',
      'ratio',
      'equal rows',
    ],
    rows,
  },
  [lethe, peer],
  settings,
);
