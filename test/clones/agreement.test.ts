import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CloneGroup } from '../../lib/clones/clone-report.js';
import { describeAgreement, keepAgreeing, ZERO_HASH } from '../../lib/clones/log/agreement.js';
import { detectClones } from '../../lib/clones/search/detect.js';
import { drain } from '../../lib/progress.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lethe-agreement-'));
});
afterAll(() => rm(root, { recursive: true }));

const repeated = (line: string, times: number) => `${line}\n`.repeat(times);
const block = (word: string) => Array.from({ length: 8 }, (_, i) => `${word}${i} = call(${i})\n`).join('');

/** The groups of outputs and corpus by Simian's rules, what is kept of them, and how they are told. */
async function search(outputs: string, corpus: string, { missing = false } = {}) {
  const [out, shard] = [join(root, 'all_0-0'), join(root, 'shard')];
  await writeFile(out, outputs);
  await writeFile(shard, corpus);
  const { groups } = await drain(detectClones({ outputs: [out], shards: [shard] }));
  const options = {
    isOutputs: (file: string) => file === out,
    locate: (file: string) => (missing && file === shard ? join(root, 'gone') : file),
  };
  return { found: groups, ...(await keepAgreeing(groups, options)), side: (file: string) => file === out };
}

const placesOf = (groups: readonly CloneGroup[]) =>
  groups.map(({ occurrences }) => occurrences.map(({ start, end }) => `${start}-${end}`));

describe('keepAgreeing', () => {
  it('leaves out runs of unlike lines, which Simian takes for the same', async () => {
    const { found, groups, tally } = await search(repeated('0, 0,', 40), repeated('# ----', 40));
    expect(found.map(({ fingerprint }) => fingerprint)).toContain(ZERO_HASH);
    expect(groups).toEqual([]);
    expect(tally).toEqual({ groups: found.length, places: 0, unchecked: 0, missing: [] });
    expect(describeAgreement(tally)).toEqual([
      `Left out: ${found.length} ${found.length === 1 ? 'block' : 'blocks'} whose lines do not agree as text with any in the corpus.`,
    ]);
  });

  it('keeps runs of one line that stands on both sides', async () => {
    const { found, groups, tally } = await search(repeated('x = 1', 40), repeated('x = 1', 40));
    expect(groups).toEqual(found);
    expect(tally.groups + tally.places).toBe(0);
  });

  it('leaves out what differs in case or within a line, and the places of a block that do', async () => {
    const outputs = `${block('name')}-\n${block('NAME')}`;
    const { found, groups, tally, side } = await search(outputs, `first\n${block('name')}`);
    expect(found).toHaveLength(1);
    expect(found[0]!.occurrences).toHaveLength(3);
    expect(groups[0]!.occurrences.map(({ file, start }) => [side(file), start])).toEqual([
      [true, 1],
      [false, 2],
    ]);
    expect(tally).toMatchObject({ groups: 0, places: 1 });
    expect((await search(block('NAME'), block('name'))).tally.groups).toBe(1);
  });

  it('minds neither blank lines nor trailing white space', async () => {
    const { groups, found } = await search(block('a').replaceAll('\n', '  \r\n\n'), block('a'));
    expect(found).toHaveLength(1);
    expect(groups).toEqual(found);
  });

  it('compares the outputs with each other where the corpus is gone, and says so', async () => {
    const same = await search(`${block('a')}-\n${block('a')}`, block('a'), { missing: true });
    expect(placesOf(same.groups)).toEqual(placesOf(same.found));
    expect(same.tally).toMatchObject({ groups: 0, unchecked: 1, missing: [join(root, 'shard')] });
    expect(describeAgreement(same.tally)[0]).toMatch(
      /^1 block could not be compared .*shard could not be read/,
    );

    const unlike = await search(`${block('a')}-\n${block('A')}`, block('a'), { missing: true });
    expect(unlike.tally).toMatchObject({ groups: 1, unchecked: 0 });

    // A hash of 0 says nothing of a text.
    const run = await search(repeated('0,', 40), repeated('1,', 40), { missing: true });
    expect(run.groups.filter(({ fingerprint }) => fingerprint === ZERO_HASH)).toEqual([]);
  });

  it('takes a log of lines compared as text as it is', async () => {
    const group = {
      length: 6,
      fingerprint: 'a'.repeat(32),
      occurrences: [
        { file: 'all_0-0', start: 1, end: 6, document: '0' },
        { file: 'gone', start: 1, end: 6, document: '0' },
      ],
    };
    const kept = await keepAgreeing([group], {
      isOutputs: (file) => file === 'all_0-0',
      locate: (file) => file,
    });
    expect(kept).toMatchObject({ groups: [group], tally: { groups: 0, unchecked: 0 } });
  });
});
