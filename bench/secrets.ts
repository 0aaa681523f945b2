/**
 * Megabytes a second of a scan of secrets on real code, each on one thread: `npm run bench -- secrets`. The published pipeline
 * is so slow that it gets a part of the files.
 */
import { stat } from 'node:fs/promises';
import { codeFiles } from './code-files.js';
import { alternate, medianSeconds, present, ratio } from './compare.js';
import { Contestant } from './contestant.js';
import { readSettings } from './settings.js';

const settings = readSettings();
const { files, bytes } = await codeFiles(settings.smoke ? 200_000 : 50_000_000);
const some = files.filter((_, i) => i % 50 === 0);
let someBytes = 0;
for (const path of some) someBytes += (await stat(path)).size;

await using lethe = await Contestant.secrets();
await using peer = await Contestant.detectSecrets(settings);
const { ours, theirs } = await alternate(
  [lethe, peer],
  [
    { do: 'secrets', files },
    { do: 'secrets', files: some },
  ],
  settings,
);
const rates = [bytes / medianSeconds(ours) / 1e6, someBytes / medianSeconds(theirs) / 1e6] as const;
const row = (name: string, size: number, rate: number, finds: number): string[] => [
  name,
  (size / 1e6).toFixed(1),
  rate.toFixed(2),
  String(finds),
];
await present(
  {
    name: 'secrets',
    work: `E-mail addresses, IP addresses and keys in ${files.length} files of installed JavaScript, TypeScript, Markdown and JSON, none twice, and the peer's in every fiftieth of them. Reading files is not counted. Lethe is ${ratio(rates[0] / rates[1])} as fast.`,
    columns: ['', 'MB', 'MB/s', 'finds'],
    rows: [
      row('Lethe', bytes, rates[0], ours[0]!.values![0]![0]!),
      row('published pipeline', someBytes, rates[1], theirs[0]!.values![0]![0]!),
    ],
  },
  [lethe, peer],
  settings,
);
