import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createClonesCommand } from '../../lib/cli/commands/clones.js';
import { readCloneLog } from '../../lib/clones/log.js';
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

  it('leaves the old log alone when it fails', async () => {
    const log = join(await temporaryDirectory(), 'x.log');
    await writeFile(log, 'precious');
    await expect(clones(`${CASE}/all`, `${CASE}/none`, '--log', log)).rejects.toThrow(
      /none: it does not exist/,
    );
    expect(await readFile(log, 'utf8')).toBe('precious');
  });

  it.each([
    [['--threshold', '1'], /integer >= 2 for --threshold but received "1"/],
    [['--threshold', 'six'], /integer >= 2 for --threshold but received "six"/],
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
