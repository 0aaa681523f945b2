/**
 * Clone logs made one: groups by length and fingerprint, every place once. Logs may be merged in any order and in any
 * grouping. Logs in canonical order, as ours are, are streamed; others are sorted in memory.
 */
import * as z from 'zod';
import { check } from '../../check.js';
import { InputError, throwIfAborted } from '../../errors.js';
import { writeTextAtomic } from '../../files.js';
import { type ProgressEvent, progress } from '../../progress.js';
import { addTotals, type CloneGroup, type CloneTotals, compareGroups, joinGroups } from '../clone-report.js';
import { readCloneGroups, readCloneLog } from './log.js';
import { type CloneLogFormat, formatGroup, formatTotals, LOG_FORMATS } from './log-format.js';

export interface MergeCloneLogsOptions {
  /** Logs in either format, of any of our or of Simian's runs with the same threshold. */
  readonly logs: readonly string[];
  /** The merged log; may be one of `logs`. */
  readonly log: string;
  /** Default `simian`. */
  readonly format?: CloneLogFormat;
  /** Called with the path of the whole log before it takes its name. */
  readonly beforeRename?: ((part: string, result: MergeCloneLogsResult) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MergeCloneLogsResult {
  readonly groups: number;
  readonly totals: CloneTotals;
}

const optionsSchema = z.strictObject({
  logs: z.array(z.string().min(1)).min(1),
  log: z.string().min(1),
  format: z.enum(LOG_FORMATS).default('simian'),
  beforeRename: z.custom<MergeCloneLogsOptions['beforeRename']>().optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Writes the union of some logs. Its totals are sums over the logs, so that outputs which were searched against
 * several shards are counted as often; only the number of files with blocks is that of different files.
 *
 * @throws InputError for a log that is given twice, cut short or cannot be read: nothing is written then
 * @throws AbortedError
 */
export async function* mergeCloneLogs(
  options: MergeCloneLogsOptions,
): AsyncGenerator<ProgressEvent, MergeCloneLogsResult, void> {
  const { logs, log, format, beforeRename, signal } = check(
    optionsSchema,
    options,
    'options of mergeCloneLogs',
  );
  const repeated = logs.find((path, i) => logs.indexOf(path) !== i);
  if (repeated !== undefined) {
    throw new InputError('ERR_INVALID_OPTION', `Expected each log once but received ${repeated} twice.`);
  }
  const checked: CheckedLog[] = [];
  for (const path of logs) {
    throwIfAborted(signal);
    yield progress('check logs', checked.length, logs.length, 'logs', path);
    checked.push(await checkLog(path, signal));
  }
  yield progress('merge logs', 0, undefined, 'groups');
  const files = new Set<string>();
  let groups = 0;
  let totals: CloneTotals | undefined;
  async function* text() {
    for await (const group of mergeSorted(checked.map(sortedGroups))) {
      throwIfAborted(signal);
      groups++;
      for (const { file } of group.occurrences) files.add(file);
      yield formatGroup(group, format);
    }
    totals = addTotals(
      checked.map((each) => each.totals),
      files.size,
    );
    yield formatTotals(totals, format);
  }
  await writeTextAtomic(log, text(), {
    beforeRename: async (part) => beforeRename?.(part, { groups, totals: totals! }),
  });
  return { groups, totals: totals! };
}

interface CheckedLog {
  readonly path: string;
  readonly sorted: boolean;
  readonly totals: CloneTotals;
}

/** Reads a log to its end, so that a broken one is found before anything is written. */
async function checkLog(path: string, signal: AbortSignal | undefined): Promise<CheckedLog> {
  const reader = readCloneGroups(path);
  let sorted = true;
  let last: CloneGroup | undefined;
  for (;;) {
    const next = await reader.next();
    if (next.done) return { path, sorted, totals: next.value };
    throwIfAborted(signal);
    if (last !== undefined && compareGroups(last, next.value) > 0) sorted = false;
    last = next.value;
  }
}

async function* sortedGroups({ path, sorted }: CheckedLog): AsyncGenerator<CloneGroup, void, void> {
  if (sorted) yield* readCloneGroups(path);
  else yield* (await readCloneLog(path)).groups.sort(compareGroups);
}

/** The groups of all sources, each in order, equal ones joined. */
async function* mergeSorted(
  sources: readonly AsyncGenerator<CloneGroup, void, void>[],
): AsyncGenerator<CloneGroup, void, void> {
  const heads: { source: AsyncGenerator<CloneGroup, void, void>; group: CloneGroup }[] = [];
  try {
    for (const source of sources) {
      const next = await source.next();
      if (!next.done) heads.push({ source, group: next.value });
    }
    while (heads.length > 0) {
      const least = heads.reduce((a, b) => (compareGroups(b.group, a.group) < 0 ? b : a)).group;
      const equal: CloneGroup[] = [];
      for (let i = heads.length - 1; i >= 0; i--) {
        const head = heads[i]!;
        while (heads[i] === head && compareGroups(head.group, least) === 0) {
          equal.push(head.group);
          const next = await head.source.next();
          if (next.done) heads.splice(i, 1);
          else head.group = next.value;
        }
      }
      yield joinGroups(equal);
    }
  } finally {
    for (const source of sources) await source.return();
  }
}
