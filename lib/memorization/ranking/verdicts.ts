/** Which outputs clone detection has found memorized blocks in. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Agreement, type AgreementTally } from '../../clones/log/agreement.js';
import { type LineSpan, locate, type OutputEntry, readOutputsMap } from '../../clones/log/locate.js';
import { type CloneGroup, readCloneGroups } from '../../clones/log/log.js';
import { InputError, throwIfAborted } from '../../errors.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { mergedOutput } from '../../sampling/published-text.js';
import { shardPath } from '../analysis/documents.js';
import type { Counting } from '../analysis/summary.js';
import type { OutputSource } from './outputs.js';

export interface Verdicts {
  /** Ids of outputs with a block that stands in the corpus too. */
  readonly memorized: ReadonlySet<string>;
  /** Outputs of the source. */
  readonly outputs: number;
  /** What was left out because its lines do not agree as text; undefined with the published counting. */
  readonly agreement?: AgreementTally | undefined;
}

export interface ReadVerdictsOptions {
  /** Clone logs, one or several: of different shards, say. */
  readonly logs: readonly string[];
  /** `map_A-B.json` of the merged outputs that the logs were made from; several where these were merged in parts. */
  readonly maps: readonly string[];
  /** `published` takes every block of the logs; `distinct` (default) those whose lines agree as text. */
  readonly counting?: Counting | undefined;
  /** Directory in which the corpus files of the logs lie. Default: the paths of the logs. */
  readonly shards?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Merged outputs. */
interface Merged {
  readonly map: string;
  /** What their file may be called in a log. */
  readonly names: readonly string[];
  readonly entries: readonly OutputEntry[];
}

/** Groups of a log, or outputs, between two looks at the signal. */
const STEP = 10_000;

/**
 * Reads clone logs, after a look at every output: it must be the one that a map means, by number and md5.
 *
 * @throws InputError `ERR_FILE_FORMAT` if outputs, maps and logs do not belong together, or a log is cut short
 * @throws AbortedError when the signal fires
 */
export async function* readVerdicts(
  source: OutputSource,
  { logs, maps, counting = 'distinct', shards, signal }: ReadVerdictsOptions,
): AsyncGenerator<ProgressEvent, Verdicts, void> {
  const merged: Merged[] = [];
  for (const map of maps) merged.push({ map, names: namesOf(map), entries: await readOutputsMap(map) });
  // Merged outputs that are ranked from their own file may be called anything.
  if (merged.length === 1) merged[0] = { ...merged[0]!, names: [...merged[0]!.names, basename(source.path)] };

  const outputs = yield* checkOutputs(source, merged, signal);
  const memorized = new Set<string>();
  const mergedOf = (file: string) => merged.find(({ names }) => names.includes(basename(file)));
  const agreement =
    counting === 'published'
      ? undefined
      : new Agreement({
          isOutputs: (file) => mergedOf(file) !== undefined,
          locate: (file) => {
            const of = mergedOf(file);
            return of === undefined ? shardPath(file, shards) : mergedPath(file, of, source.path);
          },
          signal,
        });
  const take = (group: CloneGroup, log: string) => {
    for (const id of outputsWith(group, merged, log)) memorized.add(id);
  };
  let groups = 0;
  for (const log of logs) {
    for await (const group of readCloneGroups(log)) {
      if (++groups % STEP === 0) {
        throwIfAborted(signal);
        yield progress('read logs', groups, undefined, 'blocks');
      }
      // Whether the log belongs to the outputs is seen before anything is left out.
      const counts = outputsWith(group, merged, log).length > 0;
      if (agreement === undefined) take(group, log);
      else if (counts) for (const kept of await agreement.add(group)) take(kept, log);
    }
    for (const kept of (await agreement?.flush()) ?? []) take(kept, log);
  }
  return { memorized, outputs, agreement: agreement?.tally };
}

/** What `lethe merge` and the published script call the file that a map belongs to. */
function namesOf(map: string): string[] {
  const name = basename(map)
    .replace(/^map/, 'all')
    .replace(/\.json$/, '');
  return [name, `${name}.gz`];
}

/** Where the merged outputs lie that a log names: there, beside their map, or they are what is ranked. */
function mergedPath(file: string, { map }: Merged, ranked: string): string {
  const beside = join(dirname(map), basename(file));
  return [file, beside].find((path) => existsSync(path)) ?? ranked;
}

async function* checkOutputs(
  { path, read }: OutputSource,
  merged: readonly Merged[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ProgressEvent, number, void> {
  const digests = new Map(merged.flatMap(({ entries }) => entries.map(({ id, md5 }) => [id, md5])));
  const maps = merged.map(({ map }) => map).join(' and ');
  let count = 0;
  for await (const { id, text } of read()) {
    if (count++ % STEP === 0) {
      throwIfAborted(signal);
      yield progress('check outputs', count - 1, undefined, 'outputs');
    }
    const expected = digests.get(id);
    if (expected === mergedOutput(text).md5) continue;
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected the outputs of ${maps} in ${path} but output ${JSON.stringify(id)} ${expected === undefined ? 'is not in the map' : 'has another md5'}: the map belongs to other outputs.`,
      { remedy: 'Merge the outputs again (lethe merge), and run the clone detection on what it writes.' },
    );
  }
  return count;
}

/** Ids of the outputs that a block stands in, if it stands in the corpus too. */
function outputsWith({ occurrences }: CloneGroup, merged: readonly Merged[], log: string): string[] {
  const places = occurrences.map(({ file, start, end }) => ({
    of: merged.find(({ names }) => names.includes(basename(file))),
    start,
    end,
  }));
  const inCorpus = places.some((place) => place.of === undefined);
  const inOutputs = places.some((place) => place.of !== undefined);
  if (inOutputs)
    return inCorpus ? places.flatMap(({ of, ...lines }) => (of ? idsIn(lines, of, log) : [])) : [];

  const files = [...new Set(occurrences.map(({ file }) => file))];
  if (files.length < 2) return [];
  throw new InputError(
    'ERR_FILE_FORMAT',
    `Expected blocks of ${merged.map(({ names }) => names[0]).join(' or ')} in ${log} but it names ${files.slice(0, 2).join(' and ')}: it was made from other outputs.`,
    { remedy: 'Give the map of the outputs that the log was made from.' },
  );
}

/** Outputs that have one of the lines; the separator line is none of an output's. */
function idsIn(lines: LineSpan, { entries, map }: Merged, log: string): string[] {
  const last = entries.at(-1)?.end ?? 0;
  if (lines.end > last)
    throw new InputError(
      'ERR_FILE_FORMAT',
      `Expected blocks within the ${last} lines of ${map} but ${log} has one in lines ${lines.start} to ${lines.end}: it was made from other outputs.`,
      { remedy: 'Run the clone detection again on these outputs.' },
    );
  return locate(entries, lines).flatMap(({ id, end }) => (lines.start < end ? id : []));
}
