/** Options that every comparison takes. */
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Settings {
  /** Rounds that count; one more warms up. Default 5. */
  readonly rounds: number;
  /** Threads of each side. Default: all cores. */
  readonly threads: number;
  /** An interpreter with the packages of test/oracle/requirements.txt. Default `.venv/bin/python`. */
  readonly python: string;
  /** Where random checkpoints are kept between runs. Default: below the system's temporary directory. */
  readonly directory: string;
  /** Write the table to bench/results. */
  readonly record: boolean;
  /** Tiny models and little work: shows that the bench runs, measures nothing. */
  readonly smoke: boolean;
  /** What the bench says of its own, `--key value`. */
  readonly own: Readonly<Record<string, string>>;
}

/** @param own options of one bench with their defaults */
export function readSettings(own: Readonly<Record<string, string>> = {}): Settings {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      rounds: { type: 'string', default: '5' },
      threads: { type: 'string', default: String(availableParallelism()) },
      python: { type: 'string', default: '.venv/bin/python' },
      directory: { type: 'string', default: join(tmpdir(), 'lethe-bench') },
      record: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      ...Object.fromEntries(
        Object.entries(own).map(([key, value]) => [key, { type: 'string' as const, default: value }]),
      ),
    },
  });
  const { rounds, threads, python, directory, record, smoke } = values;
  if (record && smoke) throw new Error('Expected a real run for --record but received --smoke.');
  return {
    rounds: count(rounds, '--rounds'),
    threads: count(threads, '--threads'),
    python: String(python),
    directory: String(directory),
    record: record === true,
    smoke: smoke === true,
    own: Object.fromEntries(
      Object.keys(own).map((key) => [key, String((values as Record<string, unknown>)[key])]),
    ),
  };
}

export function count(text: unknown, name: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`Expected an integer >= 1 for ${name} but received ${text}.`);
}
