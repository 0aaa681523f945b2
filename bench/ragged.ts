/** Prompts of many lengths and many new lengths through 8 slots: `npm run bench -- ragged`. */
import { Random } from '../lib/random.js';
import { alternate, checkpoint, medianSeconds, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { readSettings } from './settings.js';
import { equalRows, randomTokens } from './workload.js';

const settings = readSettings();
const shape = settings.smoke ? 'tiny' : 'gpt2';
const [count, shrink, vocabulary] = settings.smoke ? [12, 16, 512] : [64, 1, 50257];
const SLOTS = 8;
const directory = checkpoint(shape, settings);

await using lethe = await Contestant.lethe(settings);
await using peer = await Contestant.peer(settings);
for (const contestant of [lethe, peer]) await contestant.ask({ do: 'load', directory, dtype: 'float32' });

const random = new Random(1);
const between = (low: number, high: number) => Math.ceil((low + random.integer(high - low + 1)) / shrink);
const prompts = Array.from({ length: count }, () => ({
  prompt: randomTokens(random, between(20, 400), vocabulary),
  maxTokens: between(16, 256),
}));
const request = { do: 'generate', rows: prompts, slots: SLOTS } as const;
// A round of the peer takes minutes: one batch warms up.
const warmUp = { ...request, rows: prompts.slice(0, SLOTS) };
const { ours, theirs } = await alternate([lethe, peer], request, settings, warmUp);
const asked = prompts.reduce((sum, { maxTokens }) => sum + maxTokens, 0);
const [mine, other] = [medianSeconds(ours), medianSeconds(theirs)];
await present(
  {
    name: 'ragged',
    work: `${count} prompts of 20 to 400 tokens in no order, 16 to 256 new tokens each (${asked} in all), greedy, ${shape} shape, float32, ${SLOTS} rows at a time. The peer is transformers' generate on left-padded batches of ${SLOTS}, each decoded to its longest row; only tokens that were asked for count.`,
    columns: ['side', 'seconds', 'tokens/s', 'ratio', 'equal rows'],
    rows: [
      [
        'Lethe',
        mine.toFixed(2),
        (asked / mine).toFixed(0),
        ratio(other / mine),
        equalRows(ours[0]!.tokens, theirs[0]!.tokens),
      ],
      ['transformers', other.toFixed(2), (asked / other).toFixed(0), '', ''],
    ],
  },
  [lethe, peer],
  settings,
);
