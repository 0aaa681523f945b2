/** MA and EL_10 of documents of 128 tokens against the published algorithm: `npm run bench -- elicit [--documents 1]`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alternate, checkpoint, medianSeconds, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { count, readSettings } from './settings.js';

const settings = readSettings({ documents: '1' });
const N = 10;
const directory = checkpoint(settings.smoke ? 'memorizing-tiny' : 'memorizing', settings);
const all = JSON.parse(await readFile(join(directory, 'documents.json'), 'utf8')) as number[][];
const documents = all
  .slice(0, count(settings.own.documents, '--documents'))
  .map((tokens) => (settings.smoke ? tokens.slice(0, 24) : tokens));

await using lethe = await Contestant.lethe(settings);
await using peer = await Contestant.peer(settings);
for (const contestant of [lethe, peer]) await contestant.ask({ do: 'load', directory, dtype: 'float32' });

const request = { do: 'elicit', documents, n: N } as const;
const warmUp = { ...request, documents: [all.at(-1)!.slice(0, 20)] };
const { ours, theirs } = await alternate([lethe, peer], request, settings, warmUp);
const [mine, other] = [medianSeconds(ours), medianSeconds(theirs)];
const [values, wanted] = [ours[0]!.values!, theirs[0]!.values!];
const equal = values.filter((pair, i) => pair.every((value, j) => Math.abs(value - wanted[i]![j]!) < 1e-12));
await present(
  {
    name: 'elicit',
    work: `MA and EL_${N} of ${documents.length} documents of ${documents[0]!.length} tokens, of which the model predicts about half. The peer is the published algorithm with transformers: a pass for every token, and greedy decoding without a cache from every prefix.`,
    columns: ['side', 'seconds a document', 'ratio', `MA, EL_${N}`, 'same values'],
    rows: [
      [
        'Lethe',
        (mine / documents.length).toFixed(3),
        ratio(other / mine),
        spell(values),
        `${equal.length} of ${values.length}`,
      ],
      ['published', (other / documents.length).toFixed(3), '', spell(wanted), ''],
    ],
  },
  [lethe, peer],
  settings,
);

function spell(pairs: readonly (readonly number[])[]): string {
  return pairs.map((pair) => pair.map((value) => value.toFixed(4)).join(' ')).join('; ');
}
