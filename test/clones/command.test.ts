import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createClonesCommand } from '../../lib/cli/commands/clones.js';
import { readCloneLog } from '../../lib/clones/log/log.js';
import { temporaryDirectory } from './workspace.js';

const CASE = join(import.meta.dirname, '../fixtures/clones/cases/03');

/** As the program runs it: errors are thrown. */
function clones(...args: string[]): Promise<unknown> {
  return createClonesCommand().exitOverride().parseAsync(args, { from: 'user' });
}

describe('lethe clones', () => {
  it('writes the log with file names as given', async () => {
    const log = join(await temporaryDirectory(), 'deep', 'x.log');
    const [outputs, shard] = [`${CASE}/./all`, `${CASE}/./train`];
    await clones(outputs, shard, '--log', log);

    const expected = JSON.parse(await readFile(join(CASE, 'expected.json'), 'utf8'));
    const { groups } = await readCloneLog(log);
    expect(groups.map(({ length, fingerprint }) => [length, fingerprint])).toEqual(
      expected.groups.map(([length, fingerprint]: [number, string]) => [length, fingerprint]),
    );
    expect(new Set(groups.flatMap(({ occurrences }) => occurrences.map(({ file }) => file)))).toEqual(
      new Set([outputs, shard]),
    );
  });

  it('reads shards of every compression in threads', async () => {
    const log = join(await temporaryDirectory(), 'x.log');
    const fixture = (name: string) => join(import.meta.dirname, '../fixtures/data/compressed', name);
    const shards = ['gzip.gz', 'zstd-19.zst', 'bzip2.bz2', 'xz.xz'].map(fixture);
    await clones(fixture('documents.jsonl'), ...shards, '--threshold', '2', '--workers', '2', '--log', log);
    const { groups } = await readCloneLog(log);
    const files = new Set(groups.flatMap(({ occurrences }) => occurrences.map(({ file }) => file)));
    expect(files).toEqual(new Set([fixture('documents.jsonl'), ...shards]));
  });

  it('writes JSON lines for a log of that name, and the merged log of all shares is that of one search', async () => {
    const directory = await temporaryDirectory();
    const inside = (name: string) => join(directory, name);
    const shards = ['00', '03', '07', '11', '19'].map((name) => join(CASE, '..', name, 'train'));
    const more = ['--outputs', join(CASE, '../11/all'), '--outputs', join(CASE, '../19/all')];
    const search = (...args: string[]) =>
      clones(`${CASE}/all`, ...shards, ...more, '--threshold', '3', ...args);
    await search('--separately', '--log', inside('whole.jsonl'));
    for (const of of [1, 2, 5]) {
      const logs: string[] = [];
      for (let i = 1; i <= of; i++) {
        logs.push(inside(`${i}-${of}.log`));
        await search('--shard', `${i}/${of}`, '--log', logs.at(-1)!);
      }
      await clones('merge', ...logs.toReversed(), '--log', inside(`merged-${of}.jsonl`));
      expect(await readFile(inside(`merged-${of}.jsonl`), 'utf8')).toBe(
        await readFile(inside('whole.jsonl'), 'utf8'),
      );
    }
    const { groups } = await readCloneLog(inside('whole.jsonl'));
    expect(
      new Set(groups.flatMap(({ occurrences }) => occurrences.map(({ file }) => file))).size,
    ).toBeGreaterThan(5);
  });

  it('keeps what it found when a shard fails, and fails', async () => {
    const log = join(await temporaryDirectory(), 'x.log');
    await expect(clones(`${CASE}/all`, `${CASE}/none`, `${CASE}/train`, '--log', log)).rejects.toThrow(
      /1 shard \(.*none\) could not be searched; the log holds what was found in the others\./,
    );
    expect((await readCloneLog(log)).totals.files).toBe(2);
    // Once the shard can be read, the same log is made whole without being forced.
    await clones(`${CASE}/all`, `${CASE}/train`, '--log', log);
    const { results } = JSON.parse(await readFile(`${log}.run.json`, 'utf8')) as { results: object };
    expect(results).not.toHaveProperty('unfinished');
  });

  it('leaves the old log alone when it fails', async () => {
    const log = join(await temporaryDirectory(), 'x.log');
    await writeFile(log, 'precious');
    await expect(clones(`${CASE}/all`, `${CASE}/train`, '--log', log)).rejects.toThrow(
      /^Expected --log to be new or of this run/,
    );
    await expect(clones(`${CASE}/all`, `${CASE}/none`, '--log', log, '--force')).rejects.toThrow(
      /none: it does not exist/,
    );
    expect(await readFile(log, 'utf8')).toBe('precious');
  });

  it.each([
    [['--threshold', '1'], /integer >= 2 and <= 100000 for --threshold but received "1"/],
    [['--threshold', 'six'], /integer >= 2 and <= 100000 for --threshold but received "six"/],
    [['--shard', '0/2'], /i\/n with 1 <= i <= n for --shard, e.g. 1\/8, but received "0\/2"/],
    [['--shard', '3/2'], /but received "3\/2"/],
    [['--shard', '1/2'], /no more shares than there are shards \(1\) for --shard but received 1\/2/],
    [['--mode', 'fuzzy'], /'fuzzy' is invalid/],
    [['--treshold', '6'], /unknown option '--treshold'/],
  ])('refuses %j', async (args, message) => {
    const command = createClonesCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    await expect(
      command.parseAsync([`${CASE}/all`, `${CASE}/train`, ...args], { from: 'user' }),
    ).rejects.toThrow(message);
  });
});
