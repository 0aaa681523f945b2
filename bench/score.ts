/** Teacher-forced scores of many documents, time and memory: `npm run bench -- score [--shape scoring|gpt2] [--batch 8]`. */
import { Random } from '../lib/random.js';
import { alternate, checkpoint, medianSeconds, megabytes, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { count, readSettings } from './settings.js';
import { randomTokens } from './workload.js';

const settings = readSettings({ shape: 'scoring', batch: '8' });
const shape = settings.smoke ? 'tiny' : settings.own.shape!;
const [documentCount, length, vocabulary] = settings.smoke ? [10, 64, 512] : [200, 512, 50257];
const batch = count(settings.own.batch, '--batch');
const directory = checkpoint(shape, settings);

await using lethe = await Contestant.lethe(settings);
await using peer = await Contestant.peer(settings);
const contestants = [lethe, peer] as const;
for (const contestant of contestants) await contestant.ask({ do: 'load', directory, dtype: 'float32' });

const random = new Random(1);
const documents = Array.from({ length: documentCount }, () => randomTokens(random, length, vocabulary));
const request = { do: 'score', documents, batch } as const;
// Reading a request takes memory too; the warm-up has both do it once, and the loaded model stands at what follows.
const small = { ...request, documents: documents.slice(0, 1) };
for (const contestant of contestants) await contestant.ask(small);
const loaded = contestants.map((contestant) => contestant.residentBytes());
for (const contestant of contestants) contestant.forgetPeak();
const { ours, theirs } = await alternate(contestants, request, settings, small);
const peaks = contestants.map((contestant) => contestant.peakBytes());
const extra = peaks.map((peak, i) => peak - loaded[i]!);
const seconds = [medianSeconds(ours), medianSeconds(theirs)];
const [values, wanted] = [ours[0]!.values!, theirs[0]!.values!];
const apart = Math.max(...values.map(([value], i) => Math.abs(value! - wanted[i]![0]!)));
await present(
  {
    name: 'score',
    work: `Scores of ${documentCount} documents of ${length} tokens, ${shape} shape with a vocabulary of ${vocabulary}, float32. Lethe computes log-probability, hit, rank and moments of every token; the peer is transformers' forward and cross-entropy, ${batch} documents a pass. The losses of a document differ by ${apart.toExponential(1)} at most.`,
    columns: [
      'side',
      'seconds',
      'tokens/s',
      'ratio',
      'peak memory',
      'of it beyond the loaded model',
      'share of the peer',
    ],
    rows: ['Lethe', 'transformers'].map((side, i) => [
      side,
      seconds[i]!.toFixed(2),
      ((documentCount * length) / seconds[i]!).toFixed(0),
      i === 0 ? ratio(seconds[1]! / seconds[0]!) : '',
      megabytes(peaks[i]!),
      megabytes(extra[i]!),
      i === 0 ? `${ratio(peaks[0]! / peaks[1]!)} (beyond: ${ratio(extra[0]! / extra[1]!)})` : '',
    ]),
  },
  contestants,
  settings,
);
