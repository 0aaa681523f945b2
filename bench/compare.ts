/** Two contestants in turns, medians, and the table that comes of them. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.js';
import type { Answer, Request } from './protocol.js';
import type { Settings } from './settings.js';

export interface Turns {
  readonly ours: readonly Answer[];
  readonly theirs: readonly Answer[];
}

/** The same work for both, or work for each. One round that does not count, then `rounds` that do; who goes first changes from round to round. */
export async function alternate(
  [lethe, peer]: readonly [Contestant, Contestant],
  request: Request | readonly [Request, Request],
  { rounds }: Settings,
  warmUp: Request | undefined = undefined,
): Promise<Turns> {
  const [ourWork, theirWork] = 'do' in request ? [request, request] : request;
  const turns = { ours: [] as Answer[], theirs: [] as Answer[] };
  for (let round = 0; round <= rounds; round++) {
    const order = [
      [lethe, ourWork, turns.ours],
      [peer, theirWork, turns.theirs],
    ] as const;
    for (const [contestant, work, answers] of round % 2 === 0 ? order : order.toReversed()) {
      // The other side's threads spin for a moment after its work.
      await sleep(500);
      const answer = await contestant.ask(round === 0 ? (warmUp ?? work) : work);
      if (round > 0) answers.push(answer);
    }
  }
  return turns;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function medianSeconds(answers: readonly Answer[]): number {
  return median(answers.map(({ seconds }) => seconds));
}

/** Makes the checkpoint of a shape by peers/make_model.py unless it is there, and returns its directory. */
export function checkpoint(shape: string, { python, directory }: Settings): string {
  const path = join(directory, shape);
  if (!existsSync(join(path, 'done'))) {
    const script = fileURLToPath(new URL('peers/make_model.py', import.meta.url));
    execFileSync(python, [script, shape, path], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
  return path;
}

export interface Table {
  readonly name: string;
  /** What was done, one sentence or two. */
  readonly work: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Prints the table, and with `--record` writes it to bench/results/<name>.md. */
export async function present(
  { name, work, columns, rows }: Table,
  contestants: readonly { readonly about: string }[],
  { rounds, record, smoke }: Settings,
): Promise<void> {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const text = [
    `# ${name}`,
    work,
    [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n'),
    `Medians of ${rounds} rounds in turns. ${contestants.map(({ about }) => about).join('; ')}. ${machine()}, commit ${commit()}.`,
  ].join('\n\n');
  process.stdout.write(`${smoke ? 'A smoke run, which measures nothing.\n\n' : ''}${text}\n`);
  if (!record) return;
  const directory = fileURLToPath(new URL('results/', import.meta.url));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${name}.md`), `${text}\n`);
}

function machine(): string {
  const all = cpus();
  return `${all.length} x ${all[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  // Results that other benches have just recorded change nothing of what is measured.
  const status = git('status', '--porcelain', '--untracked-files=no', '--', ':!bench/results');
  const changed = status === '' ? '' : ' with changes';
  return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
}

export const ratio = (value: number): string => `${value.toFixed(2)}x`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
