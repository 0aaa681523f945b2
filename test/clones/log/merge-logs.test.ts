import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CloneReport } from '../../../lib/clones/clone-report.js';
import { readCloneLog } from '../../../lib/clones/log/log.js';
import { type CloneLogFormat, formatCloneLog } from '../../../lib/clones/log/log-format.js';
import { mergeCloneLogs } from '../../../lib/clones/log/merge-logs.js';
import { drain } from '../../../lib/progress.js';
import { Random } from '../../../lib/random.js';
import { randomCase } from '../random-texts.js';
import { detectIn, temporaryDirectory } from '../workspace.js';

let directory: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
});

async function writeLog(name: string, report: CloneReport, format: CloneLogFormat = 'simian') {
  const path = join(directory, name);
  await writeFile(path, [...formatCloneLog(report, format)].join(''));
  return path;
}

async function merge(logs: readonly string[], name: string): Promise<string> {
  const log = join(directory, name);
  await drain(mergeCloneLogs({ logs, log }));
  return readFile(log, 'utf8');
}

/** The reports of one search per shard. */
async function reportsOf(seed: number): Promise<{ each: CloneReport[]; together: CloneReport }> {
  for (let next = seed; ; next += 1000) {
    const input = randomCase(new Random(next));
    if (input.shards.length < 3) continue;
    const each: CloneReport[] = [];
    for (const shard of input.shards)
      each.push(await detectIn(directory, { ...input, shards: [shard], workers: 1 }));
    const together = await detectIn(directory, { ...input, compare: 'separately', workers: 1 });
    if (each.filter(({ groups }) => groups.length > 0).length > 1) return { each, together };
  }
}

describe('mergeCloneLogs', () => {
  it.each([1, 2, 3, 4, 5])('equals one search of the shards, separately (seed %i)', async (seed) => {
    const { each, together } = await reportsOf(seed);
    const logs = await Promise.all(each.map((report, i) => writeLog(`${i}.log`, report)));
    expect(await merge(logs, 'merged.log')).toBe([...formatCloneLog(together)].join(''));
  });

  it('does not depend on order, grouping, format or compression', async () => {
    const { each } = await reportsOf(7);
    const [a, b, c] = (await Promise.all(each.map((report, i) => writeLog(`${i}.log`, report)))) as [
      string,
      string,
      string,
    ];
    const all = await merge([a, b, c], 'all.log');
    expect(await merge([c, a, b], 'turned.log')).toBe(all);
    await merge([a, b], 'ab.log');
    expect(await merge([join(directory, 'ab.log'), c], 'left.log')).toBe(all);
    await merge([b, c], 'bc.log');
    expect(await merge([a, join(directory, 'bc.log')], 'right.log')).toBe(all);
    const json = await writeLog('1.jsonl', each[1]!, 'jsonl');
    const packed = join(directory, '2.gz');
    await writeFile(packed, gzipSync(await readFile(c)));
    expect(await merge([a, json, packed], 'mixed.log')).toBe(all);
  });

  it("takes logs in Simian's order, that of a hash map", async () => {
    const { each } = await reportsOf(11);
    const logs = await Promise.all(each.map((report, i) => writeLog(`${i}.log`, report)));
    const shuffled = await Promise.all(
      each.map(({ groups, totals }, i) =>
        writeLog(`shuffled-${i}.log`, { groups: new Random(i).shuffle(groups), totals }),
      ),
    );
    expect(await merge(shuffled, 'a.log')).toBe(await merge(logs, 'b.log'));
  });

  it('may replace one of its logs', async () => {
    const { each } = await reportsOf(13);
    const logs = await Promise.all(each.map((report, i) => writeLog(`${i}.log`, report)));
    const expected = await merge(logs, 'other.log');
    expect(await merge(logs, '0.log')).toBe(expected);
  });

  it('writes nothing when a log is cut short', async () => {
    const { each } = await reportsOf(17);
    const whole = await writeLog('0.log', each[0]!);
    for (const format of ['simian', 'jsonl'] as const) {
      const text = [...formatCloneLog(each[1]!, format)].join('');
      const cut = join(directory, 'cut.log');
      for (const end of [0, 1, 40, text.length >> 1, text.length - 30]) {
        await writeFile(cut, text.slice(0, end));
        await expect(merge([whole, cut], 'merged.log'), `${format} ${end}`).rejects.toThrow(
          /cut short or no clone log|Expected an entry of a clone log in line \d+/,
        );
      }
    }
    await expect(readFile(join(directory, 'merged.log'))).rejects.toThrow(/ENOENT/);
    await expect(merge([whole, whole], 'merged.log')).rejects.toThrow(/each log once/);
    await expect(merge([join(directory, 'none')], 'merged.log')).rejects.toThrow(/none: it does not exist/);
  });
});

describe('a log as JSON lines', () => {
  it('is read as it was written, documents and all', async () => {
    const { each } = await reportsOf(19);
    const [first, ...rest] = each[0]!.groups;
    const [place, ...places] = first!.occurrences;
    const named = { ...first!, occurrences: [{ ...place!, document: 'a/b\u2028.py' }, ...places] };
    const report = { totals: each[0]!.totals, groups: [named, ...rest] };
    expect(await readCloneLog(await writeLog('x', report, 'jsonl'))).toEqual(report);
  });

  it.each([
    ['{"length":0,"fingerprint":"x","occurrences":[]}'],
    ['{"length":6'],
    ['[]'],
    ['{"totals":{"blocks":1}}'],
  ])('refuses the line %s', async (line) => {
    const { each } = await reportsOf(23);
    const text = [...formatCloneLog(each[0]!, 'jsonl')].join('');
    await writeFile(join(directory, 'x'), text.replace('\n', `\n${line}\n`));
    await expect(readCloneLog(join(directory, 'x'))).rejects.toThrow(
      /Expected an entry of a clone log in line 2/,
    );
  });
});
