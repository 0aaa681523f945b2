import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CloneGroup,
  type CloneTotals,
  formatCloneLog,
  readCloneLog,
} from '../../../lib/clones/log/log.js';
import { temporaryDirectory } from '../workspace.js';

const groups: CloneGroup[] = [
  {
    length: 6,
    fingerprint: '1176c28f7138b31961b65e38b6f7159b',
    occurrences: [
      { file: 'extract/results/all', start: 187773, end: 187778 },
      { file: 'clone/save/with spaces in 3', start: 17575538, end: 17575543 },
    ],
  },
  {
    length: 9,
    fingerprint: 'cfcd208495d565ef66e7dff9f98764da',
    occurrences: [{ file: 'a', start: 1, end: 9 }],
  },
];
const totals: CloneTotals = {
  duplicateLines: 21,
  blocks: 3,
  filesWithBlocks: 2,
  significantLines: 40,
  rawLines: 50,
  files: 2,
};
const LOG = `Found 6 duplicate lines with fingerprint 1176c28f7138b31961b65e38b6f7159b in the following files:
 Between lines 187773 and 187778 in extract/results/all
 Between lines 17575538 and 17575543 in clone/save/with spaces in 3
Found 9 duplicate lines with fingerprint cfcd208495d565ef66e7dff9f98764da in the following files:
 Between lines 1 and 9 in a
Found 21 duplicate lines in 3 blocks in 2 files
Processed a total of 40 significant (50 raw) lines in 2 files
`;

async function read(text: string) {
  const path = join(await temporaryDirectory(), 'x.log');
  await writeFile(path, text);
  return readCloneLog(path);
}

describe('clone log', () => {
  it('is written as published', () => {
    expect([...formatCloneLog({ groups, totals })].join('')).toBe(LOG);
  });

  it('is read as it was written, the last group included', async () => {
    expect(await read(LOG)).toEqual({ groups, totals });
  });

  it('is read in any order, with a banner and other line ends', async () => {
    const [first, second, third, fourth, fifth, ...rest] = LOG.split('\n');
    const shuffled = [
      'Similarity Analyser 2.5.10',
      '{threshold=6}',
      fourth,
      fifth,
      first,
      third,
      second,
      ...rest,
    ];
    const { groups: found } = await read(shuffled.join('\r\n'));
    expect(found).toEqual([groups[1], { ...groups[0], occurrences: groups[0]!.occurrences.toReversed() }]);
  });

  it('can hold no group', async () => {
    const empty = { ...totals, duplicateLines: 0, blocks: 0, filesWithBlocks: 0 };
    expect(await read([...formatCloneLog({ groups: [], totals: empty })].join(''))).toEqual({
      groups: [],
      totals: empty,
    });
  });

  it.each([
    ['cut short', LOG.slice(0, 300), /cut short/],
    ['an occurrence without a group', ' Between lines 1 and 2 in a\n', /line 1 of .* but found/],
    ['a broken occurrence', LOG.replace('and 9', 'and nine'), /line 5 of/],
  ])('refuses a log with %s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('refuses a missing log', async () => {
    await expect(readCloneLog('no/such/log')).rejects.toThrow(
      'Could not read no/such/log: it does not exist.',
    );
  });

  it('refuses file names that would break its lines', () => {
    const broken = [{ ...groups[1]!, occurrences: [{ file: 'a\nb', start: 1, end: 2 }] }];
    expect(() => [...formatCloneLog({ groups: broken, totals })]).toThrow(/names of one line/);
  });
});
