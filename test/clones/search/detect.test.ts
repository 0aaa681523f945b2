import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DetectClonesEvent, detectClones } from '../../../lib/clones/search/detect.js';
import { AbortedError } from '../../../lib/errors.js';
import { drain } from '../../../lib/progress.js';
import { Random } from '../../../lib/random.js';
import { findSharedBlocks } from '../brute-force.js';
import type { RandomCase } from '../random-texts.js';
import { detectIn, file, plain, temporaryDirectory } from '../workspace.js';

const CASES = join(import.meta.dirname, '../../fixtures/clones/cases');
/** How a case is cut up: none of it may show. Threads are costly to start, so that each case meets one number of them. */
const cutsOf = (index: number) => [
  ...[1, 7, 4096].map((chunkBytes) => ({ chunkBytes, workers: 1 })),
  { chunkBytes: 7, partBytes: 300, workers: 2 + (index % 3) },
];

interface ExpectedCase {
  readonly threshold: number;
  readonly groups: [number, string, [string, number, number][]][];
}

function expectedGroups({ outputs, shards, threshold }: RandomCase) {
  return findSharedBlocks([...outputs, ...shards], new Set(outputs.map(({ name }) => name)), threshold);
}

describe('detectClones', () => {
  it.each([...readdirSync(CASES).sort().entries()])('equals Simian on case %i, %s', async (index, name) => {
    const directory = join(CASES, name);
    const expected = JSON.parse(readFileSync(join(directory, 'expected.json'), 'utf8')) as ExpectedCase;
    for (const cuts of cutsOf(index)) {
      const { groups } = await drain(
        detectClones({
          outputs: [join(directory, 'all')],
          shards: [join(directory, 'train')],
          threshold: expected.threshold,
          ...cuts,
        }),
      );
      const found = groups.map(({ length, fingerprint, occurrences }) => [
        length,
        fingerprint,
        occurrences.map(({ file, start, end }) => [file.slice(directory.length + 1), start, end]),
      ]);
      expect(found).toEqual(expected.groups);
    }
  });

  it('matches unlike runs of one line once their hash has faded to 0', async () => {
    const directory = await temporaryDirectory();
    const report = await detectIn(directory, {
      outputs: [file('all', 'alpha\n'.repeat(20))],
      shards: [file('train', `first\n${'bravo\n'.repeat(30)}last\n`)],
    });
    // Twenty lines are the outputs' whole run; eleven windows of that length fit the corpus' run of thirty.
    expect(report.groups).toHaveLength(1);
    expect(report.groups[0]).toMatchObject({ length: 20, fingerprint: 'cfcd208495d565ef66e7dff9f98764da' });
    expect(report.groups[0]!.occurrences).toHaveLength(12);
  });

  it('matches unlike runs of two alternating lines, too', async () => {
    const directory = await temporaryDirectory();
    const input = {
      threshold: 6,
      outputs: [file('all', 'a\nb\n'.repeat(60))],
      shards: [file('train', `x\n${'c\nd\n'.repeat(70)}y\n`)],
    };
    const found = plain(await detectIn(directory, input));
    expect(found).toEqual(expectedGroups(input));
    expect(found.length).toBeGreaterThan(0);
  });

  // No line repeats and no hash fades: only the difference of the two tables does.
  it.each([
    ['each line', 30, 1],
    ['each record of four lines', 200, 4],
  ])('matches tables that differ by one word in %s once they are long enough', async (_, lines, step) => {
    const directory = await temporaryDirectory();
    const table = (word: string) => {
      const random = new Random(1);
      const line = (i: number) =>
        `${i % step === 0 ? word : 'same'}.name_${random.integer(1e6)} = ${random.integer(1e6)}\n`;
      return Array.from({ length: lines }, (_, i) => line(i)).join('');
    };
    // Each stands twice on its own side, or its windows would not be duplicated to begin with.
    const twice = (word: string) => `${table(word)}break ${word}\n${table(word)}`;
    const input = {
      threshold: 6,
      outputs: [file('all', twice('self'))],
      shards: [file('train', twice('other'))],
    };
    const found = plain(await detectIn(directory, input));
    expect(found).toEqual(expectedGroups(input));
    expect(found.map(({ length }) => length)).toEqual([lines]);
  });

  it('compares all shards together', async () => {
    const directory = await temporaryDirectory();
    const block = 'one\ntwo\nthree\n';
    const { groups, totals } = await detectIn(directory, {
      outputs: [file('all', block)],
      shards: [file('b', `x\n${block}`), file('a', `${block}y`), file('c', '')],
      threshold: 3,
    });
    expect(groups).toEqual([
      {
        length: 3,
        fingerprint: groups[0]!.fingerprint,
        occurrences: [
          { file: join(directory, 'a'), start: 1, end: 3 },
          { file: join(directory, 'all'), start: 1, end: 3 },
          { file: join(directory, 'b'), start: 2, end: 4 },
        ],
      },
    ]);
    expect(totals).toEqual({
      duplicateLines: 9,
      blocks: 3,
      filesWithBlocks: 3,
      significantLines: 11,
      rawLines: 12,
      files: 4,
    });
  });

  it('says how far it is', async () => {
    const directory = await temporaryDirectory();
    const events: DetectClonesEvent[] = [];
    const input = { outputs: [file('all', 'ab\n')], shards: [file('train', 'abcd\n')], chunkBytes: 4 };
    await detectIn(directory, input, (event) => events.push(event));
    expect(events.map((event) => event.type === 'progress' && [event.done, event.total, event.unit])).toEqual(
      [
        [3, 8, 'bytes'],
        [7, 8, 'bytes'],
        [8, 8, 'bytes'],
      ],
    );
  });

  it('warns when outputs and corpus are swapped', async () => {
    const directory = await temporaryDirectory();
    const merged = file('all', `a\n\nSubmission>>>>>>${'0'.repeat(32)}>>>>>>Submission\n`);
    const shard = file('train', `a\n\n${'0'.repeat(32)}\n`);
    const warnings = async (outputs: typeof merged, corpus: typeof merged) => {
      const found: string[] = [];
      await detectIn(directory, { outputs: [outputs], shards: [corpus] }, (event) => {
        if (event.type === 'warning') found.push(event.message);
      });
      return found;
    };
    expect(await warnings(merged, shard)).toEqual([]);
    expect(await warnings(shard, merged)).toEqual([expect.stringMatching(/swapped\?/)]);
  });

  it('stops when aborted', async () => {
    const directory = await temporaryDirectory();
    await detectIn(directory, { outputs: [file('all', 'a\n')], shards: [file('train', 'a\n')] });
    const controller = new AbortController();
    controller.abort();
    const { signal } = controller;
    const paths = { outputs: [join(directory, 'all')], shards: [join(directory, 'train')] };
    await expect(drain(detectClones({ ...paths, signal }))).rejects.toThrow(AbortedError);
  });

  it.each([
    ['a missing shard', ['all'], ['none'], 6, /Could not read .*none: it does not exist\./],
    ['a directory', ['all'], ['.'], 6, /it is a directory/],
    ['a file on both sides', ['all'], ['all'], 6, /each file once/],
    ['no shard', ['all'], [], 6, /shards/],
    ['a threshold of 1', ['all'], ['train'], 1, />= 2 for threshold/],
    ['a broken threshold', ['all'], ['train'], 2.5, /for threshold/],
  ])('refuses %s', async (_, outputs, shards, threshold, message) => {
    const directory = await temporaryDirectory();
    await detectIn(directory, { outputs: [file('all', 'a\n')], shards: [file('train', 'a\n')] });
    const inside = (names: readonly string[]) => names.map((name) => join(directory, name));
    const options = { outputs: inside(outputs), shards: inside(shards), threshold };
    await expect(drain(detectClones(options))).rejects.toThrow(message);
  });
});
