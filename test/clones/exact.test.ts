import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildShard } from '../../lib/clones/corpus/shard.js';
import { detectClones } from '../../lib/clones/search/detect.js';
import { drain } from '../../lib/progress.js';
import { Random } from '../../lib/random.js';
import type { NamedFile, PlainGroup } from './brute-force.js';
import { sortGroups } from './brute-force.js';
import { randomCase } from './random-texts.js';
import { detectIn, file, plain, temporaryDirectory } from './workspace.js';

interface TextLine {
  readonly file: string;
  readonly raw: number;
  readonly text: string;
}

/** The rule by definition, on texts: every window of every length, joined and compared. */
function textBlocks(
  files: readonly NamedFile[],
  outputs: ReadonlySet<string>,
  threshold: number,
): PlainGroup[] {
  const lines: (TextLine | undefined)[] = [];
  for (const { name, bytes } of files) {
    const texts = Buffer.from(bytes)
      .toString('latin1')
      .replace(/^\u00ef\u00bb\u00bf/, '')
      .split(/\r\n|\r|\n/);
    if (texts.at(-1) === '') texts.pop();
    for (const [i, whole] of texts.entries()) {
      const text = whole.replace(/[\0-\x20]+$/, '');
      const afterEmpty = i > 0 && texts[i - 1] === '';
      const ends =
        /^Submission>>>>>>[0-9a-f]{32}>>>>>>Submission$/.test(text) ||
        (afterEmpty && /^[0-9a-f]{32}$/.test(text));
      if (ends) lines.push(undefined);
      else if (text !== '') lines.push({ file: name, raw: i + 1, text });
    }
    lines.push(undefined);
  }
  const windows = (length: number) => {
    const groups = new Map<string, number[]>();
    for (let i = 0; i + length <= lines.length; i++) {
      const window = lines.slice(i, i + length);
      if (window.includes(undefined)) continue;
      const key = window.map((line) => `${line!.text}\n`).join('');
      groups.set(key, [...(groups.get(key) ?? []), i]);
    }
    return [...groups].filter(([, members]) => members.length > 1);
  };
  const found: PlainGroup[] = [];
  let groups = windows(threshold);
  for (let length = threshold; groups.length > 0; length++) {
    const longer = windows(length + 1);
    const covering = new Set(longer.flatMap(([, members]) => members));
    for (const [text, members] of groups) {
      if (new Set(members.map((i) => outputs.has(lines[i]!.file))).size < 2) continue;
      if (members.every((i) => covering.has(i) || covering.has(i - 1))) continue;
      found.push({
        length,
        fingerprint: createHash('md5').update(text, 'latin1').digest('hex'),
        occurrences: members
          .map((i) => `${lines[i]!.file}:${lines[i]!.raw}-${lines[i + length - 1]!.raw}`)
          .sort(),
      });
    }
    groups = longer;
  }
  return sortGroups(found);
}

const MD5 = '0123456789abcdef0123456789abcdef';
const ENDS = [`\n${MD5}`, `\r\n\r\n${MD5}`, MD5, `Submission>>>>>>${MD5}>>>>>>Submission`, `${MD5}  `, '\t'];

/** Puts lines that end documents, or look like it, between the lines of a text. */
function withEnds(random: Random, { name, bytes }: NamedFile): NamedFile {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const text = lines
    .map((line) => (random.next() < 0.04 ? `${line}\n${random.pick(ENDS)}` : line))
    .join('\n');
  return { name, bytes: Buffer.from(text, 'latin1') };
}

describe('the mode exact', () => {
  it.each([0, 300, 600])(
    'equals its definition on 300 random cases from seed %i, cut anywhere',
    async (first) => {
      const directory = await temporaryDirectory();
      let groups = 0;
      for (let seed = first; seed < first + 300; seed++) {
        const random = new Random(seed);
        const made = randomCase(random, true);
        const outputs = made.outputs.map((each) => withEnds(random, each));
        const shards = made.shards.map((each) => withEnds(random, each));
        const cuts = { chunkBytes: random.pick([1, 7, 4096]), partBytes: random.pick([9, 40, 300, 1e6]) };
        const { threshold } = made;
        const report = await detectIn(directory, {
          outputs,
          shards,
          threshold,
          mode: 'exact',
          workers: 1,
          ...cuts,
        });
        const names = new Set(outputs.map(({ name }) => name));
        const expected = textBlocks([...outputs, ...shards], names, threshold);
        expect(plain(report), `seed ${seed}, ${JSON.stringify(cuts)}`).toEqual(expected);
        groups += expected.length;
      }
      expect(groups).toBeGreaterThan(100);
    },
  );

  it('does not match what only hashes alike', async () => {
    const directory = await temporaryDirectory();
    const input = {
      outputs: [file('all', 'c0\n'.repeat(9))],
      shards: [file('train', 'an\n'.repeat(9))],
      workers: 1,
    };
    expect((await detectIn(directory, input)).groups).toHaveLength(1);
    expect((await detectIn(directory, { ...input, mode: 'exact' })).groups).toEqual([]);
  });

  it('names documents by the map of their shard, and outputs by their number', async () => {
    const directory = await temporaryDirectory();
    const block = 'one\ntwo\nthree\n';
    const shard = join(directory, 'built');
    const documents = ['x\n', `a\n${block}`, `${block}${block}`].map((text, i) => ({ id: `id-${i}`, text }));
    await buildShard(documents, shard);
    const output = (text: string) => `${text}\nSubmission>>>>>>${MD5}>>>>>>Submission\n`;
    const { groups } = await detectIn(directory, {
      outputs: [file('all', output('y\n') + output(`z\n${block}`))],
      shards: [file('plain', `${block}\n${MD5}\n`), file('loose', block)],
      threshold: 3,
      mode: 'exact',
    });
    expect(groups.flatMap(({ occurrences }) => occurrences.map(({ document }) => document))).toEqual([
      '1',
      undefined,
      '0',
    ]);
    const again = await drain(
      detectClones({ outputs: [join(directory, 'all')], shards: [shard], threshold: 3, mode: 'exact' }),
    );
    expect(again.groups.map(({ occurrences }) => occurrences.map(({ document }) => document))).toEqual([
      ['1', 'id-1', 'id-2', 'id-2'],
    ]);
  });

  it('refuses a map that cannot be read', async () => {
    const directory = await temporaryDirectory();
    const block = 'one\ntwo\n';
    await writeFile(join(directory, 'train.documents.jsonl'), '{"id": 3}\n');
    const input = { outputs: [file('all', block)], shards: [file('train', block)], threshold: 2 };
    await expect(detectIn(directory, { ...input, mode: 'exact' })).rejects.toThrow(/documents\.jsonl/);
  });
});
